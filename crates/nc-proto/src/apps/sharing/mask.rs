use std::fmt;

use serde::{Deserialize, Serialize};

/// What a share allows: a sum of bits on the wire (P148).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct SharePermissions(u8);

impl SharePermissions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// 1: see and download.
    pub const READ: Self = Self(1);
    /// 2: change the content, rename inside.
    pub const UPDATE: Self = Self(2);
    /// 4: add files and folders; only folders can have it.
    pub const CREATE: Self = Self(4);
    /// 8: delete what is inside; only folders can have it.
    pub const DELETE: Self = Self(8);
    /// 16: share on.
    pub const SHARE: Self = Self(16);
    /// All of them.
    pub const ALL: Self = Self(31);
    /// What a file can have at most.
    pub const ALL_OF_A_FILE: Self = Self(1 | 2 | 16);

    /// Each bit with its name.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("read", Self::READ),
        ("update", Self::UPDATE),
        ("create", Self::CREATE),
        ("delete", Self::DELETE),
        ("share", Self::SHARE),
    ];

    /// The mask of that number, if it has no other bits.
    pub fn from_bits(bits: i64) -> Option<Self> {
        let bits = u8::try_from(bits).ok()?;
        (bits & !Self::ALL.0 == 0).then_some(Self(bits))
    }

    /// The number on the wire.
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Whether all of `wanted` are in it.
    pub const fn allows(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// These and `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both have.
    #[must_use]
    pub const fn limited_to(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These but for `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The names of its bits, from the lowest.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let present = Self::NAMED.into_iter().filter(move |(_, bit)| self.allows(*bit));
        present.map(|(name, _)| name)
    }

    /// The bit of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, bit)| bit)
    }
}

impl From<i64> for SharePermissions {
    /// Bits that are not known are left out.
    fn from(bits: i64) -> Self {
        let known = bits.to_le_bytes()[0] & Self::ALL.0;
        Self(known)
    }
}

impl From<SharePermissions> for i64 {
    fn from(permissions: SharePermissions) -> Self {
        permissions.bits()
    }
}

impl fmt::Display for SharePermissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        formatter.write_str(&names.join(", "))
    }
}

impl fmt::Debug for SharePermissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SharePermissions({self})")
    }
}
