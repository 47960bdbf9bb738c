//! JSON in which no name comes twice and nothing is nested deeply: two readers of one token must see the same claims.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::JoseError;

/// How deeply claims may be nested.
const DEPTH: u8 = 16;

/// Reads an object.
pub(in crate::oauth) fn object(json: &[u8]) -> Result<Map<String, Value>, JoseError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = Strict(DEPTH).deserialize(&mut reader).map_err(|_| JoseError::Json)?;
    reader.end().map_err(|_| JoseError::Json)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JoseError::Json),
    }
}

#[derive(Clone, Copy)]
struct Strict(u8);

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name comes twice"));
            }
        }
        Ok(Value::Object(members))
    }
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
