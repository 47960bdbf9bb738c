//! What people on other servers share with the one who asks. Names of owners and files are texts of strangers.

use axum::{
    extract::State,
    response::Response,
    routing::{get, post},
};
use md5::{Digest, Md5};
use nc_auth::federation::{Federation, FederationError, InShare, InShareState, RemoteKind};
use serde_json::{Value, json};

use super::SHARING;
use crate::{
    Cloud, SignedIn,
    address::Path,
    ocs::{Failure, Ocs},
    routes::Routes,
    sharing::{expose::absolute, federated::refusal},
};

const NONE_PENDING: Failure = Failure::new(404, "wrong share ID, share does not exist.");
const NONE: Failure = Failure::new(404, "share does not exist");

pub(super) fn routes(routes: Routes, api: &str) -> Routes {
    let at = |path: &str| format!("{api}/remote_shares{path}");
    routes
        .at(&at(""), SHARING, get(list))
        .at(&at("/pending"), SHARING, get(list_pending))
        .at(&at("/pending/{id}"), SHARING, post(accept).delete(decline))
        .at(&at("/{id}"), SHARING, get(get_one).delete(remove))
}

/// `GET …/remote_shares`: what was accepted.
async fn list(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    ocs.answer(list_now(&cloud, &signed_in, false).await)
}

/// `GET …/remote_shares/pending`: what waits for an answer.
async fn list_pending(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    ocs.answer(list_now(&cloud, &signed_in, true).await)
}

async fn list_now(cloud: &Cloud, signed_in: &SignedIn, pending: bool) -> Result<Value, Failure> {
    let Some(federated) = cloud.federated() else {
        return Ok(json!([]));
    };
    let shares = federated.shares.incoming(&signed_in.user, pending).await;
    Ok(shares.map_err(refusal)?.iter().map(show).collect())
}

/// `GET …/remote_shares/{id}`.
async fn get_one(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<String>) -> Response {
    let shown = async {
        let share = find(&cloud, &signed_in, &id).await?.ok_or(NONE)?;
        let mut shown = show(&share);
        shown["password"] = "".into();
        let place = shown["mountpoint"].as_str().unwrap_or_default();
        shown["mountpoint_hash"] = hex::encode(Md5::digest(place)).into();
        Ok(shown)
    };
    ocs.answer(shown.await)
}

/// `POST …/remote_shares/pending/{id}`.
async fn accept(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<String>) -> Response {
    let accepted = async {
        let share = find(&cloud, &signed_in, &id).await?.ok_or(NONE_PENDING)?;
        let user = signed_in.user.clone();
        change(&cloud, move |federation| async move {
            federation.accept(&user, share.number).await.map(drop)
        })
        .await
    };
    ocs.answer(accepted.await)
}

/// `DELETE …/remote_shares/pending/{id}`.
async fn decline(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<String>) -> Response {
    ocs.answer(end(&cloud, &signed_in, &id, true).await)
}

/// `DELETE …/remote_shares/{id}`: it goes away from among the files.
async fn remove(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, Path(id): Path<String>) -> Response {
    ocs.answer(end(&cloud, &signed_in, &id, false).await)
}

async fn end(cloud: &Cloud, signed_in: &SignedIn, id: &str, pending: bool) -> Result<Value, Failure> {
    let none = || if pending { NONE_PENDING } else { NONE };
    let share = find(cloud, signed_in, id).await?.ok_or_else(none)?;
    if (share.state == InShareState::Pending) != pending {
        return Err(none());
    }
    let user = signed_in.user.clone();
    change(cloud, move |federation| async move {
        federation.decline(&user, share.number).await
    })
    .await
}

/// A share that is for the one who asks, unless it was declined or has ended.
async fn find(cloud: &Cloud, signed_in: &SignedIn, id: &str) -> Result<Option<InShare>, Failure> {
    let (Some(federated), Ok(number)) = (cloud.federated(), id.parse()) else {
        return Ok(None);
    };
    match federated.shares.incoming_one(&signed_in.user, number).await {
        Ok(share) if matches!(share.state, InShareState::Declined | InShareState::Dead) => Ok(None),
        Ok(share) => Ok(Some(share)),
        Err(FederationError::NotFound) => Ok(None),
        Err(error) => Err(refusal(error)),
    }
}

/// Does a change to its end, even if the client goes away.
async fn change<F>(cloud: &Cloud, work: impl FnOnce(std::sync::Arc<dyn Federation>) -> F) -> Result<Value, Failure>
where
    F: Future<Output = Result<(), FederationError>> + Send + 'static,
{
    let federated = cloud.federated().ok_or(NONE_PENDING)?;
    let done = tokio::spawn(work(federated.shares.clone())).await;
    let done = done.map_err(|_| crate::Error::Internal("a task was lost"))?;
    done.map_err(|error| match error {
        FederationError::NotFound => NONE_PENDING,
        error => refusal(error),
    })?;
    Ok(json!([]))
}

fn show(share: &InShare) -> Value {
    let name = format!("/{}", share.name);
    let place = match &share.mount_point {
        Some(place) => absolute(place),
        // How Nextcloud writes that it has no place yet.
        None => format!("{{{{TemporaryMountPointName#{name}}}}}"),
    };
    let is_accepted = share.state != InShareState::Pending;
    let mut shown = json!({
        "id": share.number,
        "share_type": match share.kind { RemoteKind::User => 0, RemoteKind::Group => 1 },
        "parent": -1,
        "remote": share.remote,
        "remote_id": share.remote_id,
        // The secret at Nextcloud. Nobody but the other server needs it.
        "share_token": "",
        "name": name,
        "owner": share.owner,
        "user": share.user.as_str(),
        "mountpoint": place,
        "accepted": u8::from(is_accepted),
    });
    if is_accepted {
        // Nextcloud tells these when the other server answers.
        shown["type"] = if share.is_folder { "dir" } else { "file" }.into();
        shown["permissions"] = share.permissions.bits().into();
    }
    shown
}
