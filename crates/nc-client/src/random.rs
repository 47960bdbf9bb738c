//! Randomness: a sequence that spreads waits, and names that nobody else has.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::{TryRng, rngs::SysRng};

/// Spreads waits, so that many clients do not come back at the same moment.
#[derive(Debug)]
pub(crate) struct Jitter(AtomicU64);

impl Jitter {
    /// A sequence that starts at `seed`, or at a place chosen by the operating system.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(AtomicU64::new(seed.unwrap_or_else(from_system)))
    }

    /// A number from 0 up to 1, by splitmix64.
    pub(crate) fn next(&self) -> f64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        f64::from(u32::try_from(mixed >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

/// A UID that nobody else has, in the form of a UUID of version 4 (RFC 7986 §5.3).
pub fn new_uid() -> String {
    let high = from_system() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
    let low = from_system() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
    let digits = format!("{high:016x}{low:016x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    parts.join("-")
}

/// A name that nobody else has: 32 hexadecimal digits.
pub(crate) fn unique_name() -> String {
    format!("{:016x}{:016x}", from_system(), from_system())
}

/// The system's generator cannot fail where this program can run; a fixed number would only make waits equal.
fn from_system() -> u64 {
    SysRng.try_next_u64().unwrap_or_default()
}
