//! The records. A `document` is JSON that only the record's owner reads.

use crate::Digest;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word that is stored.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of a stored word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How a client came to be known.
    ClientKind {
        /// Made by an administrator.
        Admin = "admin",
        /// Registered itself (RFC 7591).
        Dynamic = "dynamic",
        /// Known by its metadata document.
        Document = "document",
        /// Ours, or trusted like ours.
        FirstParty = "first_party",
        /// A program without users.
        Service = "service",
    }
}

words! {
    /// What became of a refresh token.
    RefreshState {
        /// May be used.
        Live = "live",
        /// Was used; using it again is a sign of theft, after the grace.
        Spent = "spent",
        /// Given up in favour of a sibling that replaced it within the grace.
        Void = "void",
    }
}

words! {
    /// Where a signing key is in its life.
    KeyState {
        /// Published, not yet signing.
        Next = "next",
        /// Signing.
        Active = "active",
        /// No longer signing; what it signed is still good.
        Retired = "retired",
    }
}

words! {
    /// What a short-lived record is for.
    TicketKind {
        /// An authorization request that waits for its user; key is the `rid`.
        AuthorizeRequest = "authorize_request",
        /// A pushed authorization request (RFC 9126).
        PushedRequest = "pushed_request",
        /// An initial access token (RFC 7591 §3).
        InitialAccessToken = "initial_access_token",
        /// A client's metadata document; key is its URL.
        ClientDocument = "client_document",
        /// A logout that waits for confirmation.
        Logout = "logout",
        /// A sign-in at another server that is under way.
        SignIn = "sign_in",
        /// A link for a person who shall give a credential for the cloud; key is the link's secret.
        ProvisioningLink = "provisioning_link",
        /// A browser that came with such a link.
        Provisioning = "provisioning",
        /// A sign-in at an issuer elsewhere that is under way; key is made of its `state` and the browser's secret.
        Callback = "callback",
        /// What a person decided about the clients that act for them; key is made of issuer and subject.
        ClientRules = "client_rules",
        /// An invitation of Open Cloud Mesh to become known to each other; key is made of its token.
        Invite = "ocm_invite",
        /// The clients that were told who signed in, and are to be told when that ends; key is the subject.
        SignedInClients = "signed_in_clients",
        /// What a person keeps from clients; key is the subject.
        Privacy = "privacy",
        /// Something that may be seen once only: `jti` of proofs and assertions.
        Seen = "seen",
    }
}

/// A client to be.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its id on the wire.
    pub client_id: String,
    /// How it came to be known.
    pub kind: ClientKind,
    /// All that only the provider reads.
    pub document: String,
    /// Digest of its secret.
    pub secret: Option<Digest>,
    /// Digest of its registration access token (RFC 7592).
    pub registration_token: Option<Digest>,
    /// When it was made.
    pub created_at: i64,
    /// When it ends, if it is not used before.
    pub expires_at: Option<i64>,
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRecord {
    /// Its number, as administrators' interfaces of Nextcloud's `oidc` app name it.
    pub number: i64,
    /// Its id on the wire.
    pub client_id: String,
    /// How it came to be known.
    pub kind: ClientKind,
    /// All that only the provider reads.
    pub document: String,
    /// Digest of its secret.
    pub secret: Option<Digest>,
    /// Digest of its registration access token.
    pub registration_token: Option<Digest>,
    /// When it was made.
    pub created_at: i64,
    /// When it last got a token.
    pub last_token_at: Option<i64>,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// Whether an administrator stopped it.
    pub disabled: bool,
}

impl ClientRecord {
    /// What stands in the document of a client about which an administrator decided something, and in no other: within
    /// texts quotes are escaped, and nothing else there has a member of this name. Stores look for it as text, since
    /// PostgreSQL's functions for JSON fail where any text holds `\u0000`, which strangers may write.
    pub const DECIDED: &str = r#""decided":[""#;
}

/// A resource server's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRecord {
    /// Its identifier (RFC 8707).
    pub uri: String,
    /// The client that speaks for it: introspects its tokens, exchanges them.
    pub owner: Option<String>,
    /// Scopes, token format, algorithm: the provider's.
    pub document: String,
}

/// Something that ends soon by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRecord {
    /// What for.
    pub kind: TicketKind,
    /// Digest of its key.
    pub key: Digest,
    /// Its content.
    pub document: String,
    /// When it ends.
    pub expires_at: i64,
}

/// What a user gave to a client at one time; codes and tokens that come from it are its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRecord {
    /// Random name of the family.
    pub id: String,
    /// Subject identifier of the user; `None` when the client acts for itself.
    pub subject: Option<String>,
    /// The client.
    pub client_id: String,
    /// Public name of the browser session.
    pub sid: Option<String>,
    /// Scopes, resources, sign-in: the provider's.
    pub document: String,
    /// When it was given.
    pub created_at: i64,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

