//! Which versions are kept: as many as by Nextcloud's rule (`files_versions`, `Storage::$max_versions_per_interval`), the
//! first of each span of time.
//!
//! Nextcloud measures from version to version, so a file that is saved all the time loses each version as soon as it is ten
//! seconds old: the next one is too near. Spans that stand still, each a multiple of the one before, do not do that.

use std::collections::HashSet;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Up to an age in seconds, one version for so many seconds.
const STEPS: [(i64, i64); 5] = [(10, 2), (MINUTE, 10), (HOUR, MINUTE), (DAY, HOUR), (30 * DAY, DAY)];

/// For all that is older: one a week.
const LATER: i64 = 7 * DAY;

/// Smallest time between two versions.
pub(super) const SMALLEST_GAP_S: i64 = STEPS[0].1;

/// What the rule needs to know of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) number: i64,
    pub(super) modified_at: i64,
    /// A label keeps it for good.
    pub(super) labelled: bool,
}

/// The numbers of the versions that go. `versions` have the earliest first.
pub(super) fn superfluous(versions: &[Dated], now: i64) -> Vec<i64> {
    let mut seen = HashSet::new();
    let mut gone = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let age = now - version.modified_at;
        let step = STEPS.iter().find(|(until, _)| age <= *until);
        let step = step.map_or(LATER, |(_, step)| *step);
        let is_first = seen.insert((step, version.modified_at.div_euclid(step)));
        let is_newest = index + 1 == versions.len();
        if !is_first && !is_newest && !version.labelled {
            gone.push(version.number);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dated(modified_at: i64) -> Dated {
        Dated {
            number: modified_at,
            modified_at,
            labelled: false,
        }
    }

    fn kept(times: impl IntoIterator<Item = i64>, now: i64) -> Vec<i64> {
        let versions: Vec<Dated> = times.into_iter().map(dated).collect();
        let gone = superfluous(&versions, now);
        let kept = versions.iter().map(|version| version.number);
        kept.filter(|number| !gone.contains(number)).collect()
    }

    #[test]
    fn the_older_the_fewer() {
        let now = 1_000_000_000;
        assert_eq!(kept(now - 10..=now, now).len(), 6);
        assert!((59..62).contains(&kept((now - HOUR..now - MINUTE).step_by(10), now).len()));
        assert!((29..32).contains(&kept((now - 30 * DAY..now - DAY).step_by(3600), now).len()));
        assert!((48..51).contains(&kept((now - 365 * DAY..=now - 31 * DAY).step_by(86_400), now).len()));
    }

    #[test]
    fn a_file_that_is_saved_all_the_time_has_old_versions_too() {
        let mut versions: Vec<Dated> = Vec::new();
        for saved_at in (1_000_000_000..1_000_000_000 + HOUR).step_by(2) {
            versions.push(dated(saved_at));
            let gone = superfluous(&versions, saved_at);
            versions.retain(|version| !gone.contains(&version.number));
        }
        assert!((60..75).contains(&versions.len()), "{}", versions.len());
        assert_eq!(versions[0].modified_at, 1_000_000_000);
    }

    #[test]
    fn a_label_keeps_a_version() {
        let mut versions = [dated(100), dated(101), dated(102)];
        versions[1].labelled = true;
        assert_eq!(superfluous(&versions, 1_000_000), Vec::<i64>::new());
        versions[1].labelled = false;
        assert_eq!(superfluous(&versions, 1_000_000), [101]);
    }

    proptest! {
        #[test]
        fn the_newest_stays_and_thinning_again_takes_nothing(
            mut times in prop::collection::btree_set(0i64..10_000_000, 1..60), now in 10_000_000i64..20_000_000
        ) {
            let newest = *times.last().expect("one");
            let left = kept(std::mem::take(&mut times), now);
            prop_assert_eq!(left.last(), Some(&newest));
            prop_assert_eq!(kept(left.clone(), now), left);
        }
    }
}
