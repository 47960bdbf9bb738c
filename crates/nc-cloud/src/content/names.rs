use nc_proto::dav::{self, NameError};

/// Why a name cannot be stored: Nextcloud's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Longer than 250 bytes, or the whole path is too long or too deep for the file system.
    #[error("Filename is too long")]
    TooLong,
    /// `.htaccess`.
    #[error("Filename is a reserved word")]
    Reserved,
    /// It ends in `.part` or `.filepart`.
    #[error("\".part\" is a forbidden file type.")]
    ForbiddenType,
    /// It has a backslash.
    #[error("\"\\\" is not allowed inside a file or folder name.")]
    Backslash,
    /// It has a slash or a control character.
    #[error("The name contains a character that is not allowed.")]
    Character,
    /// It is empty, `.` or `..`.
    #[error("Dot files are not allowed")]
    Dots,
}

/// Checks a name by the rules of Nextcloud's defaults. A name that passes is stored exactly as it is.
pub fn check_storable(name: &str) -> Result<(), BadName> {
    dav::check_name(name).map_err(|error| match error {
        NameError::Empty | NameError::Dots => BadName::Dots,
        NameError::Slash | NameError::Control => BadName::Character,
        NameError::TooLong => BadName::TooLong,
    })?;
    let folded = name.to_lowercase();
    if name.contains('\\') {
        Err(BadName::Backslash)
    } else if folded == ".htaccess" {
        Err(BadName::Reserved)
    } else if matches!(folded.rsplit_once('.'), Some((_, "part" | "filepart"))) {
        Err(BadName::ForbiddenType)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nextcloud_refuses_are_refused_with_its_reason() {
        for (name, reason) in [
            ("a\\b.txt", BadName::Backslash),
            (".htaccess", BadName::Reserved),
            ("file.part", BadName::ForbiddenType),
            ("a\nb", BadName::Character),
            ("..", BadName::Dots),
        ] {
            assert_eq!(check_storable(name), Err(reason), "{name:?}");
        }
        assert_eq!(check_storable(&"n".repeat(251)), Err(BadName::TooLong));
    }

    #[test]
    fn odd_names_are_welcome() {
        for name in [
            "space ",
            ".hidden",
            "con.txt",
            "a:b|c*d.txt",
            "\"it's\".txt",
            "<b>.txt",
            "100%",
            "party 🎉",
        ] {
            assert_eq!(check_storable(name), Ok(()), "{name}");
        }
    }
}