/// An authorization code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRecord {
    /// Digest of the code.
    pub code: Digest,
    /// Its family.
    pub grant: String,
    /// All that it is bound to.
    pub document: String,
    /// When it ends.
    pub expires_at: i64,
}

/// A code that was just spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentCode {
    /// The code.
    pub record: CodeRecord,
    /// Whether it had been spent before.
    pub again: bool,
}

/// A refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokenRecord {
    /// Digest of the token.
    pub token: Digest,
    /// Its family.
    pub grant: String,
    /// The token that it replaced.
    pub parent: Option<Digest>,
    /// What became of it.
    pub state: RefreshState,
    /// When it was used.
    pub spent_at: Option<i64>,
    /// The token that replaced it.
    pub successor: Option<Digest>,
    /// What it is bound to.
    pub document: String,
    /// When it ends.
    pub expires_at: i64,
}

/// What is known by a token of which the kind is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownToken {
    /// An access token with its grant.
    pub access: Option<(AccessTokenRecord, GrantRecord)>,
    /// A refresh token with its grant.
    pub refresh: Option<(RefreshTokenRecord, GrantRecord)>,
}

/// An access token, opaque or signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTokenRecord {
    /// Digest of an opaque token, or of the `jti` of a signed one.
    pub token: Digest,
    /// Its family.
    pub grant: String,
    /// What it says.
    pub document: String,
    /// When it ends.
    pub expires_at: i64,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

/// What a user allowed a client for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// Its number; 0 before it is stored.
    pub number: i64,
    /// Subject identifier of the user.
    pub subject: String,
    /// The client.
    pub client_id: String,
    /// The resource; empty for none.
    pub resource: String,
    /// Scopes, each on its own.
    pub scopes: Vec<String>,
    /// What the client looked like then.
    pub document: String,
    /// When it was first given.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

/// A signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its name: the thumbprint of the public key.
    pub kid: String,
    /// `alg` of what it signs.
    pub algorithm: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The public key as JSON.
    pub public: String,
    /// When it was made.
    pub created_at: i64,
    /// When its state changed.
    pub changed_at: i64,
}

/// A browser that signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Digest of the cookie's secret.
    pub secret: Digest,
    /// Public name, in tokens as `sid`.
    pub sid: String,
    /// Subject identifier of the user.
    pub subject: String,
    /// When and how the user signed in.
    pub document: String,
    /// When it began.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

words! {
    /// What kind of credential of another server it is.
    CredentialKind {
        /// Login name and app password, from Login Flow v2.
        AppPassword = "app_password",
        /// An OAuth refresh token.
        Refresh = "refresh",
    }
}

words! {
    /// What a credential is worth.
    CredentialState {
        /// It is used.
        Active = "active",
        /// The other server refused it; the person has to give a new one.
        Revoked = "revoked",
        /// Given up here, and still to be taken back at the other server.
        Discarded = "discarded",
    }
}

/// What a person gave for another server. Of each kind a subject has one that is not discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Ascending from 1 in the order of storing. 0 in a record that is not stored yet.
    pub number: i64,
    /// Who is good for the subject identifier.
    pub issuer: String,
    /// Subject identifier of the person.
    pub subject: String,
    /// What it is.
    pub kind: CredentialKind,
    /// What it is worth.
    pub state: CredentialState,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
    /// What is known about it.
    pub document: String,
    /// When it was given.
    pub created_at: i64,
    /// When the record changed.
    pub changed_at: i64,
    /// When it ends, if it does.
    pub expires_at: Option<i64>,
}

/// A client that is still to be told that a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNoticeRecord {
    /// In the order of storing, from 1; 0 before it is stored.
    pub number: i64,
    /// The client.
    pub client_id: String,
    /// Whose session it was.
    pub subject: String,
    /// Public name of the session.
    pub sid: String,
    /// Until when somebody sees to it already.
    pub next_at: i64,
    /// When it is given up.
    pub expires_at: i64,
}

/// Something that happened and that somebody may ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: i64,
    /// What: a stable word such as `token.issued`.
    pub event: String,
    /// Client, subject, sid, hashed address; never token material.
    pub document: String,
}

/// An entry of the audit log as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; later entries have higher ones.
    pub number: i64,
    /// What was written.
    pub record: AuditRecord,
}

impl std::ops::Deref for AuditEntry {
    type Target = AuditRecord;

    fn deref(&self) -> &AuditRecord {
        &self.record
    }
}
