//! What can go wrong at each endpoint. Several causes share one code; every cause has one fixed description.
//!
//! Descriptions never hold anything a request said, so they need no escaping and leak nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! errors {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $status:literal $code:literal $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every cause, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code for `error`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The text for `error_description`: fixed and ASCII.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The HTTP status when it is answered directly.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The most general cause with this code, for a client that reads an answer.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|error| error.code() == code)
            }

            /// The JSON body for a direct answer.
            pub fn body(self) -> ErrorBody {
                ErrorBody { error: self.code().to_owned(), error_description: Some(self.description().to_owned()) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}: {}", self.code(), self.description())
            }
        }

        impl std::error::Error for $name {}
    };
}

/// The JSON body of an error (RFC 6749 §5.2, RFC 7591 §3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The code.
    pub error: String,
    /// A text for developers. One that comes from another server is not to be shown or logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

errors! {
    /// Why an authorization request is answered with a page and no redirect: nobody is known to send it to.
    PageError {
        /// The parameters cannot be read, or one is given twice.
        Malformed => 400 "invalid_request" "The request cannot be read.",
        /// The body is too large.
        TooLarge => 400 "invalid_request" "The request is too large.",
        /// `client_id` is missing, unknown, disabled or expired.
        UnknownClient => 400 "invalid_client" "This application is not known here, or no longer. Disconnect this server in its settings and connect again.",
        /// `redirect_uri` is missing or not one of the client's.
        RedirectUri => 400 "invalid_request" "The return address is not registered for this application.",
    }
}

errors! {
    /// Why an authorization request fails, told to the client by redirect (RFC 6749 §4.1.2.1, `OpenID` Connect Core
    /// §3.1.2.6, RFC 8707, RFC 9126).
    AuthorizeError {
        /// A parameter is missing or malformed.
        InvalidRequest => 400 "invalid_request" "A parameter is missing or malformed.",
        /// No usable PKCE challenge.
        Challenge => 400 "invalid_request" "code_challenge must be 43 to 128 unreserved characters.",
        /// A PKCE method that is not offered.
        ChallengeMethod => 400 "invalid_request" "code_challenge_method must be S256.",
        /// A response mode that is not offered.
        ResponseMode => 400 "invalid_request" "response_mode must be query or form_post.",
        /// A response mode that an ID token must not go by.
        IdTokenMode => 400 "invalid_request" "response_mode must be fragment or form_post with this response_type.",
        /// An ID token through the browser, and no nonce that would tie it to its request.
        Nonce => 400 "invalid_request" "nonce is required with this response_type.",
        /// `state` or `nonce` is too long.
        TooLong => 400 "invalid_request" "state and nonce are limited to 2048 bytes.",
        /// `prompt` has an unknown value, or `none` with others.
        Prompt => 400 "invalid_request" "prompt is not a valid set of values.",
        /// `max_age` is not a number of seconds.
        MaxAge => 400 "invalid_request" "max_age must be a number of seconds.",
        /// `claims` is not a claims request.
        Claims => 400 "invalid_request" "claims must be a JSON object as in OpenID Connect Core 5.5.",
        /// `dpop_jkt` is not a thumbprint.
        DpopThumbprint => 400 "invalid_request" "dpop_jkt must be a SHA-256 thumbprint.",
        /// The client may not use this flow.
        UnauthorizedClient => 400 "unauthorized_client" "The client may not use this flow.",
        /// The user or a rule said no.
        AccessDenied => 403 "access_denied" "Access was denied.",
        /// None that this client may ask for, which mostly is `code` only.
        UnsupportedResponseType => 400 "unsupported_response_type" "This client may not ask for this response_type.",
        /// Malformed, unknown, or nothing is left.
        InvalidScope => 400 "invalid_scope" "The scope is malformed, unknown or not allowed.",
        /// The resource is malformed, unknown or not allowed.
        InvalidTarget => 400 "invalid_target" "The resource is malformed, unknown or not allowed.",
        /// `prompt=none`, and nobody is signed in.
        LoginRequired => 400 "login_required" "The user has to sign in.",
        /// `prompt=none`, and consent is missing.
        ConsentRequired => 400 "consent_required" "The user has to consent.",
        /// `prompt=none`, and something else has to be asked.
        InteractionRequired => 400 "interaction_required" "The user has to be asked.",
        /// `request` is not offered.
        RequestNotSupported => 400 "request_not_supported" "Request objects are not supported.",
        /// `request_uri` is not offered, pushed requests excepted.
        RequestUriNotSupported => 400 "request_uri_not_supported" "Only pushed request URIs are supported.",
        /// A pushed request that is unknown, spent, expired or another client's.
        InvalidRequestUri => 400 "invalid_request_uri" "The pushed request is unknown or spent.",
        /// Something broke here.
        ServerError => 500 "server_error" "Something went wrong on the server.",
        /// Too busy.
        TemporarilyUnavailable => 503 "temporarily_unavailable" "The server cannot answer now.",
    }
}

