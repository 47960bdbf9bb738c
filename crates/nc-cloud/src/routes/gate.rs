use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use nc_auth::{ScopeSet, UserId};
use nc_web::{ClientAddress, Identified, csrf};

use super::{
    Access, Rule, Surface,
    access::{Verdict, only_reads},
    answers::View,
    cors,
};
use crate::{
    BaseUrl, Cloud,
    auth::{Authenticated, Refusal},
};

const TOO_WEAK: &str = "This needs a token of somebody who signed in with a second factor";

/// In an answer's extensions: what is asked for needs these scopes, as only its handler could see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LacksScope(pub(crate) ScopeSet);

/// Lets a request through to its handler when the route's access allows it.
pub(super) async fn pass(State((cloud, rule)): State<(Cloud, Rule)>, mut request: Request, next: Next) -> Response {
    let Rule { surface, access, .. } = rule;
    request.extensions_mut().insert(surface);
    if let Some(answer) = cors::preflight(surface, request.method(), request.headers()) {
        return answer;
    }
    if access == Access::Public {
        let mut response = next.run(request).await;
        cors::share(surface, &mut response);
        return response;
    }
    // Apart: the body must not wait with us for the database.
    let (parts, body) = request.into_parts();
    let view = View::of(surface, &cloud, &parts);
    let address = parts.extensions.get::<ClientAddress>().copied();
    let authenticated = match cloud.authenticate(&parts, address).await {
        // A wrong password is as good as none here (P08); a bad token is not.
        Err(Refusal::WrongPassword) if access == Access::Optional => None,
        Err(refusal) => {
            let mut response = match refusal {
                // As on a stock Nextcloud, where this is judged before who is signed in.
                Refusal::Token { .. } if refuses_bearer(&cloud, rule, &parts) => View::cors_refused(),
                _ => view.refuse(Some(&refusal)),
            };
            if refusal.is_of_token() {
                cors::share(surface, &mut response);
            }
            return response;
        }
        Ok(authenticated) => authenticated,
    };
    let Some(authenticated) = authenticated else {
        let mut response = if access == Access::Optional {
            next.run(Request::from_parts(parts, body)).await
        } else {
            view.refuse(None)
        };
        cors::share(surface, &mut response);
        return response;
    };
    let by_token = authenticated.is_explicit;
    let refused = if by_token && refuses_bearer(&cloud, rule, &parts) {
        Some(View::cors_refused())
    } else {
        admit(&cloud, surface, access, &view, &parts, &authenticated).await
    };
    let mut response = match refused {
        Some(refused) => refused,
        None => run(surface, Request::from_parts(parts, body), next, authenticated).await,
    };
    if let Some(LacksScope(needed)) = response.extensions_mut().remove() {
        view.challenge_scope(&mut response, needed);
    }
    if by_token {
        // What a handler may set for browsers is not for a request that carries its own credential.
        response.headers_mut().remove(header::SET_COOKIE);
        cors::share(surface, &mut response);
    }
    response
}

/// Whether a stock Nextcloud that is emulated would refuse the request because it carries a Bearer.
fn refuses_bearer(cloud: &Cloud, rule: Rule, request: &Parts) -> bool {
    rule.is_marked_cors && cloud.config().stock_cors.refuses(&request.headers)
}

/// Whether the person behind a token signed in as administrators have to.
fn is_strong_enough(cloud: &Cloud, authenticated: &Authenticated) -> bool {
    let acr = authenticated.token.as_ref().and_then(|token| token.acr.as_ref());
    acr.is_some_and(|acr| cloud.config().admin_acr.contains(acr))
}

/// Refuses what the credential does not allow.
async fn admit(
    cloud: &Cloud,
    surface: Surface,
    access: Access,
    view: &View,
    request: &Parts,
    authenticated: &Authenticated,
) -> Option<Response> {
    let signed_in = &authenticated.signed_in;
    match access.judge(&request.method, signed_in) {
        Verdict::Pass => {}
        Verdict::PassAdministrator if !is_strong_enough(cloud, authenticated) => {
            return Some(view.forbidden(TOO_WEAK));
        }
        Verdict::PassAdministrator => match cloud.is_administrator(&signed_in.user).await {
            Ok(true) => {}
            Ok(false) => return Some(view.forbidden("Only administrators may do this")),
            Err(error) => return Some(view.refuse(Some(&Refusal::from(error)))),
        },
        Verdict::Needs(scopes) => return Some(view.insufficient_scope(scopes)),
        Verdict::Never => return Some(view.forbidden("This needs the account's password or a full app password")),
    }
    // A browser sends stored Basic credentials along with a forged request, but not this header (P04). What comes as a
    // Bearer was put there on purpose.
    if authenticated.is_explicit {
        return None;
    }
    let header_given = request
        .headers
        .get("ocs-apirequest")
        .is_some_and(|value| value == "true");
    let must_be_given = if surface == Surface::Ocs {
        access != Access::Optional
    } else {
        // Here Nextcloud does not ask for it, and programs rely on that; a browser that says that another site's page
        // makes it write is none of them. Older ones, and all without TLS, say it by `Origin` alone.
        !only_reads(&request.method) && csrf::is_cross_site(&request.headers, BaseUrl::of(cloud, request).authority())
    };
    (must_be_given && !header_given).then(View::csrf_failed)
}

impl Cloud {
    /// The administrator who sent a request, for interfaces of administrators that stand beside the cloud: with a password,
    /// or with a token that has `admin:read` or, when the request `writes`, `admin:write`.
    ///
    /// # Errors
    /// The answer to anybody else.
    pub async fn admit_administrator(&self, request: &Parts, writes: bool) -> Result<UserId, Response> {
        let (surface, access) = (Surface::App, Access::Administration);
        let view = View::of(surface, self, request);
        let address = request.extensions.get::<ClientAddress>().copied();
        let authenticated = match self.authenticate(request, address).await {
            Ok(Some(authenticated)) => authenticated,
            Ok(None) => return Err(view.refuse(None)),
            Err(refusal) => return Err(view.refuse(Some(&refusal))),
        };
        let signed_in = &authenticated.signed_in;
        if writes && only_reads(&request.method) {
            // A change behind a method that only reads is nothing that the scopes here know of.
            return Err(view.forbidden("This method does not change anything"));
        }
        if let Some(refused) = admit(self, surface, access, &view, request, &authenticated).await {
            return Err(refused);
        }
        // A password was let pass for the handler to decide; here that is decided.
        match self.is_administrator(&signed_in.user).await {
            Ok(true) => Ok(signed_in.user.clone()),
            Ok(false) => Err(view.forbidden("Only administrators may do this")),
            Err(error) => Err(view.refuse(Some(&Refusal::from(error)))),
        }
    }
}

async fn run(surface: Surface, mut request: Request, next: Next, authenticated: Authenticated) -> Response {
    let Authenticated { signed_in, token, .. } = authenticated;
    let who = Identified {
        user: signed_in.user.clone(),
        client: token.as_ref().map(|token| token.client.clone()),
    };
    request.extensions_mut().insert(signed_in);
    if let Some(token) = token {
        request.extensions_mut().insert(token);
    }
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && surface == Surface::App {
        // Nextcloud's is an empty page, and clients look at the type.
        let html = HeaderValue::from_static("text/html; charset=UTF-8");
        response.headers_mut().entry(header::CONTENT_TYPE).or_insert(html);
    }
    response.extensions_mut().insert(who);
    response
}
