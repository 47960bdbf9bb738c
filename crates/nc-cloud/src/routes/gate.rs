use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use nc_web::{ClientAddress, Identified};

use super::{Access, Surface, answers::View, only_reads};
use crate::{Cloud, auth::Refusal};
use nc_auth::Grants;

/// Lets a request through to its handler when the route's access allows it.
pub(super) async fn pass(
    State((cloud, surface, access)): State<(Cloud, Surface, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    if access == Access::Public {
        return next.run(request).await;
    }
    let view = View::of(surface, &request);
    let address = request.extensions().get::<ClientAddress>().copied();
    let signed_in = match cloud.authenticator().authenticate(request.headers(), address).await {
        Err(Refusal::WrongPassword | Refusal::Bearer) if access == Access::Optional => None,
        Err(refusal) => return view.refuse(Some(&refusal)),
        Ok(signed_in) => signed_in,
    };
    let Some(signed_in) = signed_in else {
        return if access == Access::Optional {
            next.run(request).await
        } else {
            view.refuse(None)
        };
    };
    let missing = signed_in.grants.missing(access.needed(request.method()));
    let too_narrow = access == Access::Unscoped && signed_in.grants != Grants::Unrestricted;
    if too_narrow || !missing.is_empty() {
        return view.insufficient_scope(missing);
    }
    // A browser sends stored Basic credentials along with a forged request, but not this header (P04). A token is never
    // sent by itself; its pipeline decides by how the request was authenticated.
    let header_given = request
        .headers()
        .get("ocs-apirequest")
        .is_some_and(|value| value == "true");
    let must_be_given = match surface {
        Surface::Ocs => access != Access::Optional,
        // Here Nextcloud does not ask for it, and programs rely on that; a browser that says that another site's page
        // makes it write is none of them.
        _ => !only_reads(request.method()) && is_from_other_site(request.headers()),
    };
    if must_be_given && !header_given {
        return View::csrf_failed();
    }
    let who = Identified {
        user: signed_in.user.clone(),
        client: None,
    };
    request.extensions_mut().insert(signed_in);
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && surface == Surface::App {
        // Nextcloud's is an empty page, and clients look at the type.
        let html = HeaderValue::from_static("text/html; charset=UTF-8");
        response.headers_mut().entry(header::CONTENT_TYPE).or_insert(html);
    }
    response.extensions_mut().insert(who);
    response
}

fn is_from_other_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}
