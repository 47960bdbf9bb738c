use axum::{extract::State, response::Response};
use nc_auth::UserId;
use nc_proto::apps::sharing::{self, SharePermissions};
use serde_json::Value;

use super::{Call, NO_FILE, federated, wish};
use crate::{
    BaseUrl, Cloud, SignedIn,
    accounts::is_mail_address,
    ocs::{Failure, Ocs},
    random,
    sharing::{Found, ShareType, expose::absolute, input::Input, links::TOKEN_LENGTH, store::NewShare},
};

const NO_ACCOUNT: Failure = Failure::new(404, "Please specify a valid account to share with");

/// `POST …/shares`.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    signed_in: SignedIn,
    input: Input,
) -> Response {
    let made = async {
        let call = Call::new(&cloud, &signed_in, &base).await?;
        create_now(&call, &input).await
    };
    ocs.answer(made.await)
}

async fn create_now(call: &Call<'_>, input: &Input) -> Result<Value, Failure> {
    let path = input.text("path");
    let path = path.ok_or(Failure::new(404, "Please specify a file or folder path"))?;
    let found = call.find(&path).await?;
    let share_type = share_type(input)?;
    let share_with = receiver(call, &found, share_type, input).await?;
    let spot = &found.spot;
    let entry = found.stored.as_ref().ok_or(NO_FILE)?;
    if entry.path.is_root() {
        return Err(Failure::new(403, "You cannot share your root folder"));
    }
    if !spot.allows(SharePermissions::SHARE) || !spot.allows(SharePermissions::READ) {
        let path = absolute(&spot.shown_path(&entry.path));
        return Err(Failure::saying(404, format!("You are not allowed to share {path}")));
    }
    if let (true, Some(with)) = (share_type.remote_kind().is_some(), &share_with) {
        return federated::create(call, input, share_type, with.clone(), spot, entry).await;
    }
    // The same again gives what is there, unchanged.
    if !share_type.is_public() {
        let mut same = call.cloud.shares().list_of(entry.id).await?;
        same.retain(|share| share.share_type == share_type && share.share_with == share_with);
        if let Some(known) = same.iter().find(|share| share.owner == call.signed_in.user) {
            return call.show_one(known.id).await;
        }
    }
    let is_folder = entry.is_folder();
    let permissions = match wish::permissions(input, share_type, is_folder, spot.permissions)? {
        Some(permissions) => permissions,
        None => wish::usual_permissions(share_type, is_folder, spot.permissions)?,
    };
    let expires_at = wish::expires_at(input, call.cloud.now())?.or(None);
    let mut attributes = wish::attributes(input)?.or(None);
    if !spot.may_download {
        // Who may only look at it cannot let others take it away.
        attributes = Some(sharing::Attribute::NO_DOWNLOAD.to_owned());
    }
    let password_hash = if share_type.is_public() {
        wish::password_hash(call.cloud, input).await?.or(None)
    } else {
        None
    };
    let token = share_type.is_public().then(|| random::secret_text(TOKEN_LENGTH));
    let id = call
        .cloud
        .shares()
        .create(NewShare {
            share_type,
            file: entry.id,
            file_owner: spot.home.user().clone(),
            owner: call.signed_in.user.clone(),
            share_with,
            permissions,
            target_name: entry.name().to_owned(),
            token: token.transpose()?,
            password_hash,
            label: wish::label(input)?.unwrap_or_default(),
            note: wish::note(input)?.unwrap_or_default(),
            hide_download: share_type.is_public() && input.flag("hideDownload").unwrap_or_default(),
            attributes,
            expires_at,
        })
        .await?;
    call.show_one(id).await
}

fn share_type(input: &Input) -> Result<ShareType, Failure> {
    let unknown = || Failure::new(400, "Unknown share type");
    let number = input.integer("shareType")?.ok_or_else(unknown)?;
    match ShareType::from_number(number) {
        Some(known) => Ok(known),
        None if sharing::ShareType::NAMED.iter().any(|kind| kind.number() == number) => Err(federated::NOT_HERE),
        None => Err(unknown()),
    }
}

/// With whom: somebody or something that is there, and not the one who shares.
async fn receiver(
    call: &Call<'_>,
    found: &Found,
    share_type: ShareType,
    input: &Input,
) -> Result<Option<String>, Failure> {
    let with = input.text("shareWith").filter(|with| !with.is_empty());
    match share_type {
        ShareType::User => {
            let id = UserId::new(with.ok_or(NO_ACCOUNT)?);
            let account = call.cloud.find_user(&id).await?.ok_or(NO_ACCOUNT)?;
            if id == call.signed_in.user {
                return Err(Failure::new(403, "Cannot share with yourself"));
            }
            if id == *found.spot.home.user() {
                return Err(Failure::new(403, "Cannot share with the share owner"));
            }
            Ok(Some(account.id))
        }
        ShareType::Group => {
            let no_group = || Failure::new(404, "Please specify a valid group");
            let group = with.ok_or_else(no_group)?;
            if call.cloud.accounts().list_members(&group).await?.is_empty() {
                return Err(no_group());
            }
            Ok(Some(group))
        }
        ShareType::Remote | ShareType::RemoteGroup => federated::receiver(call, share_type, input).map(Some),
        ShareType::Link => Ok(None),
        ShareType::Mail => {
            let with = with.filter(|with| is_mail_address(with));
            with.map(Some)
                .ok_or(Failure::new(404, "Please specify a valid email address"))
        }
    }
}
