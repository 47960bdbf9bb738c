use std::fmt;

/// The header `Depth`, RFC 4918 §10.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Only the resource itself.
    Zero,
    /// The resource and what lies directly inside.
    One,
    /// The whole tree.
    Infinity,
}

impl Depth {
    /// Reads the header's value; `None` for anything that the RFC does not know.
    pub fn parse(value: &str) -> Option<Self> {
        match value.trim() {
            "0" => Some(Self::Zero),
            "1" => Some(Self::One),
            other if other.eq_ignore_ascii_case("infinity") => Some(Self::Infinity),
            _ => None,
        }
    }

    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::One => "1",
            Self::Infinity => "infinity",
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_depth_is_read_as_it_is_written() {
        for depth in [Depth::Zero, Depth::One, Depth::Infinity] {
            assert_eq!(Depth::parse(depth.as_str()), Some(depth));
        }
        assert_eq!(Depth::parse("Infinity"), Some(Depth::Infinity));
        assert_eq!(Depth::parse("2"), None);
    }
}
