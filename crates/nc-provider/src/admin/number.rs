use sha2::{Digest as _, Sha256};

/// A number for what has none of its own, as the interface of Nextcloud's `oidc` app names redirect URIs and claims: the
/// same for ever, and small enough to be exact in JavaScript.
pub fn number_of(client: i64, what: &str) -> i64 {
    let hash = Sha256::new_with_prefix(client.to_be_bytes())
        .chain_update(what)
        .finalize();
    let bytes = hash.iter().take(6);
    // 0 would mean that there is none.
    bytes.fold(0, |number, byte| number << 8 | i64::from(*byte)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable_and_differ_by_client_and_text() {
        assert_eq!(number_of(1, "https://a/"), number_of(1, "https://a/"));
        assert_ne!(number_of(1, "https://a/"), number_of(2, "https://a/"));
        assert_ne!(number_of(1, "https://a/"), number_of(1, "https://b/"));
        assert!(number_of(1, "https://a/") < 1 << 48);
    }
}