errors! {
    /// Why a request to the token, revocation, introspection or PAR endpoint fails (RFC 6749 §5.2, RFC 7009 §2.2.1,
    /// RFC 8707, RFC 9449).
    TokenError {
        /// A parameter is missing or malformed.
        InvalidRequest => 400 "invalid_request" "A parameter is missing or malformed.",
        /// A parameter is given twice.
        DuplicateParameter => 400 "invalid_request" "A parameter is given twice.",
        /// More than one way to authenticate the client.
        SeveralCredentials => 400 "invalid_request" "The client authenticates in more than one way.",
        /// A token of another kind than an access token to exchange.
        SubjectTokenType => 400 "invalid_request" "Only access tokens can be exchanged.",
        /// Unknown client, wrong secret or wrong way to authenticate: one answer for all.
        InvalidClient => 401 "invalid_client" "Client authentication failed.",
        /// The code, refresh token or subject token is not valid here.
        InvalidGrant => 400 "invalid_grant" "The grant is invalid, expired or spent.",
        /// The client may not use this grant.
        UnauthorizedClient => 400 "unauthorized_client" "The client may not use this grant.",
        /// A grant that is not offered.
        UnsupportedGrantType => 400 "unsupported_grant_type" "This grant is not supported.",
        /// Malformed, unknown or wider than granted.
        InvalidScope => 400 "invalid_scope" "The scope is malformed, unknown or wider than granted.",
        /// A signed token with these scopes would be longer than resource servers read.
        TokenTooLong => 400 "invalid_scope" "A signed token with this many scopes would be longer than 6 KiB. Ask for fewer scopes.",
        /// The resource is malformed, unknown or not granted.
        InvalidTarget => 400 "invalid_target" "The resource is malformed, unknown or not granted.",
        /// A `DPoP` proof that proves nothing.
        InvalidDpopProof => 400 "invalid_dpop_proof" "The DPoP proof is missing or invalid.",
        /// A `DPoP` proof has to carry a nonce of ours.
        UseDpopNonce => 400 "use_dpop_nonce" "The DPoP proof must carry the given nonce.",
        /// A kind of token that cannot be revoked.
        UnsupportedTokenType => 400 "unsupported_token_type" "Tokens of this kind cannot be revoked.",
        /// Something broke here.
        ServerError => 500 "server_error" "Something went wrong on the server.",
    }
}

errors! {
    /// Why client metadata is not accepted (RFC 7591 §3.2.2, RFC 7592).
    RegistrationError {
        /// A redirect URI that is not allowed.
        InvalidRedirectUri => 400 "invalid_redirect_uri" "A redirect URI is missing or not allowed.",
        /// A member is malformed or not allowed.
        InvalidClientMetadata => 400 "invalid_client_metadata" "A metadata value is malformed or not allowed.",
        /// The name is too long or holds characters that could deceive.
        ClientName => 400 "invalid_client_metadata" "client_name must be 1 to 128 plain characters.",
        /// The scope is malformed or too long.
        Scope => 400 "invalid_client_metadata" "scope is malformed or too long.",
        /// Grants and response types contradict each other.
        Grants => 400 "invalid_client_metadata" "grant_types and response_types do not fit together.",
        /// Another way to authenticate than offered, or without its keys.
        AuthMethod => 400 "invalid_client_metadata" "token_endpoint_auth_method does not fit the other values.",
        /// A link that is not https.
        Link => 400 "invalid_client_metadata" "Links must be https URLs.",
        /// A replacement holds members that only the server sets, or another client's id.
        ServerOwned => 400 "invalid_client_metadata" "The replacement holds values that only the server sets.",
        /// Software statements are not offered.
        InvalidSoftwareStatement => 400 "invalid_software_statement" "Software statements are not supported.",
        /// The initial or registration access token is missing or wrong.
        InvalidToken => 401 "invalid_token" "The access token is missing or invalid.",
        /// Registration is off. The name is that of Nextcloud's `oidc` app; RFC 7591 has none.
        NotAllowed => 400 "dynamic_registration_not_allowed" "Dynamic registration is not allowed.",
    }
}

errors! {
    /// Why a request with a token is refused (RFC 6750 §3.1, RFC 9449 §7.1).
    BearerError {
        /// Two credentials, or one that cannot be read.
        InvalidRequest => 400 "invalid_request" "The credentials cannot be read.",
        /// The token is not valid here.
        InvalidToken => 401 "invalid_token" "The access token is invalid or expired.",
        /// The token lacks a scope.
        InsufficientScope => 403 "insufficient_scope" "The access token lacks a needed scope.",
        /// A `DPoP` proof that proves nothing.
        InvalidDpopProof => 401 "invalid_dpop_proof" "The DPoP proof is missing or invalid.",
        /// A `DPoP` proof has to carry a nonce of ours.
        UseDpopNonce => 401 "use_dpop_nonce" "The DPoP proof must carry the given nonce.",
        /// The sign-in is too old or too weak (RFC 9470).
        InsufficientAuthentication => 401 "insufficient_user_authentication" "The user has to sign in again.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 §5.2): safe in JSON, in a URL and in a quoted header value.
    fn fits_the_grammar(text: &str) -> bool {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    }

    #[test]
    fn every_code_and_description_fits_the_grammar() {
        macro_rules! check {
            ($($name:ident)+) => { $(for error in $name::ALL {
                assert!(fits_the_grammar(error.code()) && fits_the_grammar(error.description()), "{error}");
                assert!((400..600).contains(&error.status()));
                assert_eq!($name::from_code(error.code()).map($name::code), Some(error.code()));
            })+ };
        }
        check!(PageError AuthorizeError TokenError RegistrationError BearerError);
    }

    #[test]
    fn a_shared_code_is_read_as_its_general_cause() {
        assert_eq!(
            AuthorizeError::from_code("invalid_request"),
            Some(AuthorizeError::InvalidRequest)
        );
        assert_eq!(TokenError::from_code("made_up"), None);
    }

    #[test]
    fn bodies_write_and_read_back() {
        let body = TokenError::InvalidGrant.body();
        let text = serde_json::to_string(&body).expect("writable");
        assert_eq!(serde_json::from_str::<ErrorBody>(&text).expect("readable"), body);
        let bare: ErrorBody = serde_json::from_str(r#"{"error":"invalid_grant"}"#).expect("readable");
        assert_eq!(bare.error_description, None);
    }
}
