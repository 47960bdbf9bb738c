//! Numbers of things as types of their own, so that none is taken for another.

/// Defines such types. Each is read tolerantly, as PHP writes numbers, and written as a number.
macro_rules! ids {
    ($($(#[doc = $what:literal])+ $name:ident;)*) => {$(
        $(#[doc = $what])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::tolerant::integer(deserializer).map(Self)
            }
        }
    )*};
}

pub(super) use ids;
