//! The answer to an authorization request, written by the server and read by the client.

use std::fmt;

use super::{Flows, ResponseType};
use crate::oauth::{error::AuthorizeError, form::Form, redirect_uri::RedirectUri};

/// How an answer gets to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// Behind the `#` of the redirect URI, which browsers keep to themselves.
    Fragment,
    /// As a form that the browser posts to the redirect URI.
    FormPost,
}

impl ResponseMode {
    /// Reads `response_mode`. ID tokens never go by a query, which ends up in logs.
    pub fn read(text: Option<&str>, response_type: ResponseType) -> Result<Self, AuthorizeError> {
        match (text, response_type.has_id_token()) {
            (None | Some("query"), false) => Ok(Self::Query),
            (None | Some("fragment"), true) => Ok(Self::Fragment),
            (Some("form_post"), _) => Ok(Self::FormPost),
            (Some(_), false) => Err(AuthorizeError::ResponseMode),
            (Some(_), true) => Err(AuthorizeError::IdTokenMode),
        }
    }

    /// How an answer gets to a client with these flows, also an error about the response type or the mode itself.
    pub fn of(form: &Form, flows: Flows) -> Self {
        let is_code = form.get("response_type").is_none_or(|kind| kind == "code");
        let (response_type, usual) = if is_code || flows == Flows::Code {
            (ResponseType::Code, Self::Query)
        } else {
            (ResponseType::IdToken, Self::Fragment)
        };
        Self::read(form.get("response_mode"), response_type).unwrap_or(usual)
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

/// What a client gets through the browser.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// A code to redeem.
    pub code: Option<String>,
    /// An ID token.
    pub id_token: Option<String>,
}

impl From<String> for Given {
    fn from(code: String) -> Self {
        Self {
            code: Some(code),
            id_token: None,
        }
    }
}

/// Neither value.
impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Given").finish_non_exhaustive()
    }
}

/// An answer: what was asked for, or an error. Each carries `state` as it came and the issuer (RFC 9207).
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// What there is, or why there is nothing.
    pub outcome: Result<Given, AuthorizeError>,
    /// As in the request.
    pub state: Option<String>,
    /// Who answers.
    pub issuer: Option<String>,
}

/// Why a client must not use an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// `iss` is missing though announced, or names somebody else.
    #[error("the answer does not come from the expected issuer")]
    Issuer,
    /// Neither a code nor an error, or both.
    #[error("the answer is incomplete")]
    Incomplete,
}

/// Whether the server announces `authorization_response_iss_parameter_supported`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerParameter {
    /// Then it must be there.
    Announced,
    /// Then it may be missing, but not wrong.
    NotAnnounced,
}

impl Answer {
    /// The parameters, to be sent by query or by form.
    pub fn form(&self) -> Form {
        let mut form = Form::default();
        match &self.outcome {
            Ok(given) => {
                form.push_some("code", given.code.as_deref());
                form.push_some("id_token", given.id_token.as_deref());
            }
            Err(error) => {
                form.push("error", error.code());
                form.push("error_description", error.description());
            }
        }
        form.push_some("state", self.state.as_deref());
        form.push_some("iss", self.issuer.as_deref());
        form
    }

    /// The address for a redirect. An existing query stays as it is, since it is part of what was registered.
    pub fn location(&self, redirect_uri: &RedirectUri) -> String {
        self.append_to(redirect_uri.as_str())
    }

    /// The same for the address that a request named, with its own loopback port; only after it matched.
    pub fn append_to(&self, address: &str) -> String {
        let separator = match address.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{address}{separator}{}", self.form())
    }

    /// The address for a redirect with the answer in the fragment. Redirect URIs have none of their own.
    pub fn fragment(&self, redirect_uri: &RedirectUri) -> String {
        format!("{}#{}", redirect_uri.as_str(), self.form())
    }

