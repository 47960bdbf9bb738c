//! What we do otherwise on purpose.

/// Texts of differences, by their beginnings, that are intended in the named exchanges.
pub(crate) struct Difference {
    pub(crate) exchanges: &'static [&'static str],
    pub(crate) begins: &'static [&'static str],
    pub(crate) reason: &'static str,
}

/// Exchanges with parts of Nextcloud that this cloud does not have.
pub(crate) struct Absent {
    pub(crate) exchanges: &'static [&'static str],
    pub(crate) reason: &'static str,
}
