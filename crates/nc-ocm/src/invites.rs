//! Invitations: people of two servers become known to each other, so that a server that asks for that takes shares of them.
//!
//! Whoever invites gives a text away, which holds a token and the name of the server. Whoever takes it has their own server tell
//! the other one. The token counts once, for 30 days, and is stored as a code of it.

mod route;

use http::StatusCode;
use nc_auth::{
    UserId,
    federation::{FederationError, Person},
};
use nc_proto::ocm::{InviteAccepted, InviteAnswer, InviteToken, PeerHost};
use nc_store::{ContactRecord, Digest, Lookup, TicketKind, TicketRecord};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    Ocm, OcmError,
    net::{Freshness, NetError, PeerAnswer, PeerFault},
};

pub(crate) use self::route::routes;

/// How long an invitation is good, seconds.
const LIFE_S: i64 = 30 * 24 * 60 * 60;
/// What the codes are for.
const PURPOSE: &str = "ocm_invite/token";

/// An invitation to give away.
#[derive(Debug, Clone)]
pub struct Invite {
    /// What to give away. It is shown only now.
    pub text: SecretString,
    /// When it ends, Unix seconds.
    pub expires_at: i64,
}

/// Somebody on another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Their server.
    pub host: PeerHost,
    /// Their account there.
    pub user: String,
    /// Their name. Text of a stranger.
    pub name: String,
    /// Their mail address; may be empty. Text of a stranger.
    pub email: String,
}

/// The document of an invitation.
#[derive(Debug, Serialize, Deserialize)]
struct Invited {
    /// Who invites.
    by: String,
    /// `user@host` of the one who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken_by: Option<String>,
}

/// The document of a contact.
#[derive(Debug, Serialize, Deserialize)]
struct Details {
    name: String,
    email: String,
}

impl Ocm {
    /// Makes an invitation.
    ///
    /// # Errors
    /// [`FederationError::NotFound`] when there is no such account.
    pub async fn invite(&self, user: &UserId) -> Result<Invite, FederationError> {
        self.introduction(user).await?;
        let token = SecretString::from(self.0.random.text::<32>()?);
        let expires_at = self.now().saturating_add(LIFE_S);
        let ticket = TicketRecord {
            kind: TicketKind::Invite,
            key: self.code_of_invite(&token)?,
            document: written(&Invited {
                by: user.as_str().to_owned(),
                taken_by: None,
            })?,
            expires_at,
        };
        let unit = self.0.store.begin().await.map_err(OcmError::from)?;
        unit.put_ticket(&ticket).await.map_err(OcmError::from)?;
        unit.commit().await.map_err(OcmError::from)?;
        let host = self.own_host().clone();
        Ok(Invite {
            text: InviteToken { token, host }.to_text(),
            expires_at,
        })
    }

    /// What another server is told about somebody here who takes an invitation of it.
    ///
    /// # Errors
    /// [`FederationError::NotFound`] when there is no such account.
    pub async fn introduction(&self, user: &UserId) -> Result<Person, FederationError> {
        let person = self.0.residents.person(user.as_str()).await;
        person.map_err(OcmError::from)?.ok_or(FederationError::NotFound)
    }

    /// Takes an invitation of somebody on another server, which is told. To be run to its end: the invitation counts once.
    ///
    /// # Errors
    /// [`FederationError`]
    pub async fn take_invite(&self, user: &UserId, invite: InviteToken) -> Result<Contact, FederationError> {
        let person = self.introduction(user).await?;
        if invite.host == *self.own_host() {
            return refused("this invitation is from this server; share with the account instead");
        }
        let accepted = InviteAccepted {
            recipient_provider: self.own_host().clone(),
            token: invite.token,
            user_id: user.as_str().to_owned(),
            email: person.email.unwrap_or_default(),
            name: person.display_name,
        };
        let answer = self.tell(&invite.host, &accepted).await.map_err(unreached)?;
        let InviteAnswer { user_id, email, name } = answered(&answer)?;
        let contact = Contact {
            host: invite.host,
            user: user_id,
            name,
            email,
        };
        let unit = self.0.store.begin().await.map_err(OcmError::from)?;
        unit.put_contact(&contact.record(user.as_str(), self.now())?)
            .await
            .map_err(OcmError::from)?;
        unit.commit().await.map_err(OcmError::from)?;
        Ok(contact)
    }

