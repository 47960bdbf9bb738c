use std::fmt;

/// What a user may do with a file or folder: the letters of `oc:permissions`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u16);

impl Permissions {
    /// `S`: shared with this user.
    pub const SHARED: Self = Self(1);
    /// `R`: may be shared on.
    pub const SHARE: Self = Self(1 << 1);
    /// `M`: a mount point.
    pub const MOUNT: Self = Self(1 << 2);
    /// `G`: readable.
    pub const READ: Self = Self(1 << 3);
    /// `D`: deletable.
    pub const DELETE: Self = Self(1 << 4);
    /// `N`: may be renamed.
    pub const RENAME: Self = Self(1 << 5);
    /// `V`: may be moved.
    pub const MOVE: Self = Self(1 << 6);
    /// `W`: the file's content may be replaced.
    pub const WRITE: Self = Self(1 << 7);
    /// `C`: files may be created in the folder.
    pub const CREATE_FILE: Self = Self(1 << 8);
    /// `K`: folders may be created in the folder.
    pub const CREATE_FOLDER: Self = Self(1 << 9);

    /// The letters in the order in which Nextcloud writes them.
    const LETTERS: [(char, Self); 10] = [
        ('S', Self::SHARED),
        ('R', Self::SHARE),
        ('M', Self::MOUNT),
        ('G', Self::READ),
        ('D', Self::DELETE),
        ('N', Self::RENAME),
        ('V', Self::MOVE),
        ('W', Self::WRITE),
        ('C', Self::CREATE_FILE),
        ('K', Self::CREATE_FOLDER),
    ];

    /// Everything that an owner may do with a file.
    pub const OWN_FILE: Self =
        Self(Self::SHARE.0 | Self::READ.0 | Self::DELETE.0 | Self::RENAME.0 | Self::MOVE.0 | Self::WRITE.0);
    /// Everything that an owner may do with a folder.
    pub const OWN_FOLDER: Self = Self(
        Self::SHARE.0
            | Self::READ.0
            | Self::DELETE.0
            | Self::RENAME.0
            | Self::MOVE.0
            | Self::CREATE_FILE.0
            | Self::CREATE_FOLDER.0,
    );

    /// Reads the letters; those that this version does not know are left out.
    pub fn parse(letters: &str) -> Self {
        letters.chars().fold(Self::default(), |all, letter| {
            let known = Self::LETTERS.iter().find(|(known, _)| *known == letter);
            known.map_or(all, |(_, flag)| all.with(*flag))
        })
    }

    /// Whether all of `flags` are there.
    pub const fn allows(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// These and `flags`.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut present = Self::LETTERS.iter().filter(|(_, flag)| self.allows(*flag));
        present.try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn own_resources_have_the_letters_that_nextcloud_shows() {
        assert_eq!(Permissions::OWN_FILE.to_string(), "RGDNVW");
        assert_eq!(Permissions::OWN_FOLDER.to_string(), "RGDNVCK");
        assert!(!Permissions::parse("RG?").allows(Permissions::WRITE));
    }

    proptest! {
        #[test]
        fn letters_survive_a_round_trip(bits in 0u16..1 << 10) {
            let permissions = Permissions(bits);
            prop_assert_eq!(Permissions::parse(&permissions.to_string()), permissions);
        }
    }
}
