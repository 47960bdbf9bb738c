use nc_proto::{apps::sharing::SharePermissions, dav::Permissions};

/// As far as permissions make sense for a file or a folder: nothing is created in a file or deleted from it.
pub(crate) const fn for_kind(permissions: SharePermissions, is_folder: bool) -> SharePermissions {
    if is_folder {
        permissions
    } else {
        permissions.limited_to(SharePermissions::ALL_OF_A_FILE)
    }
}

/// The letters of `oc:permissions`. What is `shared` can always be removed from its mount point.
pub(crate) fn letters(mask: SharePermissions, is_folder: bool, shared: bool, is_mount_point: bool) -> Permissions {
    let updates = mask.allows(SharePermissions::UPDATE);
    let all = [
        (shared, Permissions::SHARED),
        (mask.allows(SharePermissions::SHARE), Permissions::SHARE),
        (mask.allows(SharePermissions::READ), Permissions::READ),
        (
            mask.allows(SharePermissions::DELETE) || is_mount_point,
            Permissions::DELETE,
        ),
        (updates, Permissions::RENAME.with(Permissions::MOVE)),
        (updates && !is_folder, Permissions::WRITE),
        (
            mask.allows(SharePermissions::CREATE) && is_folder,
            Permissions::CREATE_FILE.with(Permissions::CREATE_FOLDER),
        ),
    ];
    let granted = all.into_iter().filter(|(yes, _)| *yes);
    granted.fold(Permissions::default(), |letters, (_, letter)| letters.with(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_are_those_of_the_recording() {
        let letters = |bits, is_folder, is_mount_point| {
            let mask = SharePermissions::from_bits(bits).unwrap();
            letters(mask, is_folder, true, is_mount_point).to_string()
        };
        assert_eq!(letters(1, true, true), "SGD");
        assert_eq!(letters(1, true, false), "SG");
        assert_eq!(letters(31, true, true), "SRGDNVCK");
        assert_eq!(letters(19, false, true), "SRGDNVW");
        assert_eq!(letters(7, true, false), "SGNVCK");
    }

    #[test]
    fn a_file_is_neither_created_in_nor_deleted_from() {
        assert_eq!(for_kind(SharePermissions::ALL, false).bits(), 19);
        assert_eq!(for_kind(SharePermissions::ALL, true).bits(), 31);
    }
}
