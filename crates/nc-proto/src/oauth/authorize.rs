//! The authorization request, as far as it can be judged without storage (RFC 6749 §4.1, `OpenID` Connect Core §3.1.2).
//!
//! First [`Addressed`] says who asks and where an answer would go; a fault there is shown as a page. Only when both are
//! checked against the registered client may [`AuthorizeRequest::read`] send its errors by redirect.

use std::collections::BTreeSet;

use super::{
    error::{AuthorizeError, PageError},
    form::Form,
    pkce::{Challenge, PlainMethod},
    scope_list::ScopeList,
};

pub use claims::{ClaimRequest, ClaimsRequest};
pub use response::{Answer, AnswerError, Given, IssuerParameter, ResponseMode};
pub use response_type::{Flows, ResponseType};

mod claims;
mod response;
mod response_type;

/// The longest `state` or `nonce`.
pub const STATE_MAX_BYTES: usize = 2048;

/// Prefix of the URIs of pushed requests (RFC 9126 §2.2).
pub const PUSHED_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Who asks, and where an answer would go. Both are still to be compared with what is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressed<'a> {
    /// The client.
    pub client_id: &'a str,
    /// The redirect URI; may be left out when exactly one is registered.
    pub redirect_uri: Option<&'a str>,
    /// The URI of a pushed request, which holds all other parameters.
    pub pushed: Option<&'a str>,
    /// To be sent back byte for byte, also with errors. One that is too long is not sent back at all.
    pub state: Option<&'a str>,
}

impl<'a> Addressed<'a> {
    /// Finds the addressee in a request.
    pub fn read(form: &'a Form) -> Result<Self, PageError> {
        Ok(Self {
            client_id: form.get("client_id").ok_or(PageError::UnknownClient)?,
            redirect_uri: form.get("redirect_uri"),
            pushed: form.get("request_uri").filter(|uri| uri.starts_with(PUSHED_PREFIX)),
            state: form.get("state").filter(|state| state.len() <= STATE_MAX_BYTES),
        })
    }
}

/// One value of `prompt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prompt {
    /// Nothing may be asked.
    None,
    /// The user signs in again. `select_account` is read as this too, since one browser session has one account.
    Login,
    /// The user is asked for consent again.
    Consent,
}

/// An authorization request whose values are well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// What to answer with.
    pub response_type: ResponseType,
    /// How to answer.
    pub response_mode: ResponseMode,
    /// What the redeemer of the code has to prove; `None` where there is to be no code.
    pub challenge: Option<Challenge>,
    /// Sent back byte for byte.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// What is asked for; `None` means the client's default.
    pub scope: Option<ScopeList>,
    /// For which resource servers (RFC 8707).
    pub resources: Vec<String>,
    /// What the user is to be asked.
    pub prompt: BTreeSet<Prompt>,
    /// How old the sign-in may be, in seconds.
    pub max_age_s: Option<u64>,
    /// Single claims (`OpenID` Connect Core §5.5).
    pub claims: Option<ClaimsRequest>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Thumbprint of the key that the tokens will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
}

impl AuthorizeRequest {
    /// Reads a request whose client and redirect URI are known to be right. The first fault wins, in this order:
    /// request objects, response type, response mode, challenge, a nonce that is missing, state, scope, resource, prompt, the
    /// rest.
    ///
    /// Pass the parameters of a pushed request here, not the `request_uri` that stands for them.
    pub fn read(form: &Form, plain: PlainMethod, flows: Flows) -> Result<Self, AuthorizeError> {
        if form.get("request").is_some() {
            return Err(AuthorizeError::RequestNotSupported);
        }
        if form.get("request_uri").is_some() {
            return Err(AuthorizeError::RequestUriNotSupported);
        }
        let response_type = ResponseType::read(form.get("response_type"), flows)?;
        let response_mode = ResponseMode::read(form.get("response_mode"), response_type)?;
        let challenge = || Challenge::read(form.get("code_challenge"), form.get("code_challenge_method"), plain);
        let challenge = response_type.has_code().then(challenge).transpose()?;
        if response_type.has_id_token() && form.get("nonce").is_none() {
            return Err(AuthorizeError::Nonce);
        }
        let state = short(form.get("state"))?;
        let scope = form.get("scope").map(ScopeList::parse).transpose()?;
        if scope.as_ref().is_some_and(ScopeList::is_empty) {
            return Err(AuthorizeError::InvalidScope);
        }
        let resources = form
            .resources()
            .map(|uri| {
                is_resource(uri)
                    .then(|| uri.to_owned())
                    .ok_or(AuthorizeError::InvalidTarget)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            response_type,
            response_mode,
            challenge,
            state,
            scope,
            resources,
            prompt: read_prompt(form.get("prompt"))?,
            nonce: short(form.get("nonce"))?,
            max_age_s: form.get("max_age").map(read_seconds).transpose()?,
            claims: form.get("claims").map(ClaimsRequest::parse).transpose()?,
            login_hint: form.get("login_hint").map(str::to_owned),
            dpop_jkt: form.get("dpop_jkt").map(read_thumbprint).transpose()?,
        })
    }

    /// Whether the user may be asked nothing at all.
    pub fn is_silent(&self) -> bool {
        self.prompt.contains(&Prompt::None)
    }

    /// Whether a sign-in that happened at `auth_time` is too old, or a new one is asked for. Times are Unix seconds.
    pub fn needs_sign_in(&self, auth_time: i64, now: i64) -> bool {
        // `max_age=0` asks for a new one in any case (OpenID Connect Core §3.1.2.1).
        let age = u64::try_from(now.saturating_sub(auth_time)).unwrap_or(0);
        self.prompt.contains(&Prompt::Login) || self.max_age_s.is_some_and(|limit| limit == 0 || age > limit)
    }
}

/// An absolute URI without fragment (RFC 8707 §2).
pub fn is_resource(uri: &str) -> bool {
    uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains('#') && url::Url::parse(uri).is_ok()
}

fn short(text: Option<&str>) -> Result<Option<String>, AuthorizeError> {
    match text {
        Some(text) if text.len() > STATE_MAX_BYTES => Err(AuthorizeError::TooLong),
        text => Ok(text.map(str::to_owned)),
    }
}

fn read_prompt(text: Option<&str>) -> Result<BTreeSet<Prompt>, AuthorizeError> {
    let values = text.unwrap_or_default().split(' ').filter(|value| !value.is_empty());
    let prompt = values
        .map(|value| match value {
            "none" => Ok(Prompt::None),
            "login" | "select_account" => Ok(Prompt::Login),
            "consent" => Ok(Prompt::Consent),
            _ => Err(AuthorizeError::Prompt),
        })
        .collect::<Result<BTreeSet<_>, _>>()?;
    if prompt.contains(&Prompt::None) && prompt.len() > 1 {
        return Err(AuthorizeError::Prompt);
    }
    Ok(prompt)
}

fn read_seconds(text: &str) -> Result<u64, AuthorizeError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(AuthorizeError::MaxAge)
}

fn read_thumbprint(text: &str) -> Result<String, AuthorizeError> {
    if super::jose::is_thumbprint(text) {
        Ok(text.to_owned())
    } else {
        Err(AuthorizeError::DpopThumbprint)
    }
}

#[cfg(test)]
mod tests;
