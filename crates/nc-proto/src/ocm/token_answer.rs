use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH, TokenErrorCode, json as strict};

/// Longest token, bytes.
const TOKEN_MAX_BYTES: usize = 8192;
/// Life of a token of which nothing is said, seconds.
const USUAL_S: i64 = 300;
/// Longest life that is believed, seconds.
const LONGEST_S: i64 = 86_400;
/// What is longer is a mistake, seconds.
const ABSURD_S: i64 = 365 * 86_400;

/// An access token.
#[derive(Debug, Clone)]
pub struct TokenAnswer {
    /// The token. Nothing is known about what is in it.
    pub access_token: SecretString,
    /// Seconds that it is good for, from the time of the request.
    pub expires_in: i64,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenAnswerError {
    /// `invalid_grant`: it will not work with this secret again.
    #[error("the other server takes the secret no more")]
    Permanent,
    /// Another refusal: something is configured wrongly here or there.
    #[error("the other server refuses the request")]
    Configuration,
    /// It may work later.
    #[error("the other server cannot answer now")]
    Transient,
    /// No answer of a token endpoint.
    #[error("the other server's answer makes no sense")]
    Malformed,
}

impl TokenAnswer {
    /// Reads an answer.
    pub fn parse(status: u16, content_type: Option<&str>, body: &[u8]) -> Result<Self, TokenAnswerError> {
        match status {
            200 => Self::read(content_type, body).ok_or(TokenAnswerError::Malformed),
            // Asked too often or too slowly: that passes.
            408 | 425 | 429 | 500..=599 => Err(TokenAnswerError::Transient),
            400..=499 if is_invalid_grant(body) => Err(TokenAnswerError::Permanent),
            400..=499 => Err(TokenAnswerError::Configuration),
            _ => Err(TokenAnswerError::Malformed),
        }
    }

    fn read(content_type: Option<&str>, body: &[u8]) -> Option<Self> {
        let kind = content_type?.split(';').next()?.trim().to_ascii_lowercase();
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            return None;
        }
        let value = strict::read(body, MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH).ok()?;
        let token = value.get("access_token")?.as_str()?;
        let is_token =
            (1..=TOKEN_MAX_BYTES).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        let is_bearer = value.get("token_type")?.as_str()?.eq_ignore_ascii_case("bearer");
        let expires_in = match value.get("expires_in") {
            None => USUAL_S,
            Some(seconds) => seconds.as_i64().filter(|seconds| (1..=ABSURD_S).contains(seconds))?,
        };
        (is_token && is_bearer).then(|| Self {
            access_token: token.into(),
            expires_in: expires_in.min(LONGEST_S),
        })
    }

    /// The body as JSON.
    pub fn to_value(&self) -> Value {
        json!({"access_token": self.access_token.expose_secret(), "token_type": "Bearer", "expires_in": self.expires_in})
    }
}

fn is_invalid_grant(body: &[u8]) -> bool {
    let value = strict::read(body, MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH).unwrap_or_default();
    value.get("error").and_then(Value::as_str) == Some(TokenErrorCode::InvalidGrant.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<TokenAnswer, TokenAnswerError> {
        TokenAnswer::parse(
            200,
            Some("application/json; charset=utf-8"),
            body.to_string().as_bytes(),
        )
    }

    #[test]
    fn a_token_is_read() {
        let answer = read(&json!({"access_token": "a.b.c", "token_type": "bEARER", "expires_in": 3600, "scope": "x"}));
        let answer = answer.expect("readable");
        assert_eq!(
            (answer.access_token.expose_secret(), answer.expires_in),
            ("a.b.c", 3600)
        );
        assert_eq!(read(&answer.to_value()).expect("readable").expires_in, 3600);
        assert!(!format!("{answer:?}").contains("a.b.c"));
        for (expires_in, believed) in [(1, 1), (86_401, 86_400), (ABSURD_S, 86_400)] {
            let answer = read(&json!({"access_token": "t", "token_type": "Bearer", "expires_in": expires_in}));
            assert_eq!(answer.expect("readable").expires_in, believed);
        }
        let silent = read(&json!({"access_token": "t", "token_type": "Bearer"}));
        assert_eq!(silent.expect("readable").expires_in, 300);
    }

    #[test]
    fn ocm_n083_answers_that_make_no_sense_are_errors() {
        let good = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 600});
        for (name, bad) in [
            ("expires_in", json!(0)),
            ("expires_in", json!(-1)),
            ("expires_in", json!("600")),
            ("expires_in", json!(1e12)),
            ("expires_in", json!(1_000_000_000_000_i64)),
            ("expires_in", json!(600.5)),
            ("expires_in", json!(null)),
            ("token_type", json!("mac")),
            ("token_type", json!(null)),
            ("access_token", json!(null)),
            ("access_token", json!("")),
            ("access_token", json!("a b")),
            ("access_token", json!("a\nb")),
            ("access_token", json!("ö")),
            ("access_token", json!("x".repeat(8193))),
            ("padding", json!("x".repeat(1 << 20))),
        ] {
            let mut value = good.clone();
            value[name] = bad;
            assert_eq!(read(&value).err(), Some(TokenAnswerError::Malformed), "{name}");
        }
        let body = good.to_string();
        for kind in [None, Some("text/html"), Some("application/jsonp"), Some("text/json")] {
            assert_eq!(
                TokenAnswer::parse(200, kind, body.as_bytes()).err(),
                Some(TokenAnswerError::Malformed)
            );
        }
        let html = TokenAnswer::parse(200, Some("application/json"), b"<html>");
        assert_eq!(html.err(), Some(TokenAnswerError::Malformed));
    }

    #[test]
    fn refusals_are_told_apart() {
        let fault = |status, body: &str| TokenAnswer::parse(status, Some("application/json"), body.as_bytes()).err();
        let grant = "{\"error\":\"invalid_grant\"}";
        for status in [400, 401, 403] {
            assert_eq!(fault(status, grant), Some(TokenAnswerError::Permanent));
            assert_eq!(
                fault(status, "{\"error\":\"invalid_request\"}"),
                Some(TokenAnswerError::Configuration)
            );
            assert_eq!(fault(status, "<html>"), Some(TokenAnswerError::Configuration));
        }
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(fault(status, grant), Some(TokenAnswerError::Transient));
        }
        for status in [201, 204, 301, 302] {
            assert_eq!(fault(status, grant), Some(TokenAnswerError::Malformed));
        }
    }
}
