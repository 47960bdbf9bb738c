//! `application/x-www-form-urlencoded`, strictly: no parameter twice, no broken escapes, only UTF-8.
//!
//! RFC 6749 §3.1: parameters must not be repeated (RFC 8707 excepts `resource`), and one without a value counts as
//! absent.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// How much a form may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole text, in bytes.
    pub size_bytes: usize,
    /// The number of parameters.
    pub parameters: usize,
}

impl Limits {
    /// For the authorization endpoint.
    pub const AUTHORIZE: Self = Self {
        size_bytes: 16 * 1024,
        parameters: 64,
    };
    /// For the token endpoint and those like it.
    pub const TOKEN: Self = Self {
        size_bytes: 64 * 1024,
        parameters: 64,
    };
}

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// More bytes than allowed.
    #[error("the form is too large")]
    TooLarge,
    /// More parameters than allowed.
    #[error("the form has too many parameters")]
    TooMany,
    /// A parameter other than `resource` is given twice.
    #[error("a parameter is given twice")]
    Duplicate,
    /// A broken escape, or bytes that are not UTF-8.
    #[error("the form is not encoded properly")]
    Encoding,
}

impl From<FormError> for super::error::TokenError {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Duplicate => Self::DuplicateParameter,
            FormError::TooLarge | FormError::TooMany | FormError::Encoding => Self::InvalidRequest,
        }
    }
}

impl From<FormError> for super::error::PageError {
    fn from(error: FormError) -> Self {
        match error {
            FormError::TooLarge => Self::TooLarge,
            FormError::Duplicate | FormError::TooMany | FormError::Encoding => Self::Malformed,
        }
    }
}

/// The parameters of a request. Debug output shows their names only, since values may be secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a query string or a body.
    pub fn parse(text: &[u8], limits: Limits) -> Result<Self, FormError> {
        if text.len() > limits.size_bytes {
            return Err(FormError::TooLarge);
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for piece in text.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == limits.parameters {
                return Err(FormError::TooMany);
            }
            let split = piece.iter().position(|byte| *byte == b'=');
            let (name, value) = match split {
                Some(at) => (&piece[..at], &piece[at + 1..]),
                None => (piece, &b""[..]),
            };
            let (name, value) = (decode(name)?, decode(value)?);
            if name != "resource" && pairs.iter().any(|(known, _)| *known == name) {
                return Err(FormError::Duplicate);
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter; `None` also when it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The values of `resource`, the one parameter that may be repeated.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(name, value)| name == "resource" && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Adds a parameter, to write a request.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Adds a parameter if there is a value.
    pub fn push_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// The parameters in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Display for Form {
    /// Writes it encoded. Spaces become `%20`, which readers of forms and of URLs both understand.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            write!(formatter, "{separator}{}={}", encode(name), encode(value))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.write_str("Form ")?;
        formatter.debug_list().entries(names).finish()
    }
}

/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes one name or value.
pub fn encode(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, RESERVED)
}

/// Decodes one name or value: `+` is a space, every `%` starts two hexadecimal digits, the result is UTF-8.
pub fn decode(text: &[u8]) -> Result<String, FormError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().copied().and_then(hexadecimal);
                let low = rest.next().copied().and_then(hexadecimal);
                high.zip(low)
                    .map(|(high, low)| high << 4 | low)
                    .ok_or(FormError::Encoding)?
            }
            other => *other,
        });
    }
    String::from_utf8(decoded).map_err(|_| FormError::Encoding)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Form, FormError> {
        Form::parse(text.as_bytes(), Limits::AUTHORIZE)
    }

    /// A06, T21.
    #[test]
    fn a06_t21_no_parameter_comes_twice_except_resource() {
        assert_eq!(parse("client_id=a&client_id=b"), Err(FormError::Duplicate));
        assert_eq!(
            parse("redirect_uri=a&redirect%5Furi=a"),
            Err(FormError::Duplicate),
            "also when it is disguised"
        );
        assert_eq!(parse("state=&state="), Err(FormError::Duplicate));
        let form = parse("resource=a&x=1&resource=b").expect("readable");
        assert_eq!(form.resources().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            super::super::error::TokenError::from(FormError::Duplicate).code(),
            "invalid_request"
        );
        assert_eq!(super::super::error::PageError::from(FormError::Duplicate).status(), 400);
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let form = parse("state=&nonce&scope=a+b%20c&&").expect("readable");
        assert_eq!(
            (form.get("state"), form.get("nonce"), form.get("scope")),
            (None, None, Some("a b c"))
        );
    }

    #[test]
    fn broken_escapes_and_other_encodings_are_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%c3%28", "%fe=a", "a=%+1"] {
            assert_eq!(parse(text), Err(FormError::Encoding), "{text}");
        }
        assert_eq!(Form::parse(b"a=\xff", Limits::TOKEN), Err(FormError::Encoding));
    }

    #[test]
    fn limits_hold_to_the_byte_and_to_the_parameter() {
        let body = format!("a={}", "x".repeat(Limits::AUTHORIZE.size_bytes - 2));
        assert!(parse(&body).is_ok());
        assert_eq!(parse(&format!("{body}x")), Err(FormError::TooLarge));
        let many: Vec<String> = (0..64).map(|index| format!("p{index}=1")).collect();
        assert!(parse(&many.join("&")).is_ok());
        assert_eq!(parse(&format!("{}&q=1", many.join("&"))), Err(FormError::TooMany));
    }

    #[test]
    fn values_do_not_show_in_debug_output() {
        let shown = format!("{:?}", parse("client_secret=hush").expect("readable"));
        assert!(shown.contains("client_secret") && !shown.contains("hush"), "{shown}");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(pairs in prop::collection::btree_map("\\PC{1,12}", "\\PC{0,20}", 0..12)) {
            let form = Form(pairs.into_iter().collect());
            prop_assert_eq!(Form::parse(form.to_string().as_bytes(), Limits::TOKEN), Ok(form));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(form) = Form::parse(&bytes, Limits::TOKEN) {
                prop_assert_eq!(Form::parse(form.to_string().as_bytes(), Limits::TOKEN), Ok(form));
            }
        }
    }
}
