//! The envelope of OCS answers (Open Collaboration Services): `{"ocs": {"meta": …, "data": …}}`.

use serde::{Deserialize, Serialize};

use crate::tolerant;

/// A whole OCS answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// Its only field.
    pub ocs: Answer<T>,
}

/// What is inside the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<T> {
    /// How it went.
    pub meta: Meta,
    /// The result; an empty list when there is none.
    pub data: T,
}

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// `ok` or `failure`.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub status: String,
    /// 100 (v1) or 200 (v2) on success, else an HTTP status or one of the codes 996 to 999.
    #[serde(deserialize_with = "tolerant::integer")]
    pub statuscode: i64,
    /// Text for people, in the user's language; never to be matched on.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub message: String,
}

impl Meta {
    /// Success, as version 2 of the interface writes it.
    pub fn ok() -> Self {
        Self {
            status: "ok".to_owned(),
            statuscode: 200,
            message: "OK".to_owned(),
        }
    }

    /// A failure.
    pub fn failure(statuscode: i64, message: impl Into<String>) -> Self {
        Self {
            status: "failure".to_owned(),
            statuscode,
            message: message.into(),
        }
    }

    /// Whether the call succeeded.
    pub const fn is_success(&self) -> bool {
        matches!(self.statuscode, 100 | 200)
    }

    /// The HTTP status that means the same. The codes 996 to 999 are OCS's own: server error, not logged in, not
    /// found, unknown.
    pub fn http_status(&self) -> u16 {
        match self.statuscode {
            100 | 200 => 200,
            997 => 401,
            998 => 404,
            code @ 201..=599 => u16::try_from(code).unwrap_or(500),
            _ => 500,
        }
    }
}

impl<T> Envelope<T> {
    /// A successful answer.
    pub fn ok(data: T) -> Self {
        Self {
            ocs: Answer { meta: Meta::ok(), data },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_recorded_answer_reads_and_writes_back() {
        let recorded = json!({"ocs": {"meta": {"status": "ok", "statuscode": 200, "message": "OK"}, "data": []}});
        let read: Envelope<Value> = serde_json::from_value(recorded.clone()).expect("readable");
        assert_eq!(serde_json::to_value(&read).expect("writable"), recorded);
        assert!(read.ocs.meta.is_success());
    }

    #[test]
    fn version_1_fields_and_texts_for_numbers_are_taken() {
        let v1 = json!({"ocs": {"meta": {"status": "ok", "statuscode": "100", "message": null, "totalitems": ""}, "data": 1}});
        let read: Envelope<Value> = serde_json::from_value(v1).expect("readable");
        assert!(read.ocs.meta.is_success());
    }

    #[test]
    fn the_codes_of_ocs_map_to_those_of_http() {
        let status = |code| Meta::failure(code, "").http_status();
        assert_eq!(
            [status(996), status(997), status(998), status(999)],
            [500, 401, 404, 500]
        );
        assert_eq!([status(403), status(400), status(0), status(102)], [403, 400, 500, 500]);
    }
}
