//! Making a share and telling the other server.

use http::StatusCode;
use nc_auth::{
    UserId,
    federation::{FederationError, NewOutShare, OutShare, Reached},
};
use nc_proto::{
    apps::sharing::SharePermissions,
    ocm::{ErrorBody, OcmAddress},
};
use nc_store::{FederationLookup, OutShareRecord, ReshareRecord};
use secrecy::SecretString;

use super::{
    choice::{self, Policy},
    document::{OutDocument, Receiver, shown},
    lineage,
    message::Making,
    queue, secret,
};
use crate::{
    Ocm, OcmError, Offer,
    net::{Freshness, NetError, Peer, PeerAnswer},
};

/// A share to be made.
pub(super) struct NewShare {
    /// Who shares: the files are reached as this person reaches them.
    pub(super) sharer: UserId,
    pub(super) node: i64,
    pub(super) receiver: Receiver,
    /// Whom it is for.
    pub(super) to: OcmAddress,
    pub(super) permissions: SharePermissions,
    pub(super) expires_at: Option<i64>,
    pub(super) note: String,
    /// What is shared on, when somebody elsewhere asked for that.
    pub(super) parent: Option<Parent>,
}

/// The share that is shared on.
pub(super) struct Parent {
    /// Its id.
    pub(super) share: String,
    /// Who shares it on.
    pub(super) by: OcmAddress,
    /// What the new share is called at their server.
    pub(super) remote_id: String,
}

/// A share that was made.
pub(super) struct Offered {
    pub(super) record: OutShareRecord,
    pub(super) document: OutDocument,
    pub(super) secret: SecretString,
}

/// Makes a share for somebody here.
pub(crate) async fn share(ocm: &Ocm, new: NewOutShare) -> Result<OutShare, FederationError> {
    let to = OcmAddress::parse(&new.share_with).map_err(|error| FederationError::Refused(error.to_string()))?;
    let offered = offer(
        ocm,
        NewShare {
            sharer: new.sharer,
            node: new.node,
            receiver: new.kind.into(),
            to,
            permissions: new.permissions,
            expires_at: new.expires_at,
            note: new.note,
            parent: None,
        },
    );
    let Offered { record, document, .. } = offered.await?;
    Ok(shown(&record, document))
}

/// Makes a share, and tells the other server before it returns. What cannot be delivered now is tried again later.
pub(super) async fn offer(ocm: &Ocm, new: NewShare) -> Result<Offered, FederationError> {
    let now = ocm.now();
    if new.to.host == *ocm.own_host() {
        return refused("this person is on this server; share with the account instead");
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return refused("the share would end in the past");
    }
    let reached = ocm
        .0
        .residents
        .reach(&new.sharer, new.node)
        .await
        .map_err(OcmError::from)?;
    let reached = reached.ok_or(FederationError::NotFound)?;
    let permissions = allowed(&new, &reached)?;
    refuse_second(ocm, &*ocm.0.store, &new).await?;
    let peer = ocm
        .peer(&new.to.host, new.to.plain_http, Freshness::Day)
        .await
        .map_err(unreached)?;
    let policy = policy(ocm, &new, now).await?;
    let choice = choice::choose(&peer.discovery, policy, reached.is_folder, new.receiver.in_message())
        .map_err(|why| FederationError::Refused(why.to_string()))?;
    let secret = secret::generate(ocm)?;
    let making = Making {
        ocm,
        new: &new,
        reached: &reached,
        permissions,
        choice,
    };
    let (record, document) = making.record(&peer, &secret)?;
    let message = making.message(&record, &document, &secret).await?;
    let body = if choice.is_hybrid {
        message.to_hybrid_value()
    } else {
        message.to_value()
    };
    let mut offered = Offered {
        record,
        document,
        secret,
    };
    deliver(ocm, &mut offered, &new, &peer, body.to_string().into_bytes()).await?;
    Ok(offered)
}

/// What may be given away: no more than the sharer has, and of a file no more than files have.
fn allowed(new: &NewShare, reached: &Reached) -> Result<SharePermissions, FederationError> {
    if !reached.permissions.allows(SharePermissions::SHARE) {
        return refused("this may not be shared on");
    }
    let most = if reached.is_folder {
        SharePermissions::ALL
    } else {
        SharePermissions::ALL_OF_A_FILE
    };
    let permissions = new.permissions.limited_to(most).limited_to(reached.permissions);
    if permissions.allows(SharePermissions::READ) {
        Ok(permissions)
    } else {
        refused("a share with another server has to allow reading")
    }
}

async fn refuse_second<L: FederationLookup + ?Sized>(
    ocm: &Ocm,
    lookup: &L,
    new: &NewShare,
) -> Result<(), FederationError> {
    let others = lookup.list_out_shares_of_node(new.node).await.map_err(OcmError::from)?;
    let share_with = new.to.to_string();
    for other in others {
        let document = OutDocument::of(&other)?;
        let is_same = other.owner == new.sharer.as_str()
            && (document.share_with.as_str(), document.receiver) == (share_with.as_str(), new.receiver);
        if is_same && other.expires_at.is_none_or(|end| end > ocm.now()) {
            return refused("this is shared with them already");
        }
    }
    Ok(())
}