    /// Reads an answer at the client, which asked for a code. The issuer is compared before anything else, also in errors (RFC 9207 §2.4).
    /// A code that the server made up itself counts as [`AuthorizeError::ServerError`].
    pub fn read(form: &Form, expected_issuer: &str, parameter: IssuerParameter) -> Result<Self, AnswerError> {
        match (form.get("iss"), parameter) {
            (Some(issuer), _) if issuer != expected_issuer => return Err(AnswerError::Issuer),
            (None, IssuerParameter::Announced) => return Err(AnswerError::Issuer),
            _ => {}
        }
        let outcome = match (form.get("code"), form.get("error")) {
            (Some(code), None) => Ok(code.to_owned().into()),
            (None, Some(error)) => Err(AuthorizeError::from_code(error).unwrap_or(AuthorizeError::ServerError)),
            _ => return Err(AnswerError::Incomplete),
        };
        Ok(Self {
            outcome,
            state: form.get("state").map(str::to_owned),
            issuer: form.get("iss").map(str::to_owned),
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.outcome.as_ref().err();
        formatter
            .debug_struct("Answer")
            .field("error", &error)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oauth::form::Limits;

    const ISSUER: &str = "https://cloud.example/";

    fn answer(outcome: Result<&str, AuthorizeError>, state: Option<&str>) -> Answer {
        Answer {
            outcome: outcome.map(|code| code.to_owned().into()),
            state: state.map(str::to_owned),
            issuer: Some(ISSUER.to_owned()),
        }
    }

    #[test]
    fn an_existing_query_stays_as_it_is() {
        let answer = answer(Ok("ncc_1"), Some("s p+ö"));
        let tail = "code=ncc_1&state=s%20p%2B%C3%B6&iss=https%3A%2F%2Fcloud.example%2F";
        for (uri, start) in [
            ("https://app.example/cb", "https://app.example/cb?"),
            ("https://app.example", "https://app.example?"),
            ("https://app.example/cb?", "https://app.example/cb?"),
            ("https://app.example/cb?a=b%20c", "https://app.example/cb?a=b%20c&"),
            ("com.example.app:/cb?x", "com.example.app:/cb?x&"),
        ] {
            let uri = RedirectUri::parse(uri).expect("acceptable");
            assert_eq!(answer.location(&uri), format!("{start}{tail}"));
        }
    }

    #[test]
    fn id_tokens_go_by_fragment_or_form_and_so_do_the_errors_of_clients_with_them() {
        let form = |text: &str| Form::parse(text.as_bytes(), Limits::AUTHORIZE).expect("readable");
        for (text, code_only, legacy) in [
            ("response_type=code", ResponseMode::Query, ResponseMode::Query),
            ("", ResponseMode::Query, ResponseMode::Query),
            ("response_type=id_token", ResponseMode::Query, ResponseMode::Fragment),
            (
                "response_type=id_token%20token&response_mode=query",
                ResponseMode::Query,
                ResponseMode::Fragment,
            ),
            (
                "response_type=code&response_mode=fragment",
                ResponseMode::Query,
                ResponseMode::Query,
            ),
            (
                "response_type=code%20id_token&response_mode=form_post",
                ResponseMode::FormPost,
                ResponseMode::FormPost,
            ),
        ] {
            assert_eq!(ResponseMode::of(&form(text), Flows::Code), code_only, "{text}");
            assert_eq!(ResponseMode::of(&form(text), Flows::Legacy), legacy, "{text}");
        }
        let read = |mode| ResponseMode::read(Some(mode), ResponseType::CodeIdToken);
        assert_eq!(read("query"), Err(AuthorizeError::IdTokenMode));
        assert_eq!(read("fragment"), Ok(ResponseMode::Fragment));
        let code = ResponseMode::read(Some("fragment"), ResponseType::Code);
        assert_eq!(code, Err(AuthorizeError::ResponseMode));
        let mut sent = answer(Ok("ncc_1"), Some("s"));
        sent.outcome = Ok(Given {
            id_token: Some("a.b.c".to_owned()),
            ..Given::default()
        });
        let uri = RedirectUri::parse("https://app.example/cb?x=1").expect("acceptable");
        let tail = "#id_token=a.b.c&state=s&iss=https%3A%2F%2Fcloud.example%2F";
        assert_eq!(sent.fragment(&uri), format!("https://app.example/cb?x=1{tail}"));
    }

    #[test]
    fn m08_an_answer_of_another_issuer_is_not_used() {
        use IssuerParameter::{Announced, NotAnnounced};
        for outcome in [Ok("c"), Err(AuthorizeError::AccessDenied)] {
            let mut sent = answer(outcome, None);
            assert_eq!(Answer::read(&sent.form(), ISSUER, Announced).as_ref(), Ok(&sent));
            for other in [
                "https://cloud.example",
                "https://CLOUD.example/",
                "https://cloud.example:443/",
            ] {
                assert_eq!(
                    Answer::read(&sent.form(), other, NotAnnounced),
                    Err(AnswerError::Issuer),
                    "{other}"
                );
            }
            sent.issuer = None;
            assert_eq!(Answer::read(&sent.form(), ISSUER, Announced), Err(AnswerError::Issuer));
            assert_eq!(Answer::read(&sent.form(), ISSUER, NotAnnounced).as_ref(), Ok(&sent));
        }
    }

    #[test]
    fn an_answer_is_a_code_or_an_error() {
        let read = |text: &str| {
            let form = Form::parse(text.as_bytes(), Limits::AUTHORIZE).expect("readable");
            Answer::read(&form, ISSUER, IssuerParameter::NotAnnounced)
        };
        assert_eq!(read("state=x"), Err(AnswerError::Incomplete));
        assert_eq!(read("code=c&error=access_denied"), Err(AnswerError::Incomplete));
        let odd = read("error=%3Cscript%3E&error_description=x").expect("readable");
        assert_eq!(odd.outcome, Err(AuthorizeError::ServerError));
        assert!(!format!("{:?}", answer(Ok("ncc_hush"), Some("hush"))).contains("hush"));
    }

    proptest! {
        /// A17.
        #[test]
        fn a17_every_answer_carries_the_issuer_and_the_very_same_state(
            state in "\\PC{1,60}",
            query in "(\\?x[a-z]{0,4}=[a-z]{0,4})?",
            error in prop::option::of(prop::sample::select(AuthorizeError::ALL)),
        ) {
            let sent = answer(error.map_or(Ok("ncc_1"), Err), Some(&state));
            let uri = RedirectUri::parse(&format!("https://app.example/cb{query}")).expect("acceptable");
            let location = url::Url::parse(&sent.location(&uri)).expect("a URL");
            let values = |name: &str| {
                location.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
            };
            prop_assert_eq!(values("state"), [state]);
            prop_assert_eq!(values("iss"), [ISSUER]);
            prop_assert_eq!(values("error"), error.map(|error| error.code().to_owned()).into_iter().collect::<Vec<_>>());
            prop_assert!(location.as_str().starts_with(uri.as_str()));
        }
    }
}
