//! Shares with people on other servers: Open Cloud Mesh.

use nc_auth::federation::{NewOutShare, OutShareChange};
use serde_json::Value;

use super::{Call, NO_SHARE, wish};
use crate::{
    Federated,
    content::Entry,
    ocs::Failure,
    sharing::{
        Share, ShareType, Spot,
        federated::{Outgoing, normal_address, refusal, split_address},
        input::Input,
    },
};

/// What cannot be shared with here, as this cloud is not joined to others.
pub(super) const NOT_HERE: Failure = Failure::new(
    403,
    "Only accounts, groups, links and mail addresses can be shared with here",
);

/// With whom: an address of another server.
pub(super) fn receiver(call: &Call<'_>, share_type: ShareType, input: &Input) -> Result<String, Failure> {
    call.cloud.federated().ok_or(NOT_HERE)?;
    let missing = if share_type == ShareType::Remote {
        "Please specify a valid federated account ID"
    } else {
        "Please specify a valid federated group ID"
    };
    let with = input.text("shareWith").filter(|with| !with.is_empty());
    let with = with.ok_or(Failure::new(404, missing))?;
    if split_address(&with).is_none() {
        return Err(Failure::new(403, "Invalid cloud id, it has to be user@host"));
    }
    Ok(with.trim().to_owned())
}

/// Shares with somebody on another server what may be shared. The same again gives what is there, unchanged.
pub(super) async fn create(
    call: &Call<'_>,
    input: &Input,
    share_type: ShareType,
    share_with: String,
    spot: &Spot,
    entry: &Entry,
) -> Result<Value, Failure> {
    let federated = call.cloud.federated().ok_or(NOT_HERE)?;
    let kind = share_type.remote_kind().ok_or(NOT_HERE)?;
    if !spot.may_download {
        // Another server has what it reads, and no rule of ours binds it.
        return Err(Failure::new(
            403,
            "What may only be looked at cannot be shared with other servers",
        ));
    }
    let outgoing = call.outgoing();
    let address = normal_address(&share_with);
    let mut same = outgoing.of_file(entry.id).await?;
    same.retain(|share| share.share_type == share_type && share.owner == call.signed_in.user);
    let is_same = |share: &&Share| share.share_with.as_deref().and_then(normal_address) == address;
    if let Some(known) = same.iter().find(is_same) {
        return call.show(known).await;
    }
    let is_folder = entry.is_folder();
    let permissions = match wish::permissions(input, share_type, is_folder, spot.permissions)? {
        Some(permissions) => permissions,
        None => wish::usual_permissions(share_type, is_folder, spot.permissions)?,
    };
    let new = NewOutShare {
        sharer: call.signed_in.user.clone(),
        node: entry.id.0,
        kind,
        share_with,
        permissions,
        expires_at: wish::expires_at(input, call.cloud.now())?.or(None),
        note: wish::note(input)?.unwrap_or_default(),
    };
    // A task of its own: the other server may know of the share when our client hangs up.
    let made = run(
        federated,
        move |federated| async move { federated.shares.share(new).await },
    )
    .await?;
    let share = outgoing.read(made).await?.ok_or(NO_SHARE)?;
    call.show(&share).await
}

/// Stores what was changed of a share with somebody on another server.
pub(super) async fn change(call: &Call<'_>, before: &Share, share: &Share) -> Result<(), Failure> {
    let (federated, number) = known(call, share)?;
    let change = OutShareChange {
        permissions: (share.permissions != before.permissions).then_some(share.permissions),
        expires_at: (share.expires_at != before.expires_at).then_some(share.expires_at),
        note: (share.note != before.note).then(|| share.note.clone()),
    };
    run(federated, move |federated| async move {
        federated.shares.change(number, change).await
    })
    .await?;
    Ok(())
}

/// Ends a share with somebody on another server.
pub(super) async fn revoke(call: &Call<'_>, share: &Share) -> Result<(), Failure> {
    let (federated, number) = known(call, share)?;
    run(federated, move |federated| async move {
        federated.shares.revoke(number).await
    })
    .await
}

fn known<'a>(call: &'a Call<'_>, share: &Share) -> Result<(&'a Federated, i64), Failure> {
    let federated = call.cloud.federated().ok_or(NO_SHARE)?;
    Ok((federated, share.federated_number().ok_or(NO_SHARE)?))
}

/// Does something to its end, even if the client goes away.
async fn run<T, F>(federated: &Federated, work: impl FnOnce(Federated) -> F) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, nc_auth::federation::FederationError>> + Send + 'static,
{
    let done = tokio::spawn(work(federated.clone())).await;
    let done = done.map_err(|_| crate::Error::Internal("a task was lost"))?;
    done.map_err(refusal)
}

impl Call<'_> {
    /// Shares with other servers that the one who asks may know of.
    pub(super) const fn outgoing(&self) -> Outgoing<'_> {
        Outgoing {
            cloud: self.cloud,
            user: &self.signed_in.user,
            tree: &self.viewer.tree,
        }
    }

    pub(super) async fn show(&self, share: &Share) -> Result<Value, Failure> {
        let shown = self.viewer.show(share).await?;
        shown.map(Value::Object).ok_or(NO_SHARE)
    }
}
