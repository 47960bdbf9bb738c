//! JSON of strangers.

use serde_json::Value;

use crate::strict_json;

/// Why it is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More bytes than allowed.
    #[error("the message is too large")]
    TooLarge,
    /// Not one JSON object, a name twice, or nested too deeply.
    #[error("the message is not an acceptable JSON object")]
    Form,
}

/// Reads one object, with at most `max_depth` objects and lists inside each other, in which no name comes twice.
pub fn read(bytes: &[u8], max_bytes: usize, max_depth: u8) -> Result<Value, JsonError> {
    if bytes.len() > max_bytes {
        return Err(JsonError::TooLarge);
    }
    strict_json::object(bytes, max_depth)
        .map(Value::Object)
        .map_err(|_| JsonError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_to_the_byte_and_to_the_level() {
        assert!(read(b"{\"a\":1}", 7, 1).is_ok());
        assert_eq!(read(b"{\"a\":1}", 6, 1), Err(JsonError::TooLarge));
        assert!(read(b"{\"a\":[{}]}", 100, 3).is_ok());
        assert_eq!(read(b"{\"a\":[{}]}", 100, 2), Err(JsonError::Form));
        assert_eq!(read(b"{}", 100, 0), Err(JsonError::Form));
    }

    #[test]
    fn one_object_without_repeated_names_is_read_and_nothing_else() {
        for bad in [
            "{\"a\":1,\"a\":1}",
            "[]",
            "\"x\"",
            "{}{}",
            "{",
            "",
            "{\"a\":{\"b\":1,\"\\u0062\":2}}",
        ] {
            assert_eq!(read(bad.as_bytes(), 1000, 16), Err(JsonError::Form), "{bad}");
        }
    }
}
