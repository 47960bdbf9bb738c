//! What is stored of a new share, and what the other server is told of it.

use nc_auth::federation::Reached;
use nc_proto::{
    apps::sharing::SharePermissions,
    ocm::{Capability, OcmAddress, OtherProtocols, Requirements, ShareMessage, Webdav, WebdavUri},
};
use nc_store::{OutShareRecord, OutShareState};
use secrecy::SecretString;
use uuid::Builder;

use super::{
    choice::Choice,
    document::{Mode, OutDocument},
    offer::NewShare,
    secret,
};
use crate::{
    Ocm, OcmError,
    net::{Peer, is_nextcloud},
};

/// A share that is being made.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub(super) ocm: &'a Ocm,
    pub(super) new: &'a NewShare,
    /// What is shared.
    pub(super) reached: &'a Reached,
    /// What it allows.
    pub(super) permissions: SharePermissions,
    pub(super) choice: Choice,
}

impl Making<'_> {
    /// As it is stored.
    pub(super) fn record(&self, peer: &Peer, secret: &SecretString) -> Result<(OutShareRecord, OutDocument), OcmError> {
        let Self {
            ocm,
            new,
            reached,
            permissions,
            choice,
        } = *self;
        let id = Builder::from_random_bytes(ocm.0.random.bytes()?)
            .into_uuid()
            .to_string();
        let document = OutDocument {
            share_with: new.to.to_string(),
            plain_http: peer.origin.scheme() == "http",
            receiver: new.receiver,
            permissions,
            most: None,
            mode: choice.mode,
            file_owner: reached.file_owner.as_str().to_owned(),
            resource_type: if choice.is_folder { "folder" } else { "file" }.to_owned(),
            // Nextcloud finds a share by its secret.
            needs_secret: choice.is_hybrid || is_nextcloud(peer),
            hears_changes: peer.discovery.can(Capability::Notifications),
            note: new.note.clone(),
            parent: new.parent.as_ref().map(|parent| parent.share.clone()),
            accepted: None,
        };
        let secret_sealed = if document.needs_secret {
            Some(secret::seal(ocm, &id, secret)?)
        } else {
            None
        };
        let record = OutShareRecord {
            number: 0,
            owner: new.sharer.as_str().to_owned(),
            node: new.node,
            recipient_host: new.to.host.to_string(),
            secret: Some(secret::code(ocm, secret)?),
            secret_sealed,
            generation: 1,
            state: OutShareState::Live,
            document: document.to_text()?,
            created_at: ocm.now(),
            expires_at: new.expires_at,
            revoked_at: None,
            id,
        };
        Ok((record, document))
    }

    /// As the other server is told of it.
    pub(super) async fn message(
        &self,
        record: &OutShareRecord,
        document: &OutDocument,
        secret: &SecretString,
    ) -> Result<ShareMessage, OcmError> {
        let Self {
            ocm,
            new,
            reached,
            choice,
            ..
        } = *self;
        let owner = reached.file_owner.as_str();
        let (sender, sender_name) = match &new.parent {
            Some(parent) => (parent.by.clone(), Some(parent.by.user.clone())),
            None => (
                ocm.address_of(new.sharer.as_str()),
                name_of(ocm, new.sharer.as_str()).await?,
            ),
        };
        let uri = if choice.is_absolute {
            let url = ocm.0.config.public_origin.join(&format!("ocm/dav/{}/", record.id));
            WebdavUri::Absolute(url.map_err(|_| OcmError::Internal("an address cannot be written"))?)
        } else {
            WebdavUri::Relative(record.id.clone())
        };
        Ok(ShareMessage {
            share_with: OcmAddress {
                plain_http: document.plain_http,
                ..new.to.clone()
            },
            name: reached.name.clone(),
            description: new.note.clone(),
            provider_id: record.id.clone(),
            owner: ocm.address_of(owner),
            owner_display_name: name_of(ocm, owner).await?,
            sender,
            sender_display_name: sender_name,
            share_type: document.receiver.in_message(),
            is_folder: choice.is_folder,
            expiration: record.expires_at,
            webdav: Some(Webdav {
                uri,
                secret: secret.clone(),
                permissions: Some(document.permissions),
                requirements: match choice.mode {
                    Mode::Strict => Requirements::STRICT,
                    Mode::Optional | Mode::Legacy => Requirements::NONE,
                },
                access_types: Vec::new(),
                size: reached.size.and_then(|size| i64::try_from(size).ok()),
            }),
            webapp: None,
            others: OtherProtocols::default(),
        })
    }
}

async fn name_of(ocm: &Ocm, user: &str) -> Result<Option<String>, OcmError> {
    let person = ocm.0.residents.person(user).await?;
    Ok(person.map(|person| person.display_name))
}
