//! What people here do with shares of other servers.

use nc_auth::{
    UserId,
    federation::{FederationError, InShare, InShareState as Shown, RemoteKind},
};
use nc_proto::{dav::DavPath, ocm::NotificationKind};
use nc_store::{InShareMemberRecord, InShareState};

use super::{mounts, notice, opened::Opened, probe};
use crate::{Ocm, OcmError};

/// How often another place is looked for, when somebody takes several shares of one name at once.
const MOST_TRIES: u32 = 100;

/// What others share with a person: what waits for an answer, or what was accepted.
pub(crate) async fn incoming(ocm: &Ocm, user: &UserId, pending: bool) -> Result<Vec<InShare>, FederationError> {
    let wanted = if pending {
        InShareState::Pending
    } else {
        InShareState::Accepted
    };
    let shares = mounts::of_user(ocm, user).await?;
    let shares = shares.iter().filter(|(_, member)| member.state == wanted);
    Ok(shares.map(|(share, member)| shown(share, member)).collect())
}

/// One share that is or was offered to a person.
pub(crate) async fn incoming_one(ocm: &Ocm, user: &UserId, number: i64) -> Result<InShare, FederationError> {
    let record = ocm
        .0
        .store
        .find_in_share_by_number(number)
        .await
        .map_err(OcmError::from)?;
    let share = Opened::of(record.ok_or(FederationError::NotFound)?)?;
    let member = ocm.0.store.find_in_share_member(&share.record.id, user.as_str()).await;
    let member = member.map_err(OcmError::from)?.ok_or(FederationError::NotFound)?;
    if mounts::is_for(ocm, &share, user).await? {
        Ok(shown(&share, &member))
    } else {
        Err(FederationError::NotFound)
    }
}

/// Takes a share. One that the other server refused is tried again.
pub(crate) async fn accept(ocm: &Ocm, user: &UserId, number: i64) -> Result<InShare, FederationError> {
    let (share, member) = find(ocm, user, number).await?;
    let mut taken = Vec::new();
    let mut tries = 0;
    let (share, member) = loop {
        // Asked before the unit begins, for it may take a while.
        let place = if member.mount_point.is_some() {
            None
        } else {
            taken.extend(mounts::places(&*ocm.0.store, user, &share.record.id).await?);
            let free = ocm.0.residents.free_place(user, &share.document.name, &taken);
            Some(free.await.map_err(OcmError::from)?)
        };
        match accepted(ocm, user, &share.record.id, place).await? {
            Accepted::As(share, member) => break (share, member),
            Accepted::Ended => {
                ocm.0.receiver.mounts.clear();
                return Err(FederationError::NotFound);
            }
            // Another share was accepted at that place meanwhile.
            Accepted::Taken(place) => taken.push(place),
        }
        tries += 1;
        if tries > MOST_TRIES {
            return Err(FederationError::Failed("no place is found for a share".to_owned()));
        }
    };
    ocm.0.receiver.mounts.clear();
    begin(ocm, &share).await;
    match ocm
        .0
        .store
        .find_in_share(&share.record.id)
        .await
        .map_err(OcmError::from)?
    {
        Some(record) => Ok(shown(&Opened::of(record)?, &member)),
        None => Err(FederationError::NotFound),
    }
}

/// What came of taking a share.
enum Accepted {
    /// The share, and what the person made of it.
    As(Box<Opened>, InShareMemberRecord),
    /// It ended meanwhile.
    Ended,
    /// Another share of the person is where it was to appear.
    Taken(DavPath),
}

async fn accepted(ocm: &Ocm, user: &UserId, id: &str, place: Option<DavPath>) -> Result<Accepted, OcmError> {
    let unit = ocm.0.store.begin().await?;
    let record = unit
        .find_in_share(id)
        .await?
        .ok_or(OcmError::Internal("a share is gone"))?;
    let mut share = Opened::of(record)?;
    let member = unit.find_in_share_member(id, user.as_str()).await?;
    let is_there = share.is_there(ocm.now());
    let Some(mut member) = member.filter(|member| is_there && member.state != InShareState::Declined) else {
        return Ok(Accepted::Ended);
    };
    let place = place.filter(|_| member.state == InShareState::Pending);
    if let Some(place) = &place {
        let others = mounts::places(&*unit, user, id).await?;
        if others.iter().any(|other| mounts::collide(other, place)) {
            return Ok(Accepted::Taken(place.clone()));
        }
    }
    if share.record.state == InShareState::AuthFailed {
        share.record.failures = 0;
        share.record.backoff_until = None;
        share.document.is_exchange_refused = false;
        share.record.state = InShareState::Accepted;
        unit.update_in_share(&share.to_record()?).await?;
    }
    if let Some(place) = place {
        member.state = InShareState::Accepted;
        member.mount_point = Some(place.to_string().trim_start_matches('/').to_owned());
        unit.put_in_share_member(&member).await?;
        if share.record.state == InShareState::Pending {
            share.record.state = InShareState::Accepted;
            unit.update_in_share(&share.to_record()?).await?;
            notice::queue(
                ocm,
                unit.as_ref(),
                &share,
                NotificationKind::ShareAccepted,
                "Recipient accept the share",
            )
            .await?;
        }
    }
    unit.commit().await?;
    Ok(Accepted::As(Box::new(share), member))
}

