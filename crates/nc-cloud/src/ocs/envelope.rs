use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use serde_json::{Map, Value, json};

use super::{Failure, http_status, xml};
use crate::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Failures come with status 200; success is 100.
    V1,
    V2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
}

/// How this request wants its envelope. An extractor that never fails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ocs {
    version: Version,
    format: Format,
}

impl Ocs {
    /// Reads version and format from a request: the path's beginning, then `format=`, then `Accept`; XML otherwise (P23).
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let version = if uri.path().starts_with("/ocs/v1.php") {
            Version::V1
        } else {
            Version::V2
        };
        let query = uri.query().unwrap_or_default();
        let accepts_json = || {
            let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
            accept.is_some_and(|accept| accept.contains("application/json"))
        };
        let format = match query.split('&').find_map(|pair| pair.strip_prefix("format=")) {
            Some("json") => Format::Json,
            None if accepts_json() => Format::Json,
            Some(_) | None => Format::Xml,
        };
        Self { version, format }
    }

    /// Success.
    pub(crate) fn ok(self, data: &Value) -> Response {
        let code = if self.version == Version::V1 { 100 } else { 200 };
        self.write(StatusCode::OK, "ok", code, "OK", data)
    }

    /// Success or failure.
    pub(crate) fn answer(self, result: Result<Value, Failure>) -> Response {
        match result {
            Ok(data) => self.ok(&data),
            Err(failure) => self.fail(&failure),
        }
    }

    /// Failure.
    pub(crate) fn fail(self, failure: &Failure) -> Response {
        self.refuse(failure.code, &failure.message)
    }

    /// Failure, with a text made at run time.
    pub(crate) fn refuse(self, code: u16, message: &str) -> Response {
        let status = match self.version {
            Version::V1 if code != 997 => StatusCode::OK,
            _ => http_status(code),
        };
        self.write(status, "failure", code, message, &json!([]))
    }

    fn write(self, http: StatusCode, status: &str, code: u16, message: &str, data: &Value) -> Response {
        let mut meta = Map::new();
        meta.insert("status".to_owned(), status.into());
        meta.insert("statuscode".to_owned(), code.into());
        meta.insert("message".to_owned(), message.into());
        if self.version == Version::V1 {
            meta.insert("totalitems".to_owned(), "".into());
            meta.insert("itemsperpage".to_owned(), "".into());
        }
        match self.format {
            Format::Json => json::json(http, &json!({ "ocs": { "meta": meta, "data": data } })),
            Format::Xml => match xml::write("ocs", &[("meta", &Value::Object(meta)), ("data", data)]) {
                Ok(body) => (http, [(header::CONTENT_TYPE, "application/xml; charset=utf-8")], body).into_response(),
                // Writing to memory does not fail; the status is what counts.
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Ocs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_negotiated() {
        let format = |uri: &'static str, accept: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            Ocs::of(&Uri::from_static(uri), &headers).format
        };
        assert_eq!(format("/ocs/v2.php/cloud/user", None), Format::Xml);
        assert_eq!(format("/ocs/v2.php/cloud/user?a=b&format=json", None), Format::Json);
        assert_eq!(
            format("/ocs/v2.php/cloud/user?format=xml", Some("application/json")),
            Format::Xml
        );
        assert_eq!(
            format("/ocs/v2.php/cloud/user", Some("text/html, application/json")),
            Format::Json
        );
    }

    #[test]
    fn version_1_hides_failures_behind_200_but_not_a_missing_sign_in() {
        let v1 = Ocs {
            version: Version::V1,
            format: Format::Json,
        };
        let v2 = Ocs {
            version: Version::V2,
            format: Format::Json,
        };
        let status = |ocs: Ocs, code| ocs.refuse(code, "").status().as_u16();
        assert_eq!([status(v1, 998), status(v1, 997), status(v1, 403)], [200, 401, 200]);
        assert_eq!(
            [status(v2, 998), status(v2, 997), status(v2, 403), status(v2, 101)],
            [404, 401, 403, 400]
        );
    }
}
