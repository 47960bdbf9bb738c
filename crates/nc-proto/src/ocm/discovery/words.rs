/// Words of a list, those of older drafts behind.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal $(| $old:literal)*,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$each])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Reads a word, also one of an older draft.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($word $(| $old)* => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// What a server can. Names of older drafts with another meaning (`/shares`, `receive-code`, …) are not known.
    Capability {
        /// It can demand a second factor of the one who gets a share.
        EnforceMfa = "enforce-mfa",
        /// It exchanges secrets for tokens.
        ExchangeToken = "exchange-token",
        /// It signs by RFC 9421.
        HttpSig = "http-sig",
        /// It takes part in invitations.
        Invites = "invites",
        /// It reads notifications.
        Notifications = "notifications",
        /// It asks people where they are from.
        InviteWayf = "invite-wayf",
        /// It reads protocols without a common name.
        ProtocolObject = "protocol-object",
    }
}

words! {
    /// What a server demands.
    Criterion {
        /// Messages are signed by RFC 9421.
        MustUseHttpSig = "must-use-http-sig" | "http-request-signatures",
        /// Secrets are only exchanged.
        MustExchangeToken = "must-exchange-token",
        /// It refuses some servers.
        Denylist = "denylist",
        /// It takes some servers only.
        Allowlist = "allowlist",
        /// Only contacts made by an invitation share.
        MustInvite = "must-invite" | "invite",
    }
}
