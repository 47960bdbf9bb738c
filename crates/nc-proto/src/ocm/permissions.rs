use crate::apps::sharing::SharePermissions;

/// What the three words of Open Cloud Mesh mean: `write` is changing, adding and deleting. A file has less of it than a folder,
/// which the message does not always tell apart; so limit it to [`SharePermissions::ALL_OF_A_FILE`] for a file. Words that are
/// not known allow nothing.
pub fn permissions_of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> SharePermissions {
    words
        .into_iter()
        .map(|word| match word {
            "read" => SharePermissions::READ,
            "write" => SharePermissions::UPDATE
                .with(SharePermissions::CREATE)
                .with(SharePermissions::DELETE),
            "share" => SharePermissions::SHARE,
            _ => SharePermissions::NONE,
        })
        .fold(SharePermissions::NONE, SharePermissions::with)
}

/// The words for what a share allows. `write` when anything may be changed: which of it, WebDAV tells.
pub fn permission_words(permissions: SharePermissions) -> Vec<&'static str> {
    let changes = [
        SharePermissions::UPDATE,
        SharePermissions::CREATE,
        SharePermissions::DELETE,
    ];
    let mut words = Vec::with_capacity(3);
    if permissions.allows(SharePermissions::READ) {
        words.push("read");
    }
    if changes.into_iter().any(|change| permissions.allows(change)) {
        words.push("write");
    }
    if permissions.allows(SharePermissions::SHARE) {
        words.push("share");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_bits_stand_for_each_other() {
        let all = ["read", "write", "share"];
        assert_eq!(permissions_of_words(all), SharePermissions::ALL);
        assert_eq!(permission_words(SharePermissions::ALL), all);
        assert_eq!(permission_words(SharePermissions::ALL_OF_A_FILE), all);
        for words in [&["read"][..], &["write"], &["read", "share"], &[]] {
            assert_eq!(permission_words(permissions_of_words(words.iter().copied())), words);
        }
        assert_eq!(permissions_of_words(["admin", "READ", ""]), SharePermissions::NONE);
    }
}