/// What is shared on may have ended meanwhile, or allow less than the message that is about to be sent.
async fn refuse_more_than_parent<L: FederationLookup + ?Sized>(
    ocm: &Ocm,
    lookup: &L,
    new: &NewShare,
    offered: &Offered,
) -> Result<(), FederationError> {
    let Some(parent) = &new.parent else { return Ok(()) };
    let inherited = lineage::inherited(lookup, Some(&parent.share), ocm.now()).await?;
    let is_within = inherited.is_some_and(|inherited| {
        let wanted = offered.document.permissions.with(SharePermissions::SHARE);
        let end = lineage::earlier(inherited.expires_at, offered.record.expires_at);
        inherited.permissions.allows(wanted) && end == offered.record.expires_at
    });
    if is_within {
        Ok(())
    } else {
        refused("what is shared on has ended meanwhile, or allows less now")
    }
}

async fn policy(ocm: &Ocm, new: &NewShare, now: i64) -> Result<Policy, OcmError> {
    let config = &ocm.0.config;
    let host = new.to.host.as_str();
    let named = config.offer_to.get(host).copied();
    let contact = ocm
        .0
        .store
        .find_contact(new.sharer.as_str(), host, &new.to.user)
        .await?;
    Ok(Policy {
        offer: named.unwrap_or(config.offer),
        is_strict_only: named == Some(Offer::Strict),
        takes_secrets: ocm.takes_secrets(now),
        outbound: config.outbound,
        is_contact: contact.is_some(),
    })
}

/// Stores the share, so that the other server may use it as soon as it knows of it, and sends the message. The stored message
/// outlives this process: it is sent again if nobody has written down that it arrived.
async fn deliver(
    ocm: &Ocm,
    offered: &mut Offered,
    new: &NewShare,
    peer: &Peer,
    body: Vec<u8>,
) -> Result<(), FederationError> {
    let unit = ocm.0.store.begin().await.map_err(OcmError::from)?;
    // Somebody may have been quicker while the other server was asked.
    refuse_second(ocm, &*unit, new).await?;
    refuse_more_than_parent(ocm, &*unit, new, offered).await?;
    let record = &mut offered.record;
    record.number = unit.insert_out_share(record).await.map_err(OcmError::from)?;
    if let Some(parent) = &new.parent {
        let reshare = ReshareRecord {
            share: record.id.clone(),
            remote_id: parent.remote_id.clone(),
            secret_sealed: Some(secret::seal_reshare(ocm, &record.id, &offered.secret)?),
        };
        unit.put_reshare(&reshare).await.map_err(OcmError::from)?;
    }
    let queued = queue::share(ocm, &*unit, record, offered.document.plain_http, &body).await?;
    unit.commit().await.map_err(OcmError::from)?;

    let url = peer.discovery.address_of("shares");
    let answered = ocm.post_signed(peer, &url, "application/json", body).await;
    match judge(answered) {
        Delivery::Arrived => {
            // It is there, whatever becomes of the copy here: sent again, it changes nothing there.
            if let Err(error) = queue::arrived(ocm, queued, &peer.host).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an offer that arrived stays in the outbox"
                );
            }
            Ok(())
        }
        Delivery::Later => {
            tracing::info!(host = %peer.host, "a share is delivered later");
            Ok(())
        }
        Delivery::Refused(error) => {
            let unit = ocm.0.store.begin().await.map_err(OcmError::from)?;
            unit.delete_message(queued).await.map_err(OcmError::from)?;
            unit.delete_out_share(&offered.record.id)
                .await
                .map_err(OcmError::from)?;
            unit.commit().await.map_err(OcmError::from)?;
            Err(error)
        }
    }
}

enum Delivery {
    Arrived,
    Later,
    Refused(FederationError),
}

fn judge(answered: Result<PeerAnswer, NetError>) -> Delivery {
    let answer = match answered {
        Ok(answer) => answer,
        Err(NetError::Peer(fault)) if fault.is_transient() => return Delivery::Later,
        Err(error) => return Delivery::Refused(unreached(error)),
    };
    match answer.status {
        StatusCode::CREATED | StatusCode::OK => Delivery::Arrived,
        StatusCode::TOO_MANY_REQUESTS => Delivery::Refused(FederationError::Unavailable {
            retry_after_s: answer.retry_after_s(),
        }),
        StatusCode::NOT_IMPLEMENTED => Delivery::Refused(said("the other server does not support this kind of share")),
        status if status.is_server_error() => Delivery::Later,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Delivery::Refused(said("the other server does not take shares from this one"))
        }
        StatusCode::BAD_REQUEST if is_about_receiver(&answer) => Delivery::Refused(said(
            "there is nobody with this address on the other server; check its spelling",
        )),
        status => Delivery::Refused(FederationError::Refused(format!(
            "the other server refused the share (status {}); check the address",
            status.as_u16()
        ))),
    }
}

fn is_about_receiver(answer: &PeerAnswer) -> bool {
    let errors = ErrorBody::parse(&answer.body).validation_errors;
    errors.iter().any(|error| error.name == "shareWith")
}

fn said(text: &str) -> FederationError {
    FederationError::Refused(text.to_owned())
}

fn refused<T>(text: &str) -> Result<T, FederationError> {
    Err(said(text))
}

/// Why another server was not asked, for the one who shares.
fn unreached(error: NetError) -> FederationError {
    match error {
        NetError::NotAllowed => said("shares with this server are not allowed here"),
        NetError::Busy { retry_after_s } => FederationError::Unavailable {
            retry_after_s: Some(retry_after_s),
        },
        NetError::Peer(fault) if fault.is_transient() => FederationError::Unavailable { retry_after_s: None },
        NetError::Peer(_) => said("there is no server at this address that takes shares (Open Cloud Mesh)"),
        NetError::Failed(error) => error.into(),
    }
}
