//! What others share with the one who asks.

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{Call, NO_SHARE};
use crate::{
    BaseUrl, Cloud, SignedIn,
    address::Path,
    ocs::{Failure, Ocs},
    sharing::{Share, ShareType, store::State as Made},
};

/// What others share and the one who asks accepted, of the file at `path` if one is given.
pub(super) async fn list(call: &Call<'_>, path: Option<&str>) -> Result<Value, Failure> {
    let mut shares = living(call, Made::Accepted).await?;
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        let entry = call.find(path).await?.stored;
        shares.retain(|share| entry.as_ref().is_some_and(|entry| entry.id == share.file));
    }
    call.viewer.show_all(&shares).await
}

/// What is shared by people who still may.
async fn living(call: &Call<'_>, made: Made) -> Result<Vec<Share>, Failure> {
    let shares = call.cloud.shares();
    let mut living = Vec::new();
    for mut share in shares.list_received(&call.signed_in.user, made).await? {
        if let Some(effective) = shares.effective(&share).await? {
            share.permissions = effective.permissions;
            living.push(share);
        }
    }
    Ok(living)
}

/// `GET …/shares/pending`: what waits to be accepted.
pub(super) async fn list_pending(State(cloud): State<Cloud>, ocs: Ocs, base: BaseUrl, signed_in: SignedIn) -> Response {
    let listed = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        let shares = living(&call, Made::Pending).await?;
        call.viewer.show_all(&shares).await
    };
    ocs.answer(listed.await)
}

/// `POST …/shares/pending/{id}`.
pub(super) async fn accept(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let accepted = async {
        let share = received(&cloud, &signed_in, &id, Made::Pending).await?;
        cloud
            .shares()
            .set_state(share.id, &signed_in.user, Made::Accepted)
            .await?;
        Ok(json!([]))
    };
    ocs.answer(accepted.await)
}

/// `DELETE …/shares/pending/{id}`.
pub(super) async fn decline(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let declined = async {
        let share = received(&cloud, &signed_in, &id, Made::Pending).await?;
        cloud.shares().leave_one(&signed_in.user, &share).await?;
        Ok(json!([]))
    };
    ocs.answer(declined.await)
}

/// `GET …/deletedshares`: what is shared with a group, and went out of sight.
pub(super) async fn list_deleted(State(cloud): State<Cloud>, ocs: Ocs, base: BaseUrl, signed_in: SignedIn) -> Response {
    let listed = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        let mut shares = living(&call, Made::Declined).await?;
        shares.retain(|share| share.share_type == ShareType::Group);
        call.viewer.show_all(&shares).await
    };
    ocs.answer(listed.await)
}

/// `POST …/deletedshares/{id}`: brings it back.
pub(super) async fn restore(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let restored = async {
        let share = received(&cloud, &signed_in, &id, Made::Declined).await?;
        cloud
            .shares()
            .set_state(share.id, &signed_in.user, Made::Accepted)
            .await?;
        Ok(json!([]))
    };
    ocs.answer(restored.await)
}

/// A share for the one who asks, who made that of it.
async fn received(cloud: &Cloud, signed_in: &SignedIn, id: &str, made: Made) -> Result<Share, Failure> {
    let id = id.parse().map_err(|_| NO_SHARE)?;
    let share = cloud.shares().find(id).await?.ok_or(NO_SHARE)?;
    let state = cloud.shares().state_for(&signed_in.user, id).await?;
    if state == Some(made) { Ok(share) } else { Err(NO_SHARE) }
}
