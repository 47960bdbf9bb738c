//! Asking what a token is worth (RFC 7662) and giving it up (RFC 7009): requests and answers.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    error::TokenError,
    form::Form,
    jose::{Audience, Confirmation, LEEWAY_S},
    scope_list::ScopeList,
};

/// What kind of token the caller believes it has. A wrong hint must not hide the token, so unknown ones are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenHint {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

/// A request about one token, to the introspection or revocation endpoint.
#[derive(Debug, Clone)]
pub struct TokenQuery {
    /// The token.
    pub token: SecretString,
    /// Where to look first.
    pub hint: Option<TokenHint>,
}

impl TokenQuery {
    /// Reads a request.
    pub fn read(form: &Form) -> Result<Self, TokenError> {
        let token = form.get("token").ok_or(TokenError::InvalidRequest)?.into();
        let hint = match form.get("token_type_hint") {
            Some("access_token") => Some(TokenHint::Access),
            Some("refresh_token") => Some(TokenHint::Refresh),
            _ => None,
        };
        Ok(Self { token, hint })
    }

    /// Writes the request, without the client's credential.
    pub fn form(&self) -> Form {
        let mut form = Form::default();
        form.push("token", self.token.expose_secret());
        let hint = self.hint.map(|hint| match hint {
            TokenHint::Access => "access_token",
            TokenHint::Refresh => "refresh_token",
        });
        form.push_some("token_type_hint", hint);
        form
    }
}

/// The answer of introspection.
#[derive(Debug, Clone, PartialEq)]
pub enum Introspection {
    /// Unknown, expired, revoked, malformed, or none of the caller's business: always the same bytes.
    Inactive,
    /// What the token says.
    Active(Box<ActiveToken>),
}

/// What a live token says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ActiveToken {
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// For which resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// The client it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What it allows at the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeList>,
    /// `Bearer` or `DPoP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Key that the sender has to prove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

impl ActiveToken {
    /// Whether a resource server may take it: for this resource, alive at `now`, and somebody's.
    pub fn is_for(&self, resource: &str, now: i64) -> bool {
        self.aud.as_ref().is_some_and(|audience| audience.contains(resource))
            && self.exp.is_some_and(|exp| now < exp.saturating_add(LEEWAY_S))
            && self.sub.as_deref().is_some_and(|subject| !subject.is_empty())
    }
}

impl Serialize for Introspection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            active: bool,
            #[serde(flatten)]
            token: Option<&'a ActiveToken>,
        }
        let token = match self {
            Self::Inactive => None,
            Self::Active(token) => Some(&**token),
        };
        let active = token.is_some();
        Body { active, token }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Introspection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = serde_json::Value::deserialize(deserializer)?;
        match body.get("active").and_then(serde_json::Value::as_bool) {
            // Whatever else an inactive answer says does not matter (RFC 7662 §2.2).
            Some(false) => Ok(Self::Inactive),
            Some(true) => {
                let token = serde_json::from_value(body).map_err(serde::de::Error::custom)?;
                Ok(Self::Active(token))
            }
            None => Err(serde::de::Error::custom("`active` is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::form::Limits;

    fn read(body: &str) -> Result<TokenQuery, TokenError> {
        TokenQuery::read(&Form::parse(body.as_bytes(), Limits::TOKEN)?)
    }

    fn active() -> ActiveToken {
        ActiveToken {
            sub: Some("u1".to_owned()),
            aud: Some(Audience::One("https://mcp.example/mcp".to_owned())),
            exp: Some(1000),
            scope: Some(ScopeList::parse("notes:read").expect("valid")),
            ..ActiveToken::default()
        }
    }

    #[test]
    fn i07_a_request_names_a_token() {
        for body in ["", "token=", "token_type_hint=access_token"] {
            let error = read(body).expect_err(body);
            assert_eq!((error.code(), error.status()), ("invalid_request", 400));
        }
        assert!(!format!("{:?}", read("token=hush")).contains("hush"));
    }

    #[test]
    fn r03_an_unknown_hint_is_ignored() {
        assert_eq!(read("token=t&token_type_hint=id_token").expect("readable").hint, None);
        assert_eq!(
            read("token=t&token_type_hint=refresh_token").expect("readable").hint,
            Some(TokenHint::Refresh)
        );
    }

    #[test]
    fn i02_i03_an_inactive_answer_says_nothing_else() {
        assert_eq!(
            serde_json::to_string(&Introspection::Inactive).expect("writable"),
            "{\"active\":false}"
        );
        for body in ["{\"active\":false,\"sub\":7}", "{\"active\":false}"] {
            assert_eq!(
                serde_json::from_str::<Introspection>(body).expect("readable"),
                Introspection::Inactive
            );
        }
        for body in ["{}", "{\"active\":\"true\"}", "{\"active\":true,\"exp\":\"x\"}", "[]"] {
            assert!(serde_json::from_str::<Introspection>(body).is_err(), "{body}");
        }
    }

    #[test]
    fn m18_an_active_token_for_another_resource_is_not_taken() {
        let resource = "https://mcp.example/mcp";
        assert!(active().is_for(resource, 1059));
        assert!(!active().is_for(resource, 1060));
        assert!(!active().is_for("https://mcp.example/", 0));
        for broken in [
            ActiveToken { aud: None, ..active() },
            ActiveToken { exp: None, ..active() },
            ActiveToken { sub: None, ..active() },
            ActiveToken {
                sub: Some(String::new()),
                ..active()
            },
        ] {
            assert!(!broken.is_for(resource, 0), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn answers_write_and_read_back(username in prop::option::of("\\PC{0,20}"), exp in any::<i64>(), many in any::<bool>()) {
            let mut token = ActiveToken { username, exp: Some(exp), ..active() };
            if many {
                token.aud = Some(Audience::Many(vec!["a".to_owned(), "b".to_owned()]));
            }
            let sent = Introspection::Active(Box::new(token));
            let json = serde_json::to_string(&sent).expect("writable");
            prop_assert_eq!(serde_json::from_str::<Introspection>(&json).expect("readable"), sent);
        }

        #[test]
        fn requests_write_and_read_back(token in "\\PC{1,30}", hint in 0_usize..3) {
            let hint = [None, Some(TokenHint::Access), Some(TokenHint::Refresh)][hint];
            let sent = TokenQuery { token: token.as_str().into(), hint };
            let back = read(&sent.form().to_string()).expect("readable");
            prop_assert_eq!((back.token.expose_secret(), back.hint), (token.as_str(), hint));
        }
    }
}
