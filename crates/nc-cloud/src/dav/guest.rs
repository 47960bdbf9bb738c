//! What shares with people on other servers open, as WebDAV: `/public.php/webdav/…`, where the credential chooses the share,
//! and `/ocm/dav/{share}/…`.
//!
//! No user is signed in here, and no credential of a user is looked at: what came is shown to [`ShareAuth`] and to nobody
//! else. What it gives is a share, and nothing of it is ever handed to a handler for users.
//!
//! [`ShareAuth`]: nc_auth::federation::ShareAuth

mod jail;
mod who;

use axum::{body::Body, extract::FromRequestParts, response::Response};
use http::{header, request::Parts};
use nc_auth::federation::{SharePrincipal, ShareRefusal};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

pub(super) use self::jail::Jail;
use super::{
    DavError, files,
    place::{self, Area, Place},
    public::{check_kind, stranger},
    visit::{Visit, need},
    watch::Watch,
};
use crate::{
    BaseUrl, Cloud, Federated,
    content::{ContentError, FileId, guest_of},
    sharing::{Tree, for_kind},
};

/// An address at which shares are served.
pub(super) struct Mount {
    /// What comes before the share.
    base: DavPath,
    /// The share, where the address has to name it.
    share_id: Option<String>,
    /// What follows.
    path: DavPath,
}

impl Mount {
    /// `None` for an address that no share is served at.
    pub(super) fn of(path: &DavPath) -> Option<Self> {
        let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
        match names.as_slice() {
            ["public.php", "webdav", rest @ ..] => Some(Self {
                base: DavPath::from_names(["public.php", "webdav"]),
                share_id: None,
                path: DavPath::from_names(rest.iter().copied()),
            }),
            ["ocm", "dav", share, rest @ ..] => Some(Self {
                base: DavPath::from_names(["ocm", "dav"]),
                share_id: Some((*share).to_owned()),
                path: DavPath::from_names(rest.iter().copied()),
            }),
            _ => None,
        }
    }

    /// Whether links are opened here as well.
    pub(super) const fn opens_links(&self) -> bool {
        self.share_id.is_none()
    }
}

/// Answers a request at a mount.
pub(super) async fn serve(
    cloud: Cloud,
    federated: &Federated,
    mount: Mount,
    mut parts: Parts,
    body: Body,
) -> Result<Response, DavError> {
    let principal = match who::authenticate(federated, &mount, &parts).await {
        Ok(principal) => principal,
        Err(refused) => return Ok(refused),
    };
    let Ok(base_url) = BaseUrl::from_request_parts(&mut parts, &cloud).await;
    let tree = open(&cloud, &principal).await?;
    let watch = Watch::new(federated.auth.clone(), principal.clone());
    let visit = visit(cloud, mount, parts, &principal, tree, &base_url);
    let writes = visit.method == "PUT";
    let body = if writes { watch.incoming(body) } else { body };
    let served = serve_within(&visit, body).await;
    if writes && watch.has_ended() {
        if federated.auth.is_still_good(&principal, SharePermissions::NONE).await {
            return Err(DavError::forbidden("The share does not allow writing any more"));
        }
        let challenges = vec![r#"Bearer error="invalid_token""#.to_owned()];
        return Ok(who::refuse(ShareRefusal::Unauthorized { challenges }));
    }
    Ok(served?.map(|body| watch.outgoing(body)))
}

/// What a share opens: the file or folder as the one who shares it reaches it now, with what both allow.
async fn open(cloud: &Cloud, principal: &SharePrincipal) -> Result<Tree, DavError> {
    let failed = |error| match error {
        ContentError::Storage(error) => DavError::from(error),
        _ => DavError::nothing(),
    };
    let theirs = Tree::of_user(cloud.content(), cloud.shares(), &principal.owner).await;
    let located = theirs.map_err(failed)?.locate(FileId(principal.node)).await;
    let located = located.map_err(failed)?.filter(|(spot, root)| {
        // A whole home is never shared, and who may not share any more shares nothing.
        !root.path.is_root() && spot.allows(SharePermissions::READ.with(SharePermissions::SHARE))
    });
    let (spot, root) = located.ok_or_else(DavError::nothing)?;
    let permissions = for_kind(principal.permissions.limited_to(spot.permissions), root.is_folder());
    let guest = guest_of(&principal.share_id);
    Ok(Tree::of_guest(&spot, root, &guest, permissions))
}

fn visit(cloud: Cloud, mount: Mount, parts: Parts, principal: &SharePrincipal, tree: Tree, own: &BaseUrl) -> Visit {
    let prefix = place::prefix(&cloud);
    let jail = Jail {
        base: prefix.join(&mount.base),
        share_id: principal.share_id.clone(),
        names_share: mount.share_id.is_some(),
        hosts: hosts(&parts, own),
    };
    // Peers append the share's id to the address where the credential alone would do.
    let (base, path) = match mount.path.names() {
        _ if jail.names_share => (jail.base.child(&*jail.share_id), mount.path),
        [share, rest @ ..] if *share == jail.share_id => (
            jail.base.child(&*jail.share_id),
            DavPath::from_names(rest.iter().cloned()),
        ),
        _ => (jail.base.clone(), mount.path),
    };
    let place = Place {
        area: Area::Files,
        prefix,
        base,
        path,
    };
    let mut visit = Visit::new(cloud, stranger(), place, parts);
    visit.link = Some(tree);
    visit.jail = Some(jail);
    visit
}

/// By which hosts the sender knows us: that of our address, and the one that it said.
fn hosts(request: &Parts, own: &BaseUrl) -> Vec<String> {
    let said = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let said = said.or_else(|| request.uri.authority().map(http::uri::Authority::as_str));
    [Some(own.authority()), said]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// What may be done, beyond what [`files::serve`] looks at.
async fn serve_within(visit: &Visit, body: Body) -> Result<Response, DavError> {
    let is_root = visit.path().is_root();
    let tree = visit.tree().await?;
    match visit.method.as_str() {
        "OPTIONS" => return Ok(files::options()),
        "DELETE" | "MOVE" if is_root => {
            return Err(DavError::forbidden("What is shared can be neither deleted nor moved"));
        }
        "GET" | "HEAD" | "PROPFIND" | "PUT" | "MKCOL" | "DELETE" | "MOVE" | "COPY" | "LOCK" => {}
        "PROPPATCH" | "UNLOCK" => {
            let found = tree.find(visit.path()).await.map_err(|error| visit.refuse(error))?;
            need(&found.spot, files::to_write(&found))?;
        }
        // Every report on files tells of marks that people with accounts made.
        "REPORT" => return Err(DavError::unknown_report()),
        _ => return Err(DavError::forbidden("Not allowed with shares")),
    }
    check_kind(visit, &tree)?;
    files::serve(visit, body).await
}
