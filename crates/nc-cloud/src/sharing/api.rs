//! The OCS interface `files_sharing`: who shares what with whom.
//!
//! Shares with teams, rooms and guests are refused, those with other clouds where this one is joined to none. No mail is ever sent: a share with a mail address is a
//! link that somebody has to send.

mod create;
mod federated;
mod received;
mod remote;
mod update;
mod wish;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::StatusCode;
use nc_auth::Scope;
use nc_proto::dav::DavPath;
use serde_json::{Value, json};

use super::{
    Share, Tree,
    expose::{Viewer, absolute},
    federated::number_of,
    input::Input,
    pages, sharees,
};
use crate::{
    BaseUrl, Cloud, SignedIn,
    address::Path,
    ocs::{Failure, Ocs},
    routes::{Access, Routes, Surface},
    sharing::Found,
};

const SHARING: Access = Access::scoped(Scope::SharingRead, Scope::SharingWrite);

const NO_SHARE: Failure = Failure::new(404, "Wrong share ID, share does not exist");
const NO_FILE: Failure = Failure::new(404, "Wrong path, file/folder does not exist");

pub(crate) fn routes(cloud: &Cloud) -> Routes {
    let api = "/apps/files_sharing/api/v1";
    let at = |path: &str| format!("{api}{path}");
    let ocs = Routes::new(Surface::Ocs, cloud)
        .at(&at("/shares"), SHARING, get(list).post(create::create))
        .at(&at("/shares/inherited"), SHARING, get(list_inherited))
        .at(&at("/shares/pending"), SHARING, get(received::list_pending))
        .at(
            &at("/shares/pending/{id}"),
            SHARING,
            post(received::accept).delete(received::decline),
        )
        .at(
            &at("/shares/{id}"),
            SHARING,
            get(get_one).put(update::update).delete(delete),
        )
        .at(&at("/deletedshares"), SHARING, get(received::list_deleted))
        .at(&at("/deletedshares/{id}"), SHARING, post(received::restore))
        .at(&at("/sharees"), SHARING, get(sharees::search))
        .at(&at("/sharees_recommended"), SHARING, get(sharees::recommend));
    remote::routes(ocs, api)
        .and(Routes::new(Surface::App, cloud).at(
            "/apps/files_sharing/settings/defaultAccept",
            SHARING,
            put(set_default_accept),
        ))
        .and(pages::routes(cloud))
}

/// What every call needs.
struct Call<'a> {
    cloud: &'a Cloud,
    signed_in: &'a SignedIn,
    viewer: Viewer<'a>,
}

impl<'a> Call<'a> {
    async fn new(cloud: &'a Cloud, signed_in: &'a SignedIn, base: &BaseUrl) -> Result<Self, Failure> {
        let user = &signed_in.user;
        let tree = Tree::of_user(cloud.content(), cloud.shares(), user).await?;
        Ok(Self {
            cloud,
            signed_in,
            viewer: Viewer {
                cloud,
                user,
                tree,
                base: base.as_str().to_owned(),
            },
        })
    }

    /// What is at a path of the one who asks.
    async fn find(&self, path: &str) -> Result<Found, Failure> {
        let path = DavPath::plain(path).map_err(|_| NO_FILE)?;
        let found = self.viewer.tree.find(&path).await?;
        if found.stored.is_none() {
            return Err(NO_FILE);
        }
        Ok(found)
    }

    /// A share that the one who asks may know of.
    async fn get(&self, id: &str) -> Result<Share, Failure> {
        let user = &self.signed_in.user;
        if let Some(number) = number_of(id) {
            return self.outgoing().find(number).await?.ok_or(NO_SHARE);
        }
        let id = id.parse().map_err(|_| NO_SHARE)?;
        let share = self.cloud.shares().find(id).await?.ok_or(NO_SHARE)?;
        let known = self.may_edit(&share) || self.cloud.shares().state_for(user, id).await?.is_some();
        if known { Ok(share) } else { Err(NO_SHARE) }
    }

