//! What links open, as WebDAV: `/public.php/dav/files/{token}/…`, and `/public.php/webdav/…` with the token as user name.
//! The latter, and `/ocm/dav/{share}/…`, also serve shares with people on other servers: see [`guest`].
//!
//! Nobody is signed in here. The only credential that is looked at is the link's own password, sent as that of any user.

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderValue, header, request::Parts};
use nc_auth::{Grants, ScopeSet, basic};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, Multistatus, Propfind},
};
use nc_web::ClientAddress;
use secrecy::{ExposeSecret, SecretString};

use super::{
    CLASSES, DavError, answer, files,
    guest::{self, Mount},
    place::{self, Area, Place},
    properties::{Describer, Item},
    propfind, put,
    visit::Visit,
};
use crate::{
    Cloud, SignedIn,
    auth::{Credential, Refusal, SignedInBy},
    content::Precondition,
    routes::{Access, Routes, Surface},
    sharing::{Found, Link, Tree, nobody, numbered},
};

pub(super) fn routes(cloud: &Cloud) -> Routes {
    let serve = any(serve);
    Routes::new(Surface::Dav, cloud)
        .subtree("/public.php/dav/files", Access::Public, &serve)
        .subtree("/public.php/webdav", Access::Public, &serve)
        .subtree("/ocm/dav", Access::Public, &serve)
}

