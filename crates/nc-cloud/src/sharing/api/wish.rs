//! What a client wants a share to be, checked.

use nc_proto::apps::sharing::{Attribute, SharePermissions};
use secrecy::SecretString;

use crate::{
    Cloud,
    accounts::MAX_PASSWORD_LENGTH,
    ocs::Failure,
    sharing::{ShareType, dates, for_kind, input::Input},
};

/// Longest label, as in Nextcloud.
const LONGEST_LABEL: usize = 255;

/// Longest note in characters; Nextcloud sends it by mail.
const LONGEST_NOTE: usize = 4000;

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// What was said about something that can also be taken away.
pub(super) enum Said<T> {
    Nothing,
    Without,
    With(T),
}

impl<T> Said<T> {
    /// What is so now, where it was `before`.
    pub(super) fn or(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => before,
            Self::Without => None,
            Self::With(value) => Some(value),
        }
    }
}

/// The day with which a share ends.
pub(super) fn expires_at(input: &Input, now: i64) -> Result<Said<i64>, Failure> {
    let Some(text) = input.text("expireDate") else {
        return Ok(Said::Nothing);
    };
    if text.trim().is_empty() {
        return Ok(Said::Without);
    }
    let day = dates::parse(&text).ok_or(Failure::new(404, "Invalid date. Format must be YYYY-MM-DD"))?;
    let today = now - now.rem_euclid(SECONDS_A_DAY);
    if day <= today {
        return Err(Failure::new(404, "Expiration date is in the past"));
    }
    Ok(Said::With(day))
}

/// The hash of a password.
pub(super) async fn password_hash(cloud: &Cloud, input: &Input) -> Result<Said<String>, Failure> {
    let Some(password) = input.text("password") else {
        return Ok(Said::Nothing);
    };
    if password.is_empty() {
        return Ok(Said::Without);
    }
    if password.len() > MAX_PASSWORD_LENGTH {
        return Err(Failure::new(400, "A password has at most 469 bytes"));
    }
    let checker = cloud.authenticator().checker();
    Ok(Said::With(checker.hash(SecretString::from(password)).await?))
}

/// Finer rules as they came.
pub(super) fn attributes(input: &Input) -> Result<Said<String>, Failure> {
    let Some(text) = input.text("attributes") else {
        return Ok(Said::Nothing);
    };
    if text.trim().is_empty() {
        return Ok(Said::Without);
    }
    match Attribute::parse_list(&text) {
        Some(list) if list.is_empty() => Ok(Said::Without),
        Some(_) => Ok(Said::With(text)),
        None => Err(Failure::new(400, "Invalid share attributes provided")),
    }
}

pub(super) fn label(input: &Input) -> Result<Option<String>, Failure> {
    let label = input.text("label");
    if label
        .as_ref()
        .is_some_and(|label| label.chars().count() > LONGEST_LABEL)
    {
        return Err(Failure::new(400, "Maximum label length is 255"));
    }
    Ok(label)
}

pub(super) fn note(input: &Input) -> Result<Option<String>, Failure> {
    let note = input.text("note");
    if note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(Failure::new(400, "A note has at most 4000 characters"));
    }
    Ok(note)
}

/// What a share is to allow, if something was said. `most` is what the one who shares may give.
pub(super) fn permissions(
    input: &Input,
    share_type: ShareType,
    is_folder: bool,
    most: SharePermissions,
) -> Result<Option<SharePermissions>, Failure> {
    let public_upload = input.flag("publicUpload").filter(|_| share_type.is_public());
    let wished = match (public_upload, input.integer("permissions")?) {
        // The older way to say it goes before the newer one, as in Nextcloud.
        (Some(true), _) if !is_folder => {
            let message = "Public upload is only possible for publicly shared folders";
            return Err(Failure::new(404, message));
        }
        (Some(true), _) => SharePermissions::ALL.without(SharePermissions::SHARE),
        (Some(false), None) => SharePermissions::READ,
        (_, Some(bits)) => SharePermissions::from_bits(bits).ok_or(Failure::new(404, "Invalid permissions"))?,
        (None, None) => return Ok(None),
    };
    checked(wished, share_type, is_folder, most).map(Some)
}

/// What a share allows when nothing was said.
pub(super) fn usual_permissions(
    share_type: ShareType,
    is_folder: bool,
    most: SharePermissions,
) -> Result<SharePermissions, Failure> {
    let usual = if share_type.is_public() {
        SharePermissions::READ
    } else {
        SharePermissions::ALL.limited_to(most)
    };
    checked(usual, share_type, is_folder, most)
}

fn checked(
    wished: SharePermissions,
    share_type: ShareType,
    is_folder: bool,
    most: SharePermissions,
) -> Result<SharePermissions, Failure> {
    let mut granted = for_kind(wished, is_folder);
    let (read, create) = (SharePermissions::READ, SharePermissions::CREATE);
    if !granted.allows(read) && !granted.allows(create) {
        granted = granted.with(read);
    }
    let changes = SharePermissions::UPDATE.with(SharePermissions::DELETE);
    if !granted.allows(read) && granted.limited_to(changes) != SharePermissions::NONE {
        let message = "Share must have READ permission if UPDATE or DELETE permission is set";
        return Err(Failure::new(400, message));
    }
    if !granted.allows(read) && !share_type.is_public() {
        return Err(Failure::new(403, "Shares need at least Read permissions"));
    }
    if share_type.is_public() {
        // Nextcloud lets whoever reads a link add it to another cloud, and shows that as the right to share on.
        granted = granted.without(SharePermissions::SHARE);
        if granted.allows(read) {
            granted = granted.with(SharePermissions::SHARE);
        }
    }
    if !most.allows(granted) {
        return Err(Failure::new(404, "Cannot increase permissions"));
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(bits: i64, share_type: ShareType, is_folder: bool, most: i64) -> Option<i64> {
        let [wished, most] = [bits, most].map(|bits| SharePermissions::from_bits(bits).unwrap());
        checked(wished, share_type, is_folder, most)
            .ok()
            .map(SharePermissions::bits)
    }

    #[test]
    fn links_get_the_bits_that_nextcloud_adds() {
        assert_eq!(granted(1, ShareType::Link, true, 31), Some(17));
        assert_eq!(granted(15, ShareType::Link, true, 31), Some(31));
        assert_eq!(granted(4, ShareType::Link, true, 31), Some(4));
        assert_eq!(granted(15, ShareType::Link, false, 31), Some(19));
    }

    #[test]
    fn nobody_gives_more_than_there_is_to_give() {
        for bits in 0..=31 {
            for most in 0..=31 {
                for kind in [ShareType::User, ShareType::Group, ShareType::Link] {
                    if let Some(granted) = granted(bits, kind, true, most) {
                        assert_eq!(granted & !most, 0, "{bits} of {most}");
                    }
                }
            }
        }
        assert_eq!(granted(31, ShareType::User, true, 17), None);
    }

    #[test]
    fn what_may_not_be_read_can_at_most_be_added_to_and_by_links_only() {
        assert_eq!(granted(4, ShareType::User, true, 31), None);
        assert_eq!(granted(6, ShareType::Link, true, 31), None);
        assert_eq!(granted(12, ShareType::Link, true, 31), None);
        assert_eq!(granted(0, ShareType::User, true, 31), Some(1));
    }
}
