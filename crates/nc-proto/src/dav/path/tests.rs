use proptest::prelude::*;

use super::*;

#[test]
fn a_name_that_looks_encoded_is_encoded_once_and_decoded_once() {
    let path = DavPath::plain("/Odd/a%20b.txt").unwrap();
    assert_eq!(path.encode(), "/Odd/a%2520b.txt");
    assert_eq!(DavPath::decode("/Odd/a%2520b.txt"), Ok(path));
}

#[test]
fn plus_is_a_plus_and_case_of_hex_digits_does_not_matter() {
    let name = |address| DavPath::decode(address).unwrap().name().map(str::to_owned);
    assert_eq!(name("/x/1%2b1%3d2.txt").as_deref(), Some("1+1=2.txt"));
    assert_eq!(name("/x/1+1=2.txt").as_deref(), Some("1+1=2.txt"));
    assert_eq!(DavPath::plain("/1+1=2.txt").unwrap().encode(), "/1%2B1%3D2.txt");
}

#[test]
fn a_destination_may_be_a_whole_url() {
    let expected = DavPath::plain("/cloud/remote.php/größer #2 🎈.txt").unwrap();
    let url = "https://h:8443/cloud/remote.php/gr%C3%B6%C3%9Fer%20%232%20%F0%9F%8E%88.txt";
    assert_eq!(DavPath::decode(url), Ok(expected.clone()));
    assert_eq!(DavPath::decode(&expected.encode()), Ok(expected));
    assert_eq!(DavPath::decode("https://h"), Ok(DavPath::root()));
}

#[test]
fn nothing_leads_out_of_a_folder() {
    for address in ["/a/../b", "/a/%2e%2e/b", "/a/%2E./b", "/a/b%2Fc", "/a/b%00", "/./a"] {
        assert_eq!(DavPath::decode(address), Err(PathError::Traversal), "{address}");
    }
    assert_eq!(DavPath::decode("/a%FFb"), Err(PathError::NotUtf8));
}

#[test]
fn bad_names_are_refused_before_anything_is_sent() {
    assert_eq!(check_name(""), Err(NameError::Empty));
    assert_eq!(check_name(".."), Err(NameError::Dots));
    assert_eq!(check_name("a/b"), Err(NameError::Slash));
    assert_eq!(check_name("a\0b"), Err(NameError::Control));
    assert_eq!(check_name("a\nb"), Err(NameError::Control));
    assert_eq!(check_name(&"n".repeat(251)), Err(NameError::TooLong));
    assert_eq!(check_name(&"ä".repeat(126)), Err(NameError::TooLong));
    assert_eq!(check_name(&"n".repeat(250)), Ok(()));
    assert_eq!(DavPath::plain("/a/../b"), Err(NameError::Dots));
}

#[test]
fn a_base_path_is_neither_doubled_nor_lost() {
    let base = DavPath::decode("/cloud/remote.php/dav/files/carol").unwrap();
    let href = DavPath::decode("/cloud/remote.php/dav/files/carol/Docs/").unwrap();
    assert_eq!(href.strip_prefix(&base), Some(DavPath::plain("Docs").unwrap()));
    assert_eq!(base.strip_prefix(&base), Some(DavPath::root()));
    assert_eq!(base.strip_prefix(&href), None);
}

proptest! {
    #[test]
    fn any_name_survives_the_address(names in proptest::collection::vec("[^/\\p{Cc}]{1,30}", 0..4)) {
        prop_assume!(names.iter().all(|name| check_name(name).is_ok()));
        let path = DavPath::from_names(names);
        prop_assert_eq!(DavPath::decode(&path.encode()), Ok(path.clone()));
        prop_assert_eq!(DavPath::decode(&format!("http://h{}", path.encode_folder())), Ok(path.clone()));
        prop_assert_eq!(DavPath::plain(&path.to_string()), Ok(path.clone()));
        prop_assert!(path.encode().is_ascii());
    }
}
