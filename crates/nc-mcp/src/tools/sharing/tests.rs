use nc_client::{SharePermissions, ShareType};
use time::macros::datetime;

use super::input::{checked_day, difference, mask, share_type};

#[test]
fn a_mask_has_known_bits_only_and_at_least_one() {
    for wrong in [0, 32, -1, 255, i64::MAX] {
        assert!(mask(Some(wrong), None).is_err(), "{wrong}");
    }
    assert_eq!(
        mask(Some(19), None).ok().flatten().map(SharePermissions::bits),
        Some(19)
    );
    assert!(mask(None, None).is_ok_and(|mask| mask.is_none()));
}

#[test]
fn what_was_given_is_compared_with_what_was_asked_for() {
    let bits = |bits| SharePermissions::from_bits(bits).expect("a mask");
    assert_eq!(difference(bits(1), bits(1)), None);
    assert_eq!(
        difference(bits(1), bits(17)).as_deref(),
        Some("the server also gave: share")
    );
    assert_eq!(
        difference(bits(31), bits(19)).as_deref(),
        Some("the server did not give: create, delete")
    );
}

#[test]
fn a_day_is_a_real_one_and_not_a_past_one() {
    let now = datetime!(2027-02-28 12:00 UTC);
    for wrong in [
        "yesterday",
        "2027-02-29",
        "2027-2-3",
        "28.02.2027",
        "2027-02-27",
        "2027-02-28T10:00:00",
    ] {
        assert!(checked_day(wrong, now).is_err(), "{wrong}");
    }
    for right in ["2027-02-28", "2027-03-01", " 2030-12-31 "] {
        assert_eq!(checked_day(right, now).ok().as_deref(), Some(right.trim()));
    }
}

#[test]
fn types_that_nobody_can_share_with_are_refused() {
    assert_eq!(share_type(0, None).ok(), Some(ShareType::User));
    for wrong in [2, 5, 8, 12, -1, 99] {
        assert!(share_type(wrong, None).is_err(), "{wrong}");
    }
}