/// The first exchange, and a look at what there is. That it fails loses nothing: it is tried again when the files are used.
async fn begin(ocm: &Ocm, share: &Opened) {
    if let Err(error) = probe::ask(ocm, share.clone()).await {
        tracing::info!(
            host = %share.record.sender_host,
            error = &error as &dyn std::error::Error,
            "an accepted share cannot be used now"
        );
    }
}

/// Declines a share, or removes one that was accepted.
pub(crate) async fn decline(ocm: &Ocm, user: &UserId, number: i64) -> Result<(), FederationError> {
    let (share, _) = find(ocm, user, number).await?;
    declined(ocm, user, &share.record.id).await?;
    ocm.0.receiver.forget(&share.record.id);
    Ok(())
}

async fn declined(ocm: &Ocm, user: &UserId, id: &str) -> Result<(), OcmError> {
    let unit = ocm.0.store.begin().await?;
    let (Some(record), Some(member)) = (
        unit.find_in_share(id).await?,
        unit.find_in_share_member(id, user.as_str()).await?,
    ) else {
        return Ok(());
    };
    let mut share = Opened::of(record)?;
    let member = InShareMemberRecord {
        state: InShareState::Declined,
        mount_point: None,
        ..member
    };
    unit.put_in_share_member(&member).await?;
    let members = unit.list_in_share_members(id).await?;
    let is_wanted = members.iter().any(|member| member.state != InShareState::Declined);
    if share.is_there(ocm.now()) && !is_wanted {
        notice::queue(
            ocm,
            unit.as_ref(),
            &share,
            NotificationKind::ShareDeclined,
            "Recipient declined the share",
        )
        .await?;
        share.forget_credentials();
        share.record.state = InShareState::Declined;
        unit.update_in_share(&share.to_record()?).await?;
    }
    unit.commit().await?;
    Ok(())
}

/// Moves or renames the place where a share appears.
pub(crate) async fn move_mount(ocm: &Ocm, user: &UserId, number: i64, to: &DavPath) -> Result<(), FederationError> {
    let (share, member) = find(ocm, user, number).await?;
    if member.state != InShareState::Accepted {
        return Err(FederationError::NotFound);
    }
    if to.is_root() {
        return Err(FederationError::Refused(
            "a share needs a name among the files".to_owned(),
        ));
    }
    for mount in mounts::mounts(ocm, user).await?.iter() {
        if mount.number != number && mounts::collide(&mount.at, to) {
            let text = "a share cannot appear inside of another share; choose another place";
            return Err(FederationError::Refused(text.to_owned()));
        }
    }
    moved(ocm, user, &share.record.id, to).await?;
    ocm.0.receiver.mounts.clear();
    Ok(())
}

async fn moved(ocm: &Ocm, user: &UserId, id: &str, to: &DavPath) -> Result<(), OcmError> {
    let unit = ocm.0.store.begin().await?;
    let member = unit.find_in_share_member(id, user.as_str()).await?;
    if let Some(mut member) = member.filter(|member| member.state == InShareState::Accepted) {
        member.mount_point = Some(to.to_string().trim_start_matches('/').to_owned());
        unit.put_in_share_member(&member).await?;
        unit.commit().await?;
    }
    Ok(())
}

/// A share that is there for a person who has not declined it.
async fn find(ocm: &Ocm, user: &UserId, number: i64) -> Result<(Opened, InShareMemberRecord), FederationError> {
    let shares = mounts::of_user(ocm, user).await?;
    let mut shares = shares
        .into_iter()
        .filter(|(_, member)| member.state != InShareState::Declined);
    shares
        .find(|(share, _)| share.record.number == number)
        .ok_or(FederationError::NotFound)
}

fn shown(share: &Opened, member: &InShareMemberRecord) -> InShare {
    let (record, document) = (&share.record, &share.document);
    let state = match (record.state, member.state) {
        (InShareState::Dead, _) => Shown::Dead,
        (InShareState::Declined, _) | (_, InShareState::Declined) => Shown::Declined,
        (_, InShareState::Pending) => Shown::Pending,
        (InShareState::AuthFailed, _) => Shown::AuthFailed,
        _ => Shown::Accepted,
    };
    let is_group = record.share_type == "group";
    InShare {
        number: record.number,
        kind: if is_group { RemoteKind::Group } else { RemoteKind::User },
        remote: share.remote(),
        remote_id: record.provider_id.clone(),
        name: document.name.clone(),
        owner: document.owner.clone(),
        user: UserId::new(member.user.as_str()),
        mount_point: member.mount_point.as_deref().map(mounts::stored_place),
        is_folder: document.is_folder(),
        permissions: document.permissions(),
        state,
        created_at: record.created_at,
        expires_at: record.expires_at,
    }
}
