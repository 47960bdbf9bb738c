use crate::ocm::{MessageFault, members::Members};

/// What a share demands of the one who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// The secret is only exchanged for tokens.
    MustExchangeToken,
    /// The one who gets it signed in with a second factor.
    MustUseMfa,
}

impl Requirement {
    /// Both.
    pub const ALL: [Self; 2] = [Self::MustExchangeToken, Self::MustUseMfa];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MustExchangeToken => "must-exchange-token",
            Self::MustUseMfa => "must-use-mfa",
        }
    }
}

/// All that a share demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Requirements {
    /// [`Requirement::MustExchangeToken`].
    pub must_exchange_token: bool,
    /// [`Requirement::MustUseMfa`].
    pub must_use_mfa: bool,
}

impl Requirements {
    /// Nothing.
    pub const NONE: Self = Self {
        must_exchange_token: false,
        must_use_mfa: false,
    };
    /// Tokens only.
    pub const STRICT: Self = Self {
        must_exchange_token: true,
        must_use_mfa: false,
    };

    /// Whether it demands nothing.
    pub const fn is_empty(self) -> bool {
        !self.must_exchange_token && !self.must_use_mfa
    }

    /// The words on the wire.
    pub fn names(self) -> Vec<&'static str> {
        let asked = |requirement: &Requirement| match requirement {
            Requirement::MustExchangeToken => self.must_exchange_token,
            Requirement::MustUseMfa => self.must_use_mfa,
        };
        Requirement::ALL
            .iter()
            .filter(|one| asked(one))
            .map(|one| one.name())
            .collect()
    }

    /// Reads `requirements`. One that is not known is never left out: the sender counts on it.
    pub(super) fn read(members: Members<'_>) -> Result<Self, MessageFault> {
        let mut this = Self::NONE;
        for word in members.words("requirements")?.unwrap_or_default() {
            match Requirement::ALL.into_iter().find(|known| known.name() == word) {
                Some(Requirement::MustExchangeToken) => this.must_exchange_token = true,
                Some(Requirement::MustUseMfa) => this.must_use_mfa = true,
                None => return Err(MessageFault::Unsupported("requirements")),
            }
        }
        Ok(this)
    }
}
