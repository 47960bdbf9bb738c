//! Names of recipes as names of folders.

/// Longest name of a folder, in bytes, that leaves room for a number.
const MAX_NAME_BYTES: usize = 120;

/// The folder that a recipe's name becomes; what some system forbids in names becomes `_`. Never empty, hidden or a way up.
pub(super) fn folder(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_control() || "\\/:*?\"<>|".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let mut safe = safe.trim().trim_start_matches('.').to_owned();
    while safe.len() > MAX_NAME_BYTES {
        safe.pop();
    }
    let safe = safe.trim_end_matches([' ', '.']);
    if safe.is_empty() || crate::content::check_storable(safe).is_err() {
        return format!("Recipe {safe}").trim_end_matches([' ', '.']).replace('.', "_");
    }
    safe.to_owned()
}

/// The next folder to try when one is taken by a recipe of another name.
pub(super) fn numbered(folder: &str, number: u32) -> String {
    match number {
        0 | 1 => folder.to_owned(),
        number => format!("{folder} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::content::check_storable;

    #[test]
    fn names_become_folders_that_lead_nowhere_else() {
        for (name, stored) in [
            ("Tomato soup", "Tomato soup"),
            ("Half/half: soup?", "Half_half_ soup_"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "Recipe"),
            (".htaccess", "htaccess"),
            ("a.part", "Recipe a_part"),
            ("Käse & Brot 🧀", "Käse & Brot 🧀"),
        ] {
            assert_eq!(folder(name), stored, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_becomes_a_storable_one(name in "\\PC{0,80}", number in 0_u32..100) {
            let stored = numbered(&folder(&name), number);
            prop_assert!(check_storable(&stored).is_ok(), "{}", stored);
            prop_assert!(!stored.starts_with('.'));
        }
    }
}
