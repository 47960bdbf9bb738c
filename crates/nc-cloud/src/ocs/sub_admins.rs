//! Administrators of single groups, as Nextcloud's app `provisioning_api` has them. Only administrators of the cloud see and
//! make them.

use axum::{
    extract::{Request, State},
    response::Response,
};
use nc_auth::UserId;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Failure, Ocs, users::check_administers};
use crate::{Cloud, SignedIn, accounts::NoGroupAdministrator, address::Path, fields};

const NO_SUCH_USER: &str = "User does not exist";
const NO_SUCH_GROUP: &str = "Group does not exist";

const NO_ADMIN: &str = "Logged in account must be an admin, a sub admin or gotten special right to access this setting";

async fn is_account(cloud: &Cloud, user: &UserId) -> Result<bool, Failure> {
    Ok(cloud.accounts().find_standing(user).await?.is_some())
}

/// `GET …/cloud/users/{id}/subadmins`: the groups that somebody administers.
pub(super) async fn groups_of(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let user = UserId::new(id);
    let groups = async {
        check_administers(&cloud, &signed_in, NO_ADMIN).await?;
        if !is_account(&cloud, &user).await? {
            return Err(Failure::new(404, NO_SUCH_USER));
        }
        Ok(json!(cloud.accounts().list_administered_groups(&user).await?))
    };
    ocs.answer(groups.await)
}

/// `GET …/cloud/groups/{group}/subadmins`: who administers a group.
pub(super) async fn of_group(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(group): Path<String>,
) -> Response {
    let users = async {
        check_administers(&cloud, &signed_in, NO_ADMIN).await?;
        if !cloud.accounts().is_group(&group).await? {
            return Err(Failure::new(101, NO_SUCH_GROUP));
        }
        Ok(json!(cloud.accounts().list_group_administrators(&group).await?))
    };
    ocs.answer(users.await)
}

/// `POST …/cloud/users/{id}/subadmins` with `groupid`: makes somebody an administrator of that group.
pub(super) async fn add(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let user = UserId::new(id);
    let added = async {
        check_administers(&cloud, &signed_in, NO_ADMIN).await?;
        let group = group_of(request).await?;
        match cloud.accounts().add_group_administrator(&user, &group).await? {
            Ok(()) => Ok(json!([])),
            Err(NoGroupAdministrator::NoSuchUser) => Err(Failure::new(101, NO_SUCH_USER)),
            Err(NoGroupAdministrator::NoSuchGroup) => Err(Failure::new(102, NO_SUCH_GROUP)),
            Err(NoGroupAdministrator::GroupOfAdministrators) => {
                Err(Failure::new(103, "Cannot create sub-admins for admin group"))
            }
        }
    };
    ocs.answer(added.await)
}

/// `DELETE …/cloud/users/{id}/subadmins` with `groupid`: takes that group away again.
pub(super) async fn remove(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let user = UserId::new(id);
    let removed = async {
        check_administers(&cloud, &signed_in, NO_ADMIN).await?;
        let group = group_of(request).await?;
        if !is_account(&cloud, &user).await? {
            return Err(Failure::new(101, NO_SUCH_USER));
        }
        if !cloud.accounts().is_group(&group).await? {
            return Err(Failure::new(101, NO_SUCH_GROUP));
        }
        if !cloud.remove_group_administrator(&user, &group).await? {
            return Err(Failure::new(102, "User is not a sub-admin of this group"));
        }
        Ok(json!([]))
    };
    ocs.answer(removed.await)
}

/// The group that a request names: in its body, as a form or JSON, or in its address, which is where some clients put it when they delete.
async fn group_of(request: Request) -> Result<String, Failure> {
    let query = request.uri().query().unwrap_or_default();
    let by_address = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "groupid");
    let by_address = by_address.map(|(_, group)| group.into_owned());
    let mut body = fields::read(request, &())
        .await
        .map_err(|unreadable| Failure::new(400, unreadable.words()))?;
    match (body.remove("groupid"), by_address) {
        (Some(Value::String(group)), _) | (None, Some(group)) => Ok(group),
        _ => Err(Failure::new(400, "groupid is needed: the id of a group")),
    }
}
