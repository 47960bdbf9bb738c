//! Lists of scopes: within the limits nothing is lost, above them nothing is taken.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nc_proto::oauth::scope_list::{LIST_MAX_BYTES, LIST_MAX_TOKENS, ScopeList, TOKEN_MAX_BYTES};

fuzz_target!(|data: &str| {
    let Ok(list) = ScopeList::parse(data) else { return };
    assert!(data.len() <= LIST_MAX_BYTES && list.len() <= LIST_MAX_TOKENS);
    for token in data.split(' ').filter(|token| !token.is_empty()) {
        let known = list.contains(token) || list.contains(&token.replacen('.', ":", 1));
        assert!(known, "{token} was lost");
        assert!(token.len() <= TOKEN_MAX_BYTES);
    }
    assert_eq!(ScopeList::parse(&list.to_string()), Ok(list.clone()));
    assert!(list.is_subset(&list) && list.difference(&list).is_empty());
});
