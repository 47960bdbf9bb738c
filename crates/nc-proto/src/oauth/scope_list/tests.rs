use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// The scopes of all tools: 247 characters.
fn reference() -> String {
    let apps = [
        "notes", "calendar", "todo", "contacts", "cookbook", "deck", "tables", "files", "sharing",
    ];
    let pairs = apps.iter().map(|app| format!(" {app}:read {app}:write"));
    format!("openid profile email{}", pairs.collect::<String>())
}

/// A valid list of exactly this many bytes, in tokens of at most 128.
fn list_of(bytes: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < bytes {
        let rest = bytes - text.len() - usize::from(!text.is_empty());
        // Never leave a single byte behind: it could only be a space.
        let take = if rest <= 128 { rest } else { rest.min(120) };
        if !text.is_empty() {
            text.push(' ');
        }
        write!(text, "{number:0>take$}").expect("strings take everything");
        number += 1;
    }
    text
}

#[test]
fn s02_the_reference_list_arrives_whole() {
    let text = reference();
    assert_eq!(text.len(), 247);
    let list = ScopeList::parse(&text).expect("valid");
    assert_eq!(list.len(), 21);
    let mut written: Vec<String> = list.to_string().split(' ').map(str::to_owned).collect();
    let mut sent: Vec<String> = text.split(' ').map(str::to_owned).collect();
    written.sort();
    sent.sort();
    assert_eq!(written, sent);
}

#[test]
fn a10_a11_the_length_limit_holds_to_the_byte_and_nothing_is_cut_off() {
    for bytes in [511, 512, 513, 4095, 4096] {
        let text = list_of(bytes);
        assert_eq!(text.len(), bytes);
        assert_eq!(ScopeList::parse(&text).expect("valid").to_string().len(), bytes);
    }
    assert_eq!(ScopeList::parse(&list_of(4097)), Err(ScopeError::TooLong));
    assert_eq!(AuthorizeError::from(ScopeError::TooLong).code(), "invalid_scope");
    assert_eq!(TokenError::from(ScopeError::TooMany).code(), "invalid_scope");
    assert_eq!(
        RegistrationError::from(ScopeError::TooLong).code(),
        "invalid_client_metadata"
    );
}

#[test]
fn a10_the_number_and_length_of_scopes_are_limited() {
    let many = |count: usize| (0..count).map(|index| format!("s{index}")).collect::<Vec<_>>();
    for count in [255, 256] {
        assert_eq!(ScopeList::parse(&many(count).join(" ")).expect("valid").len(), count);
        assert!(ScopeList::from_tokens(many(count).iter().map(String::as_str)).is_ok());
    }
    assert_eq!(ScopeList::parse(&many(257).join(" ")), Err(ScopeError::TooMany));
    assert_eq!(
        ScopeList::from_tokens(many(257).iter().map(String::as_str)),
        Err(ScopeError::TooMany)
    );
    assert_eq!(
        ScopeList::parse(&vec!["a"; 257].join(" ")),
        Err(ScopeError::TooMany),
        "also the same one"
    );
    for length in [127, 128] {
        assert!(ScopeList::parse(&"x".repeat(length)).is_ok());
    }
    assert_eq!(ScopeList::parse(&"x".repeat(129)), Err(ScopeError::TokenTooLong));
    let long: Vec<String> = (0..40).map(|index| format!("{index:0>128}")).collect();
    assert_eq!(
        ScopeList::from_tokens(long.iter().map(String::as_str)),
        Err(ScopeError::TooLong)
    );
}

#[test]
fn characters_outside_the_grammar_are_refused() {
    for bad in ["a\tb", "a\nb", "a\"b", "a\\b", "a\u{7f}", "\u{e4}", "a\0", "a\u{a0}b"] {
        assert_eq!(ScopeList::parse(bad), Err(ScopeError::Character), "{bad:?}");
    }
    assert_eq!(ScopeList::from_tokens(["a b"]), Err(ScopeError::Character));
    assert_eq!(ScopeList::from_tokens([""]), Err(ScopeError::Character));
    assert!(ScopeList::parse("!#[]~ https://x.example/read").is_ok());
    assert!(ScopeList::parse("  ").expect("valid").is_empty());
}

#[test]
fn a_dot_is_read_as_a_colon_between_two_words_only() {
    let list =
        ScopeList::parse("notes.read notes:read files.write a.b.c User.Read v1. https://x.example/a.b").expect("valid");
    let expected = [
        "User.Read",
        "a.b.c",
        "files:write",
        "https://x.example/a.b",
        "notes:read",
        "v1.",
    ];
    assert_eq!(list.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_resource_servers_prefix_is_stripped_before_matching() {
    let list = ScopeList::parse("mcp/notes.read mcp/notes:write mcpx/files:read mcp/ openid").expect("valid");
    let expected = ["mcp/", "mcpx/files:read", "notes:read", "notes:write", "openid"];
    assert_eq!(list.without_prefix("mcp").iter().collect::<Vec<_>>(), expected);
}

#[test]
fn lists_are_compared_and_combined_as_sets() {
    let parse = |text| ScopeList::parse(text).expect("valid");
    let (asked, allowed) = (parse("b a"), parse("a c"));
    assert_eq!(asked, parse("a b b"));
    assert_eq!(asked.intersection(&allowed), parse("a"));
    assert_eq!(asked.difference(&allowed), parse("b"));
    assert_eq!(asked.union(&allowed), parse("a b c"));
    assert!(parse("a").is_subset(&asked) && !asked.is_subset(&allowed));
    assert!(asked.contains("a") && !asked.contains("c"));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(tokens in prop::collection::vec("[!#-\\[\\]-~]{1,16}", 0..40)) {
        let list = ScopeList::parse(&tokens.join(" ")).expect("valid");
        prop_assert_eq!(&ScopeList::parse(&list.to_string()).expect("valid"), &list);
        let json = serde_json::to_string(&list).expect("writable");
        prop_assert_eq!(serde_json::from_str::<ScopeList>(&json).expect("readable"), list);
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_grows(text in "\\PC{0,300}") {
        if let Ok(list) = ScopeList::parse(&text) {
            prop_assert!(list.to_string().len() <= text.len());
        }
    }
}
