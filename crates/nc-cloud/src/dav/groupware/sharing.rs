use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_auth::UserId;
use nc_proto::dav::{
    CALENDARSERVER, Element, Name,
    calendar::{ShareAccess as Asked, ShareRequest},
};

use super::{
    super::{DavError, answer},
    view::{Role, View},
    wire::Session,
};
use crate::{
    collections::{Kind, ShareAccess},
    random,
};

/// Letters and digits of a published calendar's token: Nextcloud's 16, and so many that nobody guesses one.
const TOKEN_LENGTH: usize = 24;

/// Answers POST at a collection: sharing and publishing.
pub(super) async fn serve(session: &Session, view: &View, body: Body) -> Result<Response, DavError> {
    let root = Element::parse(&session.read_xml(body).await?)?;
    if view.role != Role::Owner || !matches!(view.collection.kind, Kind::Calendar | Kind::AddressBook) {
        return Err(view.missing());
    }
    session.demand_collection(&view.collection)?;
    let is = |local| root.name == Name::constant(CALENDARSERVER, local);
    if ShareRequest::is_root(&root.name) {
        return share(session, view, &ShareRequest::from_element(&root)?).await;
    }
    if is("publish-calendar") && view.is_calendar() {
        let token = random::secret_text(TOKEN_LENGTH)?;
        let mut change = session.collections().change(session.cloud.now()).await?;
        change.publish(view.collection.id, &token).await?;
        change.commit().await?;
        return Ok(answer::empty(StatusCode::ACCEPTED));
    }
    if is("unpublish-calendar") && view.is_calendar() {
        let mut change = session.collections().change(session.cloud.now()).await?;
        change.unpublish(view.collection.id).await?;
        change.commit().await?;
        return Ok(answer::empty(StatusCode::OK));
    }
    Err(DavError::unsupported_body(format!("{} means nothing here", root.name)))
}

async fn share(session: &Session, view: &View, request: &ShareRequest) -> Result<Response, DavError> {
    let mut set = Vec::new();
    for share in &request.set {
        let principal = find_principal(session, &share.href).await?;
        let principal = principal.ok_or_else(|| unknown(&share.href))?;
        if principal == format!("users/{}", view.collection.owner) {
            return Err(DavError::forbidden("The collection is the user's own"));
        }
        let access = match share.access {
            Asked::Read => ShareAccess::Read,
            Asked::ReadWrite => ShareAccess::Write,
        };
        set.push((principal, access));
    }
    let mut change = session.collections().change(session.cloud.now()).await?;
    for (principal, access) in set {
        change.share(view.collection.id, &principal, Some(access)).await?;
    }
    for href in &request.remove {
        // Who is gone from the accounts can still be gone from the shares.
        let known = find_principal(session, href).await?;
        let principal = known.or_else(|| plain(href).map(str::to_owned));
        if let Some(principal) = principal {
            change.unshare(view.collection.id, &principal).await?;
        }
    }
    change.commit().await?;
    Ok(answer::empty(StatusCode::OK))
}

/// Nextcloud says 200 and does nothing, which leaves people waiting for a share that is not there.
fn unknown(href: &str) -> DavError {
    let condition = Element::new(Name::dav("recognized-principal"));
    DavError::violates("Forbidden", format!("There is no user or group {href}"), condition)
}

/// `users/{id}` or `groups/{id}` in `principal:principals/users/{id}`.
fn plain(href: &str) -> Option<&str> {
    let path = href.trim().strip_prefix("principal:").unwrap_or(href.trim());
    let path = path.trim_start_matches('/').strip_prefix("principals/")?;
    let path = path.trim_end_matches('/');
    (path.starts_with("users/") || path.starts_with("groups/")).then_some(path)
}

/// The user or group that an address means.
pub(super) async fn find_principal(session: &Session, href: &str) -> Result<Option<String>, DavError> {
    let href = href.trim();
    let accounts = session.cloud.accounts();
    if let Some(address) = strip_mailto(href) {
        let found = accounts.find_by_login(&nc_auth::LoginName::new(address)).await?;
        let found = found.filter(|account| {
            account
                .email
                .as_deref()
                .is_some_and(|email| email.eq_ignore_ascii_case(address))
        });
        return Ok(found.map(|account| format!("users/{}", account.id)));
    }
    let decoded = match plain(href) {
        Some(path) => Some(path.split('/').map(str::to_owned).collect::<Vec<_>>()),
        None => session.names_of(href).ok().and_then(|names| {
            names
                .strip_prefix(&["principals".to_owned()][..])
                .map(<[String]>::to_vec)
        }),
    };
    let Some([kind, id]) = decoded.as_deref() else {
        return Ok(None);
    };
    let id = nc_proto::dav::decode_segment(id).unwrap_or_else(|_| id.clone());
    let exists = match kind.as_str() {
        "users" => session.cloud.find_user(&UserId::new(id.as_str())).await?.is_some(),
        "groups" => !accounts.list_members(&id).await?.is_empty(),
        _ => false,
    };
    Ok(exists.then(|| format!("{kind}/{id}")))
}

/// The address behind `mailto:`.
pub(super) fn strip_mailto(href: &str) -> Option<&str> {
    let (scheme, address) = href.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case("mailto:").then(|| address.trim())
}

/// The name of a user or group.
pub(super) async fn display_name(session: &Session, principal: &str) -> Result<String, DavError> {
    match principal.strip_prefix("users/") {
        Some(id) => Ok(session.cloud.display_name(&UserId::new(id)).await?.to_string()),
        None => Ok(principal.strip_prefix("groups/").unwrap_or(principal).to_owned()),
    }
}