    fn may_edit(&self, share: &Share) -> bool {
        let user = &self.signed_in.user;
        share.owner == *user || share.file_owner == *user
    }

    async fn show_one(&self, id: i64) -> Result<Value, Failure> {
        let share = self.cloud.shares().find(id).await?.ok_or(NO_SHARE)?;
        let shown = self.viewer.show(&share).await?;
        shown.map(Value::Object).ok_or(NO_SHARE)
    }
}

/// `GET …/shares`: what the one who asks shares; with `shared_with_me` what others share.
async fn list(State(cloud): State<Cloud>, ocs: Ocs, base: BaseUrl, signed_in: SignedIn, input: Input) -> Response {
    let listed = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        let flag = |name: &str| input.flag(name).unwrap_or_default();
        if flag("shared_with_me") {
            return received::list(&call, input.text("path").as_deref()).await;
        }
        let of_others = flag("reshares");
        let mut shares = cloud.shares().list_by(&signed_in.user, of_others).await?;
        shares.extend(call.outgoing().all(of_others).await?);
        if let Some(path) = input.text("path").filter(|path| !path.is_empty()) {
            let found = call.find(&path).await?;
            let entry = found.stored.ok_or(NO_FILE)?;
            if flag("subfiles") {
                if !entry.is_folder() {
                    return Err(Failure::new(400, "Not a directory"));
                }
                let inside = found.spot.home.list(&found.spot.path).await?;
                shares.retain(|share| inside.iter().any(|entry| entry.id == share.file));
            } else {
                shares.retain(|share| share.file == entry.id);
            }
        }
        call.viewer.show_all(&shares).await
    };
    ocs.answer(listed.await)
}

/// `GET …/shares/inherited`: shares of the folders above a file or folder.
async fn list_inherited(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    signed_in: SignedIn,
    input: Input,
) -> Response {
    let listed = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        let path = input.text("path").unwrap_or_default();
        call.find(&path).await?;
        let mut shares = cloud.shares().list_by(&signed_in.user, true).await?;
        shares.extend(call.outgoing().all(true).await?);
        let mut folder = DavPath::plain(&path).map_err(|_| NO_FILE)?.parent();
        let mut shown = Vec::new();
        while let Some(path) = folder.filter(|folder| !folder.is_root()) {
            let entry = call.viewer.tree.find(&path).await?.stored;
            let of_folder = shares
                .iter()
                .filter(|share| entry.as_ref().is_some_and(|entry| entry.id == share.file));
            for share in of_folder {
                if let Some(mut fields) = call.viewer.show(share).await? {
                    fields.insert("via_fileid".to_owned(), share.file.0.into());
                    fields.insert("via_path".to_owned(), absolute(&path).into());
                    shown.push(Value::Object(fields));
                }
            }
            folder = path.parent();
        }
        Ok(Value::Array(shown))
    };
    ocs.answer(listed.await)
}

/// `GET …/shares/{id}`.
async fn get_one(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let shown = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        let share = call.get(&id).await?;
        Ok(json!([call.show(&share).await?]))
    };
    ocs.answer(shown.await)
}

/// `DELETE …/shares/{id}`: who made it ends it; who has it by it leaves it.
async fn delete(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let deleted = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        let share = call.get(&id).await?;
        if share.federated_number().is_some() {
            federated::revoke(&call, &share).await?;
        } else if call.may_edit(&share) {
            cloud.shares().end(&share).await?;
        } else {
            cloud.shares().leave_one(&signed_in.user, &share).await?;
        }
        Ok(json!([]))
    };
    ocs.answer(deleted.await)
}

/// Whether what others share with the one who asks appears at once: `{"accept": true}`, as Nextcloud's settings page sends it.
async fn set_default_accept(State(cloud): State<Cloud>, signed_in: SignedIn, input: Input) -> Response {
    let Some(accept) = input.flag("accept") else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "message": "accept is needed" }))).into_response();
    };
    match cloud.shares().set_default_accept(&signed_in.user, accept).await {
        Ok(()) => Json(json!([])).into_response(),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a setting could not be stored"
            );
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