async fn serve(State(cloud): State<Cloud>, request: Request) -> Response {
    let head = request.method() == "HEAD";
    let answer = respond(cloud, request).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    response
        .headers_mut()
        .entry("dav")
        .or_insert(HeaderValue::from_static(CLASSES));
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// What a request says about who may open the link.
struct Key {
    token: String,
    password: Option<SecretString>,
}

async fn respond(cloud: Cloud, request: Request) -> Result<Response, DavError> {
    let (parts, body) = request.into_parts();
    let path = place::decode(parts.uri.path())?;
    if let Some(mount) = Mount::of(&path)
        && let Some(federated) = cloud.federated().cloned()
    {
        // A link's token opens the link, as ever; it is never looked for among the secrets of shares, nor they among links.
        if !mount.opens_links() || !names_a_link(&cloud, &parts).await? {
            return guest::serve(cloud, &federated, mount, parts, body).await;
        }
    }
    let (key, names) = key(&parts, &path)?;
    let link = cloud.find_link(&key.token).await?;
    let link = link.ok_or_else(DavError::no_link)?;
    open(&cloud, &link, &parts, key.password).await?;
    let tree = link.tree(&cloud).await;
    let tree = tree.map_err(|_| DavError::no_link())?.ok_or_else(DavError::no_link)?;
    let prefix = place::prefix(&cloud);
    let place = Place {
        area: Area::Files,
        base: prefix.join(&DavPath::from_names(&path.names()[..names])),
        prefix,
        path: DavPath::from_names(&path.names()[names..]),
    };
    let mut visit = Visit::new(cloud, stranger(), place, parts);
    visit.link = Some(tree.clone());
    if visit.method == "OPTIONS" {
        return Ok(files::options());
    }
    let found = tree.find(visit.path()).await;
    let found = found.map_err(|error| visit.refuse(error))?;
    if !found.spot.allows(SharePermissions::READ) {
        return drop_in(&visit, &tree, found, body).await;
    }
    check_kind(&visit, &tree)?;
    match visit.method.as_str() {
        "GET" | "HEAD" | "PROPFIND" | "PUT" | "MKCOL" | "DELETE" | "MOVE" | "COPY" => files::serve(&visit, body).await,
        _ => Err(DavError::forbidden("Not allowed with links")),
    }
}

/// Whether the one credential of a request is a link's token.
async fn names_a_link(cloud: &Cloud, request: &Parts) -> Result<bool, DavError> {
    match Credential::read(&request.headers) {
        Ok(Some(Credential::Basic { login, .. })) => Ok(cloud.find_link(login.as_str()).await?.is_some()),
        _ => Ok(false),
    }
}

/// Token and password, and how many names of the path belong to the address of the link.
fn key(request: &Parts, path: &DavPath) -> Result<(Key, usize), DavError> {
    let value = request.headers.get(header::AUTHORIZATION);
    let basic = value.and_then(|value| value.to_str().ok()).and_then(basic::parse);
    let basic = basic.and_then(Result::ok);
    let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
    match (names.as_slice(), basic) {
        (["public.php", "dav", "files", token, ..], basic) => {
            let token = (*token).to_owned();
            let password = basic.map(|(_, password)| password);
            Ok((Key { token, password }, 4))
        }
        (["public.php", "webdav", ..], Some((login, password))) => {
            let token = login.as_str().to_owned();
            // Programs send an empty one where there is none.
            let password = Some(password).filter(|password| !password.expose_secret().is_empty());
            Ok((Key { token, password }, 2))
        }
        (["public.php", "webdav", ..], None) => Err(DavError::not_authenticated("")),
        (["ocm", ..], _) => Err(DavError::nothing()),
        _ => Err(DavError::not_allowed("Listing members of this collection is disabled")),
    }
}

async fn open(cloud: &Cloud, link: &Link, request: &Parts, password: Option<SecretString>) -> Result<(), DavError> {
    let given = password.is_some();
    let address = request.extensions.get::<ClientAddress>().copied();
    match link.opens(cloud, password, address).await {
        Ok(true) => Ok(()),
        Ok(false) if given => Err(DavError::not_authenticated("Username or password was incorrect")),
        Err(Refusal::Throttled { retry_after_s }) => Err(DavError::too_many_attempts(retry_after_s)),
        Err(Refusal::Failed(error)) => {
            tracing::error!(
                error = error.as_ref() as &dyn std::error::Error,
                "a password could not be checked"
            );
            Err(DavError::from(crate::Error::Internal(
                "a password could not be checked",
            )))
        }
        Ok(false) | Err(_) => Err(DavError::not_authenticated("")),
    }
}

/// Sends a file that a link opens, for the link's page.
pub(crate) async fn download(cloud: &Cloud, tree: &Tree, path: DavPath, parts: Parts) -> Response {
    let place = Place {
        area: Area::Files,
        prefix: DavPath::root(),
        base: DavPath::root(),
        path,
    };
    let mut visit = Visit::new(cloud.clone(), stranger(), place, parts);
    visit.link = Some(tree.clone());
    let sent = files::serve(&visit, Body::empty()).await;
    sent.unwrap_or_else(IntoResponse::into_response)
}

pub(super) fn stranger() -> SignedIn {
    SignedIn {
        user: nobody(),
        grants: Grants::Only(ScopeSet::EMPTY),
        by: SignedInBy::Token,
    }
}

/// A single file has nothing below it.
pub(super) fn check_kind(visit: &Visit, tree: &Tree) -> Result<(), DavError> {
    let is_file = tree.mounted().iter().any(|mounted| !mounted.root.is_folder());
    if is_file && !visit.path().is_root() && matches!(visit.method.as_str(), "PUT" | "MKCOL" | "LOCK") {
        return Err(DavError::conflict(
            "Files can only be created as children of collections",
        ));
    }
    Ok(())
}

/// A folder that takes files and shows none. Nothing that is answered tells what is there: what has a name that is taken gets
/// another one.
async fn drop_in(visit: &Visit, tree: &Tree, found: Found, body: Body) -> Result<Response, DavError> {
    match (visit.method.as_str(), visit.path().names()) {
        ("PROPFIND", []) => {
            let question = Propfind::parse(&visit.read_body(body).await?)?;
            propfind::check_count(&question)?;
            let item = Item::found(found).ok_or_else(DavError::nothing)?;
            let described = Describer::new(visit, tree, &question).await?.describe(&item).await?;
            Ok(answer::multistatus(&Multistatus {
                responses: vec![described],
                sync_token: None,
            }))
        }
        ("PUT", [name]) if found.spot.allows(SharePermissions::CREATE) => {
            let mut number = 1;
            let mut spot = found.spot;
            let folder = spot.path.parent().unwrap_or_default();
            loop {
                spot.path = folder.child(numbered(name, number));
                let there = spot.home.find(&spot.path).await;
                if there.map_err(|error| visit.refuse_at(&spot, error))?.is_none() {
                    break;
                }
                number += 1;
            }
            put::serve(visit, &spot, Precondition::CreateOnly, body).await
        }
        _ => Err(DavError::forbidden("")),
    }
}
