use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::PeerHost;
use crate::oauth::form::{Form, Limits};

/// What the token endpoint reads at most.
const LIMITS: Limits = Limits {
    size_bytes: 8 * 1024,
    parameters: 64,
};

/// How a secret is exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// `authorization_code`.
    AuthorizationCode,
    /// `ocm_share`: an old name of the same.
    OcmShare,
}

impl Grant {
    const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::OcmShare => "ocm_share",
        }
    }
}

/// What the token endpoint answers instead of a token (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenErrorCode {
    /// The form is not what it has to be.
    #[error("the request is not valid")]
    InvalidRequest,
    /// Not the server that the share is for, or its signature is missing or wrong.
    #[error("the client is not authenticated")]
    InvalidClient,
    /// The secret opens nothing (any more).
    #[error("the grant is not valid")]
    InvalidGrant,
    /// The server may not exchange.
    #[error("the client may not do this")]
    UnauthorizedClient,
    /// Another grant.
    #[error("this grant is not supported")]
    UnsupportedGrantType,
    /// The cause is on this side.
    #[error("the server failed")]
    ServerError,
}

impl TokenErrorCode {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::ServerError,
    ];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::ServerError => "server_error",
        }
    }

    /// Reads the word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::ServerError => 500,
            _ => 400,
        }
    }
}

/// A request for an access token.
#[derive(Debug, Clone)]
pub struct TokenForm {
    /// How.
    pub grant: Grant,
    /// The server that asks, as it wrote itself; see [`Self::client_host`].
    pub client_id: String,
    /// The secret of the share.
    pub code: SecretString,
}

impl TokenForm {
    /// Reads a body. No parameter may come twice; those that are not known are ignored.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, TokenErrorCode> {
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(TokenErrorCode::InvalidRequest);
        }
        let form = Form::parse(body, LIMITS).map_err(|_| TokenErrorCode::InvalidRequest)?;
        let needed = |name| form.get(name).ok_or(TokenErrorCode::InvalidRequest);
        let grant = match needed("grant_type")? {
            "authorization_code" => Grant::AuthorizationCode,
            "ocm_share" => Grant::OcmShare,
            _ => return Err(TokenErrorCode::UnsupportedGrantType),
        };
        Ok(Self {
            grant,
            client_id: needed("client_id")?.to_owned(),
            code: needed("code")?.into(),
        })
    }

    /// The server that asks; `None` when it is no name of a server.
    pub fn client_host(&self) -> Option<PeerHost> {
        PeerHost::parse(&self.client_id).ok()
    }

    /// The body. It holds the secret.
    pub fn encode(&self) -> SecretString {
        let mut form = Form::default();
        form.push("grant_type", self.grant.name());
        form.push("client_id", self.client_id.as_str());
        form.push("code", self.code.expose_secret());
        form.to_string().into()
    }
}

/// The body of an error of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenErrorBody(pub TokenErrorCode);

impl TokenErrorBody {
    /// The body as JSON.
    pub fn to_value(self) -> Value {
        json!({"error": self.0.name(), "error_description": self.to_string()})
    }
}

impl fmt::Display for TokenErrorBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
    const V2: &str = "grant_type=authorization_code&client_id=receiver.example.org&code=my_secret_code";

    fn fault(body: &str) -> TokenErrorCode {
        TokenForm::parse(FORM, body.as_bytes()).expect_err(body)
    }

    #[test]
    fn the_form_of_the_draft_is_read_and_written_byte_by_byte() {
        let form = TokenForm::parse(Some("Application/X-WWW-Form-Urlencoded; charset=UTF-8"), V2.as_bytes())
            .expect("readable");
        assert_eq!(
            (form.grant, form.code.expose_secret()),
            (Grant::AuthorizationCode, "my_secret_code")
        );
        assert_eq!(form.encode().expose_secret(), V2);
        assert!(!format!("{form:?}").contains("my_secret_code"));
    }

    #[test]
    fn ocm_n008_case_and_default_port_of_the_client_do_not_count() {
        for client_id in [
            "receiver.example.org",
            "Receiver.Example.ORG",
            "receiver.example.org%3A443",
        ] {
            let body = format!("grant_type=authorization_code&client_id={client_id}&code=x");
            let form = TokenForm::parse(FORM, body.as_bytes()).expect("readable");
            assert_eq!(
                form.client_host(),
                PeerHost::parse("receiver.example.org").ok(),
                "{client_id}"
            );
        }
    }

    #[test]
    fn ocm_n009_a_request_without_the_client_is_invalid() {
        for body in [
            "grant_type=authorization_code&code=x",
            "grant_type=authorization_code&code=x&client_id=",
        ] {
            assert_eq!(fault(body), TokenErrorCode::InvalidRequest, "{body}");
        }
    }

    #[test]
    fn ocm_n010_a_request_without_code_or_grant_is_invalid() {
        for body in [
            "grant_type=authorization_code&client_id=h",
            "grant_type=authorization_code&client_id=h&code=",
            "client_id=h&code=x",
            "",
        ] {
            assert_eq!(fault(body), TokenErrorCode::InvalidRequest, "{body}");
        }
    }

    #[test]
    fn ocm_n011_other_grants_are_not_supported() {
        for grant in ["refresh_token", "client_credentials", "password", "Authorization_Code"] {
            let body = format!("grant_type={grant}&client_id=h&code=x");
            assert_eq!(fault(&body), TokenErrorCode::UnsupportedGrantType, "{grant}");
        }
    }

    #[test]
    fn ocm_n012_another_content_type_is_an_invalid_request() {
        for kind in [
            None,
            Some(""),
            Some("application/json"),
            Some("multipart/form-data"),
            Some("text/plain"),
        ] {
            assert_eq!(
                TokenForm::parse(kind, V2.as_bytes()).err(),
                Some(TokenErrorCode::InvalidRequest),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn ocm_n013_a_parameter_given_twice_is_an_invalid_request() {
        for twice in [
            "code=y",
            "client_id=receiver.example.org",
            "grant_type=authorization_code",
            "%63ode=y",
        ] {
            assert_eq!(
                fault(&format!("{V2}&{twice}")),
                TokenErrorCode::InvalidRequest,
                "{twice}"
            );
        }
        assert!(
            TokenForm::parse(FORM, format!("{V2}&scope=x").as_bytes()).is_ok(),
            "unknown ones are ignored"
        );
    }

    #[test]
    fn bodies_that_are_too_large_or_not_utf_8_are_refused() {
        assert_eq!(
            fault(&format!("{V2}{}", "x".repeat(8 << 10))),
            TokenErrorCode::InvalidRequest
        );
        assert_eq!(fault("grant_type=%ff"), TokenErrorCode::InvalidRequest);
        let body = TokenErrorBody(TokenErrorCode::InvalidGrant).to_value();
        assert_eq!(
            body,
            json!({"error": "invalid_grant", "error_description": "the grant is not valid"})
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(client_id in "\\PC{1,30}", code in "\\PC{1,60}") {
            let form = TokenForm { grant: Grant::AuthorizationCode, client_id, code: code.into() };
            let body = form.encode();
            let again = TokenForm::parse(FORM, body.expose_secret().as_bytes()).expect("readable");
            prop_assert_eq!(&again.client_id, &form.client_id);
            prop_assert_eq!(again.code.expose_secret(), form.code.expose_secret());
        }
    }
}
