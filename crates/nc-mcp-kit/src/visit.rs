//! Asking the person to open a page (URL elicitation), in the way that the client's revision has for it.

use std::{collections::BTreeMap, time::Duration};

use rmcp::{
    RoleServer,
    model::{ElicitationAction, InputRequiredResult},
    service::RequestContext,
};
use serde_json::{Value, json};
use url::Url;

use crate::{Call, Failure, handler::is_modern};

/// A client of an older revision that shows nothing must not hold the call for longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// The person opened the page; whether they finished there is another question.
    Opened,
    /// The person does not want to.
    Declined,
    /// The client cannot ask, or did not: the address has to be told in words.
    NotAsked,
}

impl Call {
    /// What the client says about a page that a former call asked for.
    pub fn visit(&self, key: &str) -> Option<Visit> {
        let answer: &Value = self.input_responses.as_ref()?.get(key)?;
        let visit = match answer.get("action").and_then(Value::as_str) {
            Some("accept") => Visit::Opened,
            _ => Visit::Declined,
        };
        visit.count();
        Some(visit)
    }

    /// Asks the person to open a page, if the client said that it can. `key` is for [`Self::visit`].
    ///
    /// # Errors
    /// [`Failure::InputRequired`], which is the question itself for clients that ask between two calls.
    pub async fn show_page(&self, key: &str, message: &str, url: &Url) -> Result<Visit, Failure> {
        let Some(context) = self.context.as_ref().filter(|context| can_show(context)) else {
            return Ok(Visit::NotAsked);
        };
        if is_modern(context) {
            let params = json!({ "mode": "url", "message": message, "url": url.as_str() });
            let request = json!({ "method": "elicitation/create", "params": params });
            let request = serde_json::from_value(request).map_err(|error| Failure::Internal(error.to_string()))?;
            let requests = BTreeMap::from([(key.to_owned(), request)]);
            let result = InputRequiredResult::from_input_requests(requests);
            return Err(Failure::InputRequired(Box::new(result)));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let asked = context
            .peer
            .elicit_url_with_timeout(message, url.clone(), id, Some(PATIENCE));
        let visit = match asked.await {
            Ok(ElicitationAction::Accept) => Visit::Opened,
            Ok(_) => Visit::Declined,
            Err(error) => {
                tracing::debug!(%error, "the client did not ask the person to open a page");
                Visit::NotAsked
            }
        };
        visit.count();
        Ok(visit)
    }
}

impl Visit {
    fn count(self) {
        let outcome = match self {
            Self::Opened => "accepted",
            Self::Declined => "declined",
            Self::NotAsked => "failed",
        };
        metrics::counter!("mcp_elicitation_total", "outcome" => outcome).increment(1);
    }
}

fn can_show(context: &RequestContext<RoleServer>) -> bool {
    let elicitation = context
        .client_capabilities()
        .and_then(|capabilities| capabilities.elicitation);
    elicitation.is_some_and(|elicitation| elicitation.url.is_some())
}
