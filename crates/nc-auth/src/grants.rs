use crate::{Scope, ScopeSet};

/// What a credential allows. "No own restriction" and "nothing" are different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grants {
    /// The credential carries no scopes, because its kind has none (an app password): all that the account may do.
    Unrestricted,
    /// Exactly these; an empty set grants nothing.
    Only(ScopeSet),
}

impl Grants {
    /// Whether every scope of `needed` is granted.
    pub const fn allow(self, needed: ScopeSet) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Only(granted) => granted.contains_all(needed),
        }
    }

    /// Whether `scope` is granted.
    pub const fn allows(self, scope: Scope) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Only(granted) => granted.contains(scope),
        }
    }

    /// The scopes of `needed` that are not granted.
    pub const fn missing(self, needed: ScopeSet) -> ScopeSet {
        match self {
            Self::Unrestricted => ScopeSet::EMPTY,
            Self::Only(granted) => needed.missing_from(granted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_granted_is_not_everything_granted() {
        let needed = ScopeSet::EMPTY.with(Scope::NotesRead);
        assert!(Grants::Unrestricted.allow(needed));
        assert!(!Grants::Only(ScopeSet::EMPTY).allow(needed));
        assert_eq!(Grants::Only(ScopeSet::EMPTY).missing(needed), needed);
    }
}
