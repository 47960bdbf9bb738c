//! How far the clocks of other servers are from ours. A message is dated by the clock of the one who reads it: theirs refuses
//! what looks old.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::{HeaderMap, header};
use nc_proto::ocm::PeerHost;

use crate::signature::read_http_date;

/// Less than this is nothing: documents take a moment, and signatures are good for longer.
const NOTHING_S: i64 = 30;
/// A clock that is further away is broken, and nobody follows it.
const MOST_S: i64 = 60 * 60;
/// Servers whose clocks are remembered.
const MOST_KNOWN: usize = 4096;

#[derive(Default)]
pub(super) struct Clocks(Mutex<HashMap<PeerHost, i64>>);

impl Clocks {
    /// How many seconds a server is ahead of us.
    pub(super) fn ahead_s(&self, host: &PeerHost) -> i64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(host).copied().unwrap_or_default()
    }

    /// Learns from an answer. Whether the server's clock is another one than was thought.
    pub(super) fn learn(&self, host: &PeerHost, headers: &HeaderMap, now: i64) -> bool {
        let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| read_http_date(date).ok()) else {
            return false;
        };
        let ahead_s = date.saturating_sub(now);
        let is_followed = (NOTHING_S..=MOST_S).contains(&ahead_s.saturating_abs());
        let ahead_s = if is_followed { ahead_s } else { 0 };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN && !known.contains_key(host) {
            known.clear();
        }
        let before = if ahead_s == 0 {
            known.remove(host)
        } else {
            known.insert(host.clone(), ahead_s)
        };
        before.unwrap_or_default().abs_diff(ahead_s) >= NOTHING_S.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn clocks_that_differ_are_followed_within_an_hour() {
        let (clocks, host) = (Clocks::default(), PeerHost::parse("cloud.example.org").expect("a host"));
        let learn = |date: &'static str| {
            let headers = HeaderMap::from_iter([(header::DATE, HeaderValue::from_static(date))]);
            (clocks.learn(&host, &headers, 1_618_884_473), clocks.ahead_s(&host))
        };
        for (date, learned) in [
            ("Tue, 20 Apr 2021 02:08:10 GMT", (false, 0)),
            ("Tue, 20 Apr 2021 02:17:53 GMT", (true, 600)),
            ("Tue, 20 Apr 2021 02:18:00 GMT", (false, 607)),
            ("Tue, 20 Apr 2021 01:57:53 GMT", (true, -600)),
            ("soon", (false, -600)),
            ("Tue, 20 Apr 2021 05:00:00 GMT", (true, 0)),
            ("Tue, 20 Apr 2021 03:07:53 GMT", (true, 3600)),
        ] {
            assert_eq!(learn(date), learned, "{date}");
        }
    }
}
