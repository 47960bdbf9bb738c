//! Shares that other servers offer: `POST {endPoint}/shares`.

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use nc_proto::ocm::{MESSAGE_MAX_BYTES, ShareAccepted, ShareKind, ShareMessage, Webdav};
use nc_store::{InShareMemberRecord, InShareRecord, InShareState, StoreError, Unit};
use secrecy::ExposeSecret as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    document::{InShareDocument, Mode},
    opened::{Opened, offer_place, seal_text, secret_place, secret_tag_place},
    refusal::Refusal,
    target,
};
use crate::{
    Ocm, OcmError,
    inbound::{Checked, Inbound, Need},
    net::{Freshness, Peer},
};

/// Shares from one server that may wait for an answer of one person.
const MOST_WAITING: usize = 100;

/// Takes a share, or says why not.
pub(crate) async fn receive(State(ocm): State<Ocm>, request: Request) -> Response {
    let inbound = match Inbound::read(&ocm, request, MESSAGE_MAX_BYTES).await {
        Ok(inbound) => inbound,
        Err(answer) => return answer,
    };
    match take(&ocm, &inbound).await {
        Ok(accepted) => (StatusCode::CREATED, Json(accepted.to_value())).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn take(ocm: &Ocm, inbound: &Inbound) -> Result<ShareAccepted, Refusal> {
    let message = ShareMessage::parse(&inbound.body)?;
    let host = &message.owner.host;
    let too_many = |retry_after_s| Refusal::TooMany { retry_after_s };
    ocm.count_offer(inbound, host).await.map_err(too_many)?;
    if host == ocm.own_host() {
        return Err(Refusal::Forbidden);
    }
    let checked = ocm
        .check_signature(inbound, host, message.owner.plain_http, Need::Usual)
        .await?;
    ocm.count_share(host).map_err(too_many)?;
    // The owner's server vouches for whom it lets share on. Nobody else does.
    if message.sender.host != *host && checked == Checked::Unsigned {
        return Err(Refusal::Forbidden);
    }
    let requirements = message.requirements();
    if requirements.must_use_mfa {
        return Err(Refusal::NotImplemented(
            "nobody here is known to sign in with a second factor",
        ));
    }
    let Some(webdav) = &message.webdav else {
        return Err(Refusal::NotImplemented("only shares on WebDAV are taken here"));
    };
    if ocm.0.config.must_exchange_token && !requirements.must_exchange_token {
        return Err(Refusal::Unfit(
            "only shares with the requirement must-exchange-token are taken here",
        ));
    }
    let peer = ocm.peer(host, message.owner.plain_http, Freshness::Day).await?;
    let mode = mode_of(requirements.must_exchange_token, peer.discovery.can_exchange())?;
    let (recipients, accepted) = recipients(ocm, &message).await?;
    let offer = Offer {
        document: document(&message, webdav, &peer, mode)?,
        message: &message,
        webdav,
        recipients,
    };
    offer.store(ocm).await?;
    Ok(accepted)
}

/// What the share said decides, and where it said nothing, what its server can do.
fn mode_of(is_strict: bool, can_exchange: bool) -> Result<Mode, Refusal> {
    match (is_strict, can_exchange) {
        (true, true) => Ok(Mode::Strict),
        (true, false) => Err(Refusal::Unfit(
            "the share demands an exchange that its server does not offer",
        )),
        (false, true) => Ok(Mode::Optional),
        (false, false) => Ok(Mode::Legacy),
    }
}

async fn recipients(ocm: &Ocm, message: &ShareMessage) -> Result<(Vec<String>, ShareAccepted), Refusal> {
    let address = &message.share_with;
    if address.host != *ocm.own_host() {
        return Err(Refusal::Recipient);
    }
    match message.share_type {
        ShareKind::User => {
            let person = ocm.0.residents.person(&address.user).await?;
            let person = person.ok_or(Refusal::Recipient)?;
            let accepted = ShareAccepted {
                recipient_display_name: person.display_name,
                recipient_user_id: Some(person.id.to_string()),
            };
            Ok((vec![person.id.to_string()], accepted))
        }
        ShareKind::Group => {
            let members = ocm.0.residents.group_members(&address.user).await?;
            if members.is_empty() {
                return Err(Refusal::Recipient);
            }
            let accepted = ShareAccepted {
                recipient_display_name: String::new(),
                recipient_user_id: None,
            };
            Ok((members.iter().map(ToString::to_string).collect(), accepted))
        }
    }
}

fn document(message: &ShareMessage, webdav: &Webdav, peer: &Peer, mode: Mode) -> Result<InShareDocument, Refusal> {
    let Some(base) = target::base_of(peer, &webdav.uri) else {
        return Err(Refusal::Unfit("the files are not at the server of their owner"));
    };
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    Ok(InShareDocument {
        name: message.name.clone(),
        owner: message.owner.to_string(),
        sender: message.sender.to_string(),
        owner_name: name(&message.owner_display_name),
        sender_name: name(&message.sender_display_name),
        note: message.description.clone(),
        resource: if message.is_folder { "folder" } else { "file" }.to_owned(),
        is_folder: message.is_folder.then_some(true),
        permissions: webdav.permissions,
        mode,
        plain_http: peer.origin.scheme() == "http",
        base,
        way: None,
        is_exchange_refused: false,
        token_life_s: None,
        secret_tag: String::new(),
        offer: String::new(),
    })
}

struct Offer<'a> {
    message: &'a ShareMessage,
    webdav: &'a Webdav,
    document: InShareDocument,
    recipients: Vec<String>,
}

impl Offer<'_> {
    /// Stores it once. What is there already with the same content stays as it is, whatever became of it.
    async fn store(mut self, ocm: &Ocm) -> Result<(), Refusal> {
        let host = self.message.owner.host.as_str();
        let unit = ocm.0.store.begin().await?;
        let known = unit.list_in_shares_from(host, &self.message.provider_id).await?;
        let mine = |record: &&InShareRecord| {
            record.share_type == self.message.share_type.name() && self.is_for(&record.recipient)
        };
        if let Some(record) = known.iter().find(mine) {
            let known = Opened::of(record.clone())?;
            if self.is_same(ocm, &known)? {
                return Ok(());
            }
            if matches!(known.record.state, InShareState::Pending | InShareState::Accepted) {
                return Err(Refusal::Conflict);
            }
            // What ended, or is refused there, makes room for what its server offers now.
            unit.delete_in_share(&known.record.id).await?;
            ocm.0.receiver.forget(&known.record.id);
        }
        self.count_waiting(unit.as_ref()).await?;
        let id = Uuid::from_bytes(ocm.0.random.bytes()?).to_string();
        let secret = self.webdav.secret.expose_secret().as_bytes();
        self.document.secret_tag = hex::encode(ocm.0.sealer.tag(&secret_tag_place(&id), secret)?);
        self.document.offer = hex::encode(ocm.0.sealer.tag(&offer_place(&id), &self.content())?);
        self.insert(ocm, unit.as_ref(), &id).await?;
        unit.commit().await?;
        ocm.0.receiver.mounts.clear();
        Ok(())
    }

    /// Whoever does not answer is not flooded: from one server only so much waits.
    async fn count_waiting(&self, unit: &dyn Unit) -> Result<(), Refusal> {
        let Some(user) = self.recipients.first() else {
            return Ok(());
        };
        let shares = unit.list_in_shares_of(user).await?;
        let host = self.message.owner.host.as_str();
        let waits = |(share, member): &&(InShareRecord, InShareMemberRecord)| {
            share.sender_host == host && member.state == InShareState::Pending
        };
        if shares.iter().filter(waits).count() < MOST_WAITING {
            Ok(())
        } else {
            Err(Refusal::TooMany { retry_after_s: 3600 })
        }
    }

    /// Users and groups are told apart by their type, so the name is enough.
    fn is_for(&self, recipient: &str) -> bool {
        match self.message.share_type {
            ShareKind::User => self.recipients.iter().any(|user| user == recipient),
            ShareKind::Group => self.message.share_with.user == recipient,
        }
    }

    async fn insert(&self, ocm: &Ocm, unit: &dyn Unit, id: &str) -> Result<(), Refusal> {
        let document = serde_json::to_string(&self.document);
        let recipient = match self.message.share_type {
            ShareKind::User => self.recipients.first().cloned().unwrap_or_default(),
            ShareKind::Group => self.message.share_with.user.clone(),
        };
        let record = InShareRecord {
            id: id.to_owned(),
            number: 0,
            sender_host: self.message.owner.host.to_string(),
            provider_id: self.message.provider_id.clone(),
            share_type: self.message.share_type.name().to_owned(),
            recipient,
            state: InShareState::Pending,
            document: document.map_err(|_| OcmError::Internal("a document is not written"))?,
            secret_sealed: Some(seal_text(ocm, &secret_place(id), &self.webdav.secret)?),
            token_sealed: None,
            token_expires_at: None,
            token_generation: 0,
            lease_owner: None,
            lease_until: None,
            failures: 0,
            backoff_until: None,
            created_at: ocm.now(),
            expires_at: self.message.expiration,
        };
        match unit.insert_in_share(&record).await {
            Err(StoreError::Exists) => return Err(Refusal::Conflict),
            inserted => inserted?,
        };
        for user in &self.recipients {
            let member = InShareMemberRecord {
                share: id.to_owned(),
                user: user.clone(),
                state: InShareState::Pending,
                mount_point: None,
            };
            unit.put_in_share_member(&member).await?;
        }
        Ok(())
    }

    fn is_same(&self, ocm: &Ocm, known: &Opened) -> Result<bool, Refusal> {
        let tag = hex::decode(&known.document.offer).map_err(|_| OcmError::Damaged("share from another server"))?;
        let place = offer_place(&known.record.id);
        Ok(ocm.0.sealer.check_tag(&place, &self.content(), &tag).is_ok())
    }

    /// Everything that makes the offer this one: what it says, not how it spells it. With the secret, so it is only ever tagged.
    fn content(&self) -> Zeroizing<Vec<u8>> {
        let (message, document) = (self.message, &self.document);
        let permissions = document
            .permissions
            .map(nc_proto::apps::sharing::SharePermissions::bits);
        let expires = message.expiration;
        let said = serde_json::json!([
            document.name,
            document.owner,
            document.sender,
            document.resource,
            document.base,
            permissions,
            message.requirements().names(),
            expires,
            self.webdav.secret.expose_secret(),
        ]);
        Zeroizing::new(said.to_string().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_share_said_decides_about_its_mode() {
        assert!(matches!(mode_of(true, true), Ok(Mode::Strict)));
        assert!(matches!(mode_of(false, true), Ok(Mode::Optional)));
        assert!(matches!(mode_of(false, false), Ok(Mode::Legacy)));
        assert!(matches!(mode_of(true, false), Err(Refusal::Unfit(_))));
    }
}