    /// The people on other servers whom a person knows by invitations.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn contacts(&self, user: &UserId) -> Result<Vec<Contact>, OcmError> {
        let records = self.0.store.list_contacts(user.as_str()).await?;
        records.into_iter().map(Contact::of).collect()
    }

    async fn tell(&self, host: &PeerHost, accepted: &InviteAccepted) -> Result<PeerAnswer, NetError> {
        let plain_http = self.0.config.public_origin.scheme() == "http";
        let peer = self.peer(host, plain_http, Freshness::Day).await?;
        let url = peer.discovery.address_of("invite-accepted");
        let body = accepted.to_value().to_string().into_bytes();
        self.post_signed(&peer, &url, "application/json", body).await
    }

    fn code_of_invite(&self, token: &SecretString) -> Result<Digest, OcmError> {
        let code = self.0.sealer.mac(PURPOSE, token.expose_secret().as_bytes())?;
        Ok(Digest::from_bytes(code))
    }

    /// The invitation with this token that has not ended.
    async fn find_invite<L: Lookup + ?Sized>(
        &self,
        lookup: &L,
        token: &SecretString,
    ) -> Result<Option<TicketRecord>, OcmError> {
        for code in self.0.sealer.macs(PURPOSE, token.expose_secret().as_bytes()) {
            let key = Digest::from_bytes(code);
            let found = lookup.find_ticket(TicketKind::Invite, key, self.now()).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Invited {
    fn of(ticket: &TicketRecord) -> Result<Self, OcmError> {
        serde_json::from_str(&ticket.document).map_err(|_| OcmError::Damaged("invitation"))
    }
}

impl Contact {
    fn of(record: ContactRecord) -> Result<Self, OcmError> {
        const DAMAGED: OcmError = OcmError::Damaged("contact");
        let Details { name, email } = serde_json::from_str(&record.document).map_err(|_| DAMAGED)?;
        Ok(Self {
            host: PeerHost::parse(&record.host).map_err(|_| DAMAGED)?,
            user: record.user,
            name,
            email,
        })
    }

    fn record(&self, owner: &str, now: i64) -> Result<ContactRecord, OcmError> {
        Ok(ContactRecord {
            owner: owner.to_owned(),
            host: self.host.to_string(),
            user: self.user.clone(),
            document: written(&Details {
                name: self.name.clone(),
                email: self.email.clone(),
            })?,
            created_at: now,
        })
    }
}

fn written<T: Serialize>(document: &T) -> Result<String, OcmError> {
    serde_json::to_string(document).map_err(|_| OcmError::Internal("a document cannot be written"))
}

fn answered(answer: &PeerAnswer) -> Result<InviteAnswer, FederationError> {
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => InviteAnswer::parse(&answer.body)
            .or_else(|_| refused("the other server did not say who invited; ask for another invitation")),
        StatusCode::CONFLICT => refused("this invitation was taken already; ask for another one"),
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
            refused("the other server does not know this invitation, or its time is over; ask for another one")
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            refused("the other server does not take messages from this one")
        }
        StatusCode::NOT_IMPLEMENTED => refused("the other server does not take invitations"),
        _ => Err(FederationError::Unavailable {
            retry_after_s: answer.retry_after_s(),
        }),
    }
}

fn refused<T>(text: &str) -> Result<T, FederationError> {
    Err(FederationError::Refused(text.to_owned()))
}

fn unreached(error: NetError) -> FederationError {
    let text = match error {
        NetError::Busy { retry_after_s } => {
            return FederationError::Unavailable {
                retry_after_s: Some(retry_after_s),
            };
        }
        NetError::Peer(fault) if fault.is_transient() => return FederationError::Unavailable { retry_after_s: None },
        NetError::Failed(error) => return error.into(),
        NetError::NotAllowed => "invitations of this server are not allowed here",
        NetError::Peer(PeerFault::Forbidden) => {
            "the server of this invitation is at an address that is not asked from here"
        }
        NetError::Peer(_) => "the server of this invitation does not speak Open Cloud Mesh",
    };
    FederationError::Refused(text.to_owned())
}
