//! JSON in which no name comes twice and nothing is nested deeply: two readers of one token must see the same claims.

use serde_json::{Map, Value};

use super::JoseError;
use crate::strict_json;

/// How deeply claims may be nested.
const DEPTH: u8 = 16;

/// Reads an object.
pub(in crate::oauth) fn object(json: &[u8]) -> Result<Map<String, Value>, JoseError> {
    strict_json::object(json, DEPTH).map_err(|_| JoseError::Json)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn j05_j14_names_come_once_and_nesting_has_an_end() {
        for json in [
            "{\"a\":1,\"a\":1}",
            "{\"b\":{\"a\":1,\"\\u0061\":2}}",
            "[]",
            "1",
            "{} x",
            "{",
            "",
            "{\"a\":[{\"x\":1,\"x\":2}]}",
        ] {
            assert_eq!(object(json.as_bytes()), Err(JoseError::Json), "{json}");
        }
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(object(nested(15).as_bytes()).is_ok());
        assert_eq!(object(nested(16).as_bytes()), Err(JoseError::Json));
        assert_eq!(object(nested(100_000).as_bytes()), Err(JoseError::Json));
    }

    proptest! {
        #[test]
        fn it_reads_what_the_plain_reader_reads(names in prop::collection::btree_map("[a-c\"\\\\ö]{0,3}", any::<i64>(), 0..6)) {
            let json = serde_json::to_string(&names).expect("writable");
            let plain: Value = serde_json::from_str(&json).expect("readable");
            prop_assert_eq!(object(json.as_bytes()).map(Value::Object), Ok(plain));
        }
    }
}
