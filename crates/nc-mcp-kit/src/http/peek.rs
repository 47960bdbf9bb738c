//! Reads of a JSON-RPC message just what the gate decides by.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Method, id and target of one message. Names that stand twice are an error, so that no later parser can see
/// another method than the one that was checked.
#[derive(Debug, Deserialize)]
pub(super) struct Peek<'a> {
    #[serde(borrow)]
    pub(super) method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) params: Option<Params<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) uri: Option<Cow<'a, str>>,
}

/// Why a body is not one JSON-RPC message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// Not JSON at all.
    Json,
    /// A batch; removed from the protocol in 2025-06-18.
    Batch,
    /// JSON, but not a message.
    Message,
}

impl Peek<'_> {
    /// Name of the tool that it calls.
    pub(super) fn called(&self) -> Option<&str> {
        let params = self
            .params
            .as_ref()
            .filter(|_| self.method.as_deref() == Some("tools/call"))?;
        params.name.as_deref()
    }

    /// The id for an answer of the gate's own: a text or a number, as JSON-RPC has it. Anything else a client sends is not
    /// sent back.
    pub(super) fn answer_id(&self) -> Option<serde_json::Value> {
        let id = serde_json::from_str(self.id?.get()).ok();
        id.filter(|id: &serde_json::Value| id.is_string() || id.is_number())
    }
}

pub(super) fn peek(body: &[u8]) -> Result<Peek<'_>, Malformed> {
    match serde_json::from_slice(body) {
        Ok(peek) => Ok(peek),
        Err(error) if error.is_data() => match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[') => Err(Malformed::Batch),
            _ => Err(Malformed::Message),
        },
        // An array fails on its first byte as data; everything else here is broken syntax.
        Err(_) => Err(Malformed::Json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_a_call_is_read() {
        let body = br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"t","arguments":{"name":"x"}}}"#;
        let peek = peek(body).expect("message");
        assert_eq!(peek.method.as_deref(), Some("tools/call"));
        assert_eq!(peek.id.map(RawValue::get), Some("7"));
        assert_eq!(peek.params.and_then(|params| params.name).as_deref(), Some("t"));
    }

    #[test]
    fn only_a_text_or_a_number_is_an_id() {
        let id = |id: &str| {
            let body = format!("{{\"id\":{id},\"method\":\"ping\"}}");
            peek(body.as_bytes()).expect("message").answer_id()
        };
        assert_eq!(id("7"), Some(7.into()));
        assert_eq!(id("\"a\""), Some("a".into()));
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for odd in ["null", "[]", "{}", "true", "1e999", &deep] {
            assert_eq!(id(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let body = br#"{"method":"tools/list","method":"tools/call","params":{"name":"t"}}"#;
        assert_eq!(peek(body).err(), Some(Malformed::Message));
        let body = br#"{"method":"tools/call","params":{"name":"a","name":"b"}}"#;
        assert_eq!(peek(body).err(), Some(Malformed::Message));
    }

    #[test]
    fn what_is_not_a_message_is_told_apart() {
        assert_eq!(peek(b"{\"method\":").err(), Some(Malformed::Json));
        assert_eq!(peek(b"").err(), Some(Malformed::Json));
        assert_eq!(peek(b" [{\"method\":\"ping\"}]").err(), Some(Malformed::Batch));
        assert_eq!(peek(b"12").err(), Some(Malformed::Message));
    }
}
