//! The pages of the embedded cloud for invitations between servers (Open Cloud Mesh): the one that other servers send people to
//! (`inviteAcceptDialog`), and the one where somebody invites and sees whom they know.
//!
//! Who signs in is the provider's matter, what is sent that of `nc-ocm`; here they meet. Another server is asked for nothing
//! before the signed-in person has said so in a form of ours.

mod accept;
mod list;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::HeaderMap;
use nc_auth::UserId;
use nc_ocm::{Contact, Ocm};
use nc_proto::ocm::clean_text;
use nc_provider::{Account, Provider};
use nc_web::{
    ClientAddress, RateLimit,
    pages::{Notice, invitations::ContactShown},
};

use crate::{
    own_form::{Form, forged},
    user_page::{failed, too_many},
};

/// Where invitations are accepted.
pub(super) const ACCEPT: &str = "/apps/ocm/accept";
/// Where they are made.
pub(super) const LIST: &str = "/apps/ocm/invitations";

/// Requests to these pages from one address.
const PER_MINUTE: u32 = 60;
/// Invitations that one person may accept: each lets this server ask another one.
const TAKEN_PER_MINUTE: u32 = 5;
/// Invitations that one person may make.
const MADE_PER_MINUTE: u32 = 10;
/// The longest form: an invitation, encoded, and its token.
const MAX_FORM_BYTES: usize = 8 << 10;
/// Longest text of a stranger that is shown.
const SHOWN_CHARS: usize = 255;

struct Pages {
    provider: Provider,
    ocm: Ocm,
    requests: RateLimit,
    taken: RateLimit<UserId>,
    made: RateLimit<UserId>,
}

type Invitations = State<Arc<Pages>>;
type Address = Option<Extension<ClientAddress>>;
/// An answer that ends the handling early.
type Refused = Box<Response>;

/// The routes, for people who sign in at `provider`.
pub(super) fn routes(provider: &Provider, ocm: &Ocm) -> Router {
    let clock = provider.clock();
    let pages = Arc::new(Pages {
        provider: provider.clone(),
        ocm: ocm.clone(),
        requests: RateLimit::new(PER_MINUTE, clock.clone()),
        taken: RateLimit::new(TAKEN_PER_MINUTE, clock.clone()),
        made: RateLimit::new(MADE_PER_MINUTE, clock.clone()),
    });
    let mut router = Router::new();
    for prefix in ["", "/index.php"] {
        router = router
            .route(&format!("{prefix}{ACCEPT}"), get(accept::ask).post(accept::answer))
            .route(&format!("{prefix}{LIST}"), get(list::show).post(list::make));
    }
    router.with_state(pages)
}

impl Pages {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.provider.config().issuer)
    }

    fn count(&self, address: Address) -> Result<(), Refused> {
        let counted = self.requests.count(address.map(|address| address.0));
        counted.map_err(|wait_s| {
            Box::new(too_many(
                wait_s,
                "Too many requests came from your network. Try again in a minute.",
            ))
        })
    }

    /// Who is signed in; else the way to the sign-in, and from there to `path`.
    async fn account(&self, headers: &HeaderMap, path: &str) -> Result<Account, Refused> {
        let found = self.provider.find_account(headers).await;
        if let Some(account) = found.map_err(|error| Box::new(failed(&error.into())))? {
            return Ok(account);
        }
        let response = self.provider.sign_in_for(headers, path).await;
        Err(Box::new(response.unwrap_or_else(|error| failed(&error.into()))))
    }

    /// A post of a form that was shown to this person in this browser.
    async fn own(&self, address: Address, request: Request, path: &str) -> Result<(Account, Form), Refused> {
        self.count(address)?;
        let (parts, body) = request.into_parts();
        let account = self.account(&parts.headers, path).await?;
        let form = Form::read(&parts.headers, body, MAX_FORM_BYTES).await;
        let is_own = |form: &Form| {
            let token = form.only("csrf");
            token.is_some_and(|token| account.is_own_post(&self.provider, &parts.headers, token))
        };
        let form = form.filter(is_own).ok_or_else(|| Box::new(forged()))?;
        Ok((account, form))
    }

    /// A page with a form. The browser gets what it is recognised by.
    fn page(&self, account: &Account, page: impl axum::response::IntoResponse) -> Response {
        let mut response = page.into_response();
        account.remember(&self.provider, &mut response);
        response
    }
}

fn too_many_of(wait_s: i64, what: &str) -> Response {
    too_many(
        wait_s,
        &format!("You {what} many invitations just now. Try again in a minute."),
    )
}

/// For people. A name may be missing, and its marks of direction could make it look like another.
fn shown(contact: &Contact) -> ContactShown {
    let user = clean_text(&contact.user, SHOWN_CHARS);
    let name = clean_text(&contact.name, SHOWN_CHARS);
    ContactShown {
        address: format!("{user}@{}", contact.host),
        name: if name.is_empty() { user } else { name },
        email: Some(clean_text(&contact.email, SHOWN_CHARS)).filter(|email| !email.is_empty()),
    }
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a page about invitations failed");
    Notice::internal_error().into_response()
}
