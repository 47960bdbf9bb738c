use nc_provider::admin::{Admin, AdminError, NewClaim, WhichClient, describe_claim};
use serde_json::json;

use super::{Shown, Trouble};
use crate::cli::admin::CreateClaim;

pub(super) async fn create(admin: &Admin<'_>, said: CreateClaim) -> Shown {
    let CreateClaim {
        name,
        scope,
        client_id,
        function,
        parameter,
        former_parameter,
    } = said;
    // Formerly: client, name, scope. Where the third names a client it is meant, as in the app `oidc`.
    let is_former =
        former_parameter.is_some() || (!is_client(admin, &client_id).await? && is_client(admin, &name).await?);
    let (name, scope, client_id) = if is_former {
        (scope, client_id, name)
    } else {
        (name, scope, client_id)
    };
    let new = NewClaim {
        scope,
        name,
        function,
        parameter: parameter.or(former_parameter),
    };
    let claim = admin.put_claim(WhichClient::Id(&client_id), new).await?;
    Ok(describe_claim(&claim))
}

async fn is_client(admin: &Admin<'_>, id: &str) -> Result<bool, Trouble> {
    match admin.list_claims(Some(WhichClient::Id(id))).await {
        Ok(_) => Ok(true),
        Err(AdminError::Missing(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// By client and name, or by the claim's number alone.
pub(super) async fn remove(admin: &Admin<'_>, client_or_number: &str, name: Option<&str>) -> Shown {
    let number = match name {
        Some(name) => {
            let claims = admin.list_claims(Some(WhichClient::Id(client_or_number))).await?;
            let found = claims.into_iter().find(|claim| claim.claim.name == name);
            found.ok_or(AdminError::Missing("claim"))?.claim.id
        }
        None => client_or_number
            .parse()
            .map_err(|_| Trouble::Usage("name the client and the claim, or the claim's number".to_owned()))?,
    };
    admin.remove_claim(number).await?;
    Ok(json!({ "removed": number }))
}
