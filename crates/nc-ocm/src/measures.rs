//! What is counted. Labels name hosts and reasons, never people, shares or secrets.

use std::sync::Once;

use metrics::describe_counter;

/// Counters and what they count.
const COUNTERS: &[(&str, &str)] = &[
    (
        "ocm_exchanges_total",
        "Secrets of shares that were exchanged for access tokens, by result.",
    ),
    (
        "ocm_refresh_dedup_hits_total",
        "Tokens of shares that another request or process had just got.",
    ),
    (
        "ocm_lease_takeovers_total",
        "Leases for getting a token that were taken over from a process that ended.",
    ),
    (
        "ocm_sig_verify_total",
        "Messages of other servers whose signature was checked, by outcome.",
    ),
    (
        "ocm_jwks_fetch_total",
        "Key sets of other servers that were fetched, by result.",
    ),
    (
        "ocm_replay_hits_total",
        "Messages that were refused because their signature was seen before.",
    ),
    (
        "ocm_dav_401_total",
        "Requests at mounts of shares that were answered with 401, by reason.",
    ),
    (
        "ocm_legacy_basic_requests_total",
        "Requests about files of shares with the secret itself, by the other server.",
    ),
    (
        "ocm_outbox_total",
        "Messages that were sent to other servers from the outbox, by result.",
    ),
];

/// Tells the recorder what counters mean, once a process.
pub(crate) fn describe() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        for (name, meaning) in COUNTERS {
            describe_counter!(*name, *meaning);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_in_the_sources_is_described() {
        let mut used = Vec::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).expect("text");
                for call in source.split("counter!(").skip(1) {
                    let name = call
                        .trim_start()
                        .strip_prefix('"')
                        .and_then(|rest| rest.split('"').next());
                    used.extend(name.filter(|name| name.starts_with("ocm_")).map(str::to_owned));
                }
            }
        }
        assert!(used.len() > 5, "{used:?}");
        for name in &used {
            assert!(COUNTERS.iter().any(|(described, _)| described == name), "{name}");
        }
    }
}
