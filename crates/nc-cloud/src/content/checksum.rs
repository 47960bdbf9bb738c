use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A checksum that an uploader gave: the header `OC-Checksum`, `SHA1:a999…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// As it was given; kept and shown in this form.
    pub text: String,
    algorithm: Algorithm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    /// Kept without being checked, as Nextcloud does with all.
    Other,
}

/// Computes a checksum while bytes pass by.
pub(super) enum Hasher {
    Md5(Box<Md5>),
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256>),
    Other,
}

impl Checksum {
    /// Reads the header. `None` if it has no `ALGORITHM:value` form.
    pub fn parse(header: &str) -> Option<Self> {
        // Several may be given, separated by spaces; the first is the one that clients verify.
        let text = header.split_ascii_whitespace().next()?;
        let (algorithm, value) = text.split_once(':')?;
        if value.is_empty() || text.len() > 255 {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            algorithm: match algorithm.to_ascii_uppercase().as_str() {
                "MD5" => Algorithm::Md5,
                "SHA1" => Algorithm::Sha1,
                "SHA256" => Algorithm::Sha256,
                _ => Algorithm::Other,
            },
        })
    }

    pub(super) fn hasher(&self) -> Hasher {
        match self.algorithm {
            Algorithm::Md5 => Hasher::Md5(Box::default()),
            Algorithm::Sha1 => Hasher::Sha1(Box::default()),
            Algorithm::Sha256 => Hasher::Sha256(Box::default()),
            Algorithm::Other => Hasher::Other,
        }
    }

    /// Whether the bytes that passed the hasher have this checksum.
    pub(super) fn holds(&self, hasher: Hasher) -> bool {
        let value = self.text.split_once(':').map_or("", |(_, value)| value);
        let computed = match hasher {
            Hasher::Md5(hasher) => hex::encode(hasher.finalize()),
            Hasher::Sha1(hasher) => hex::encode(hasher.finalize()),
            Hasher::Sha256(hasher) => hex::encode(hasher.finalize()),
            Hasher::Other => return true,
        };
        computed.eq_ignore_ascii_case(value)
    }
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithms_of_clients_are_verified() {
        for (header, holds) in [
            ("SHA1:a9993e364706816aba3e25717850c26c9cd0d89d", true),
            ("MD5:900150983CD24FB0D6963F7D28E17F72", true),
            (
                "SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                true,
            ),
            ("SHA1:0000000000000000000000000000000000000000", false),
            ("ADLER32:024d0127", true),
        ] {
            let checksum = Checksum::parse(header).unwrap();
            let mut hasher = checksum.hasher();
            hasher.update(b"abc");
            assert_eq!(checksum.holds(hasher), holds, "{header}");
        }
        assert_eq!(Checksum::parse("abc"), None);
    }
}
