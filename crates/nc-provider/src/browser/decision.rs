//! What comes next for a request.

use nc_proto::oauth::{authorize::Prompt, error::AuthorizeError};

use super::{request::Checked, session::SignedIn};
use crate::{Error, Provider, consents};

/// The next step.
pub(super) enum Step {
    /// The user has to sign in, again or at all.
    SignIn,
    /// This user has to be asked.
    Ask(SignedIn),
    /// The client gets what it asks for.
    Grant(SignedIn),
    /// It gets nothing.
    Refuse(AuthorizeError),
}

/// What a waiting request remembers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory<'a> {
    /// The session that was opened for it.
    pub(super) signed_in: Option<&'a str>,
    /// Whether consent is asked for in any case.
    pub(super) ask_consent: bool,
}

/// Decides, by who is signed in now.
pub(super) async fn decide(
    provider: &Provider,
    checked: &Checked,
    memory: Memory<'_>,
    session: Option<SignedIn>,
) -> Result<Step, Error> {
    let request = &checked.request;
    let is_fresh = |session: &SignedIn| {
        let for_this = memory.signed_in == Some(session.name().as_str());
        for_this || !request.needs_sign_in(session.authentication.auth_time, provider.now())
    };
    let Some(session) = session.filter(is_fresh) else {
        return Ok(if request.is_silent() {
            Step::Refuse(AuthorizeError::LoginRequired)
        } else {
            Step::SignIn
        });
    };
    if !checked.client.admits(&session.person) {
        return Ok(Step::Refuse(AuthorizeError::AccessDenied));
    }
    let asks_again = memory.ask_consent || request.prompt.contains(&Prompt::Consent);
    if asks_again || !consents::covers(provider, checked, &session.subject).await? {
        return Ok(if request.is_silent() {
            Step::Refuse(AuthorizeError::ConsentRequired)
        } else {
            Step::Ask(session)
        });
    }
    Ok(Step::Grant(session))
}
