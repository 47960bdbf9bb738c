/// Why a signature is not believed. Final: no other signature or key is tried instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignatureError {
    /// The headers are not written as they have to be.
    #[error("the signature headers cannot be read")]
    Malformed,
    /// One of the headers that belong together, or a parameter, is not there.
    #[error("a part of the signature is missing")]
    Missing,
    /// Two signatures, or a label, parameter or component twice.
    #[error("a part of the signature comes twice")]
    Repeated,
    /// It does not cover what it has to, or something that is not there.
    #[error("the signature covers too little")]
    Component,
    /// `created` or `expires` is no possible time.
    #[error("the time of the signature is not valid")]
    Time,
    /// It is too old, or over.
    #[error("the signature is too old")]
    Old,
    /// It is from the future.
    #[error("the signature is from the future")]
    Early,
    /// `keyid` names no server.
    #[error("the name of the key is not valid")]
    KeyId,
    /// The digest is missing, of no known kind, or of another body.
    #[error("the digest does not fit the body")]
    Digest,
    /// The length is missing or of another body.
    #[error("the length does not fit the body")]
    Length,
    /// The algorithm is not allowed, or not the key's.
    #[error("the algorithm does not fit")]
    Algorithm,
    /// The signature was not made with this key over this message.
    #[error("the signature is wrong")]
    Signature,
}

impl SignatureError {
    /// A word for metrics.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Component => "component",
            Self::Time => "time",
            Self::Old => "old",
            Self::Early => "early",
            Self::KeyId => "key_id",
            Self::Digest => "digest",
            Self::Length => "length",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
        }
    }

    /// Whether the message is no message at all, rather than one that is not believed.
    pub const fn is_malformed(self) -> bool {
        matches!(self, Self::Malformed)
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// The document is no set of keys, or holds too many.
    #[error("the set of keys cannot be read")]
    Unreadable,
    /// No key has this name: the set may be stale.
    #[error("the key is not known")]
    Unknown,
    /// Several keys have this name.
    #[error("several keys have this name")]
    Ambiguous,
    /// The key is private, weak, for something else, or of an algorithm that is not allowed.
    #[error("the key cannot be used")]
    Unfit,
}
