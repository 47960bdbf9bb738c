use proptest::prelude::*;

use super::*;
use crate::BaseUrl;

#[test]
fn addresses_are_read_with_and_without_a_subpath() {
    for prefix in ["", "/cloud", "/a/b", "https://c.example", "https://c.example/cloud"] {
        let href = format!("{prefix}/remote.php/dav/files/jane%20doe/Docs/a%2520b.txt");
        assert_eq!(
            path_of(&href, "jane doe").expect("path").to_string(),
            "/Docs/a%20b.txt",
            "{href}"
        );
    }
    assert_eq!(path_of("/remote.php/dav/files/carol/", "carol"), Some(FilePath::root()));
    assert_eq!(path_of("/remote.php/dav/files/dave/x", "carol"), None);
    assert_eq!(path_of("/remote.php/dav/files/carol/%2e%2e/dave/x", "carol"), None);
}

#[test]
fn the_other_form_of_a_name_is_the_composed_one_or_else_the_decomposed() {
    let path = |text: &str| FilePath::parse(text).expect("path");
    assert_eq!(other_form(&path("/U\u{308}bung")), Some(path("/Übung")));
    assert_eq!(other_form(&path("/Übung")), Some(path("/U\u{308}bung")));
    assert_eq!(other_form(&path("/plain.txt")), None);
}

#[test]
fn names_that_cannot_exist_are_refused_and_odd_ones_are_not() {
    for bad in ["/a/../b", "..", "./a", "a\0b", "a\nb", &"x".repeat(251)] {
        let error = FilePath::parse(bad).expect_err(bad);
        assert_eq!(error.code(), "invalid_input");
        assert!(error.to_string().starts_with("path: "), "{error}");
    }
    for odd in [
        "a%20b",
        "100% sure?.txt",
        "#1 & 2+3",
        "ü",
        "U\u{308}",
        "🎉👩‍👩‍👧",
        "a:b|c*d",
        "...",
        &"x".repeat(250),
    ] {
        assert_eq!(FilePath::parse(odd).expect(odd).name(), Some(odd));
    }
    assert_eq!(FilePath::parse("//Docs///a/").expect("path").to_string(), "/Docs/a");
}

proptest! {
    #[test]
    fn any_path_comes_back_from_the_address_that_it_was_sent_to(
        names in proptest::collection::vec("[^/\\x00-\\x1f\\x7f-\\x9f]{1,20}", 0..5),
        user in "[a-zA-Z0-9 _.@'+-]{1,20}",
        subpath in prop_oneof![Just(""), Just("/cloud"), Just("/a/b")],
    ) {
        prop_assume!(names.iter().all(|name| name != "." && name != "..") && user != "." && user != "..");
        let path = FilePath::parse(&names.join("/")).expect("valid names");
        let base = BaseUrl::parse(&format!("https://c.example{subpath}")).expect("base");
        let segments: Vec<String> =
            ROOT.iter().map(|s| (*s).to_owned()).chain([user.clone()]).chain(names).collect();
        let sent = base.path_of(&segments, false, &[]).expect("address");
        prop_assert_eq!(path_of(&sent, &user), Some(path.clone()));
        prop_assert_eq!(path_of(&base.uri_of(&sent).expect("uri").to_string(), &user), Some(path));
    }
}
