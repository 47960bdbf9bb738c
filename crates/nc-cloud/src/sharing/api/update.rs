use axum::{extract::State, response::Response};
use serde_json::Value;

use super::{Call, NO_SHARE, federated, wish};
use crate::{
    BaseUrl, Cloud, SignedIn,
    address::Path,
    ocs::{Failure, Ocs},
    sharing::input::Input,
};

/// What can be changed.
const FIELDS: [&str; 9] = [
    "permissions",
    "password",
    "sendPasswordByTalk",
    "publicUpload",
    "expireDate",
    "note",
    "label",
    "hideDownload",
    "attributes",
];

/// `PUT …/shares/{id}`.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    signed_in: SignedIn,
    Path(id): Path<String>,
    input: Input,
) -> Response {
    let updated = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        update_now(&call, &id, &input).await
    };
    ocs.answer(updated.await)
}

async fn update_now(call: &Call<'_>, id: &str, input: &Input) -> Result<Value, Failure> {
    let mut share = call.get(id).await?;
    let before = share.clone();
    if !call.may_edit(&share) {
        return Err(Failure::new(403, "You are not allowed to edit incoming shares"));
    }
    if !FIELDS.iter().any(|field| input.has(field)) {
        return Err(Failure::new(400, "Wrong or no update parameter given"));
    }
    let is_public = share.share_type.is_public();
    let home = call.cloud.content().home(&share.file_owner).await?;
    let entry = home.find_by_id(share.file).await?.ok_or(NO_SHARE)?;
    // Not more than the one who shared it has; also when the file's owner is the one who changes it.
    let most = call
        .cloud
        .shares()
        .access(&share.owner, share.file, &share.file_owner)
        .await?;
    let most = most.ok_or(NO_SHARE)?;
    if let Some(permissions) = wish::permissions(input, share.share_type, entry.is_folder(), most.permissions)? {
        share.permissions = permissions;
    }
    share.expires_at = wish::expires_at(input, call.cloud.now())?.or(share.expires_at);
    if let Some(note) = wish::note(input)? {
        share.note = note;
    }
    if let Some(label) = wish::label(input)? {
        share.label = label;
    }
    if most.may_download {
        share.attributes = wish::attributes(input)?.or(share.attributes);
    }
    if is_public {
        let said = wish::password_hash(call.cloud, input).await?;
        share.password_hash = said.or(share.password_hash);
        if let Some(hide) = input.flag("hideDownload") {
            share.hide_download = hide;
        }
    }
    if share.federated_number().is_some() {
        federated::change(call, &before, &share).await?;
        let share = call.get(id).await?;
        return call.show(&share).await;
    }
    let id = share.id;
    call.cloud.shares().update(share).await?;
    call.show_one(id).await
}
