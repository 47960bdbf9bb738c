//! A federation by heart: shares, their credentials, and what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use nc_auth::{
    UserId,
    federation::{
        Federation, FederationError, InShare, InShareState, NewOutShare, OutShare, OutShareChange, OutShareFilter,
        RemoteAnswer, RemoteError, RemoteKind, RemoteMount, RemoteRequest, ShareAuth, ShareCredential, SharePrincipal,
        ShareRefusal, ShareRequest,
    },
};
use nc_cloud::Federated;
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use secrecy::ExposeSecret;

pub(crate) const CHALLENGE: &str = r#"Bearer error="invalid_token""#;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) out: Vec<OutShare>,
    /// Secret or access token → id of the share.
    secrets: HashMap<String, String>,
    tokens: HashMap<String, String>,
    pub(crate) incoming: Vec<InShare>,
    /// What the next request of the cloud gets.
    pub(crate) fails: Option<FederationError>,
    /// The same, for a share that is made.
    pub(crate) fails_to_share: Option<FederationError>,
    pub(crate) refuses: Option<ShareRefusal>,
    /// Gives the share of a credential also where the path names another one.
    pub(crate) mixes_up: bool,
    pub(crate) deleted: Vec<i64>,
    /// Owners that were shut out.
    pub(crate) disabled: Vec<String>,
    pub(crate) asked_again: usize,
    /// Changes as they came.
    pub(crate) changes: Vec<OutShareChange>,
}

#[derive(Clone, Default)]
pub(crate) struct Elsewhere(Arc<Mutex<State>>);

impl Elsewhere {
    pub(crate) fn federated(&self) -> Federated {
        Federated {
            auth: Arc::new(self.clone()),
            shares: Arc::new(self.clone()),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A share with its secret and its token: `secret-ID` and `token-ID`.
    pub(crate) fn add(&self, sharer: &str, node: i64, permissions: u8) -> String {
        let mut state = self.state();
        let number = i64::try_from(state.out.len()).unwrap() + 1;
        let id = format!("7c084226-d9a1-11e6-bf26-cec0c932ce{number:02}");
        state.secrets.insert(format!("secret-{id}"), id.clone());
        state.tokens.insert(format!("token-{id}"), id.clone());
        state.out.push(OutShare {
            number,
            id: id.clone(),
            sharer: UserId::new(sharer),
            node,
            kind: RemoteKind::User,
            share_with: "marie@receiver.example.org".to_owned(),
            permissions: SharePermissions::from_bits(i64::from(permissions)).unwrap(),
            created_at: 1_795_225_978,
            expires_at: None,
            note: String::new(),
        });
        id
    }

    pub(crate) fn allow(&self, id: &str, permissions: u8) {
        let mut state = self.state();
        let share = state.out.iter_mut().find(|share| share.id == id).unwrap();
        share.permissions = SharePermissions::from_bits(i64::from(permissions)).unwrap();
    }

    pub(crate) fn end(&self, id: &str) {
        self.state().out.retain(|share| share.id != id);
    }

    fn failure(&self) -> Result<(), FederationError> {
        self.state().fails.take().map_or(Ok(()), Err)
    }
}

pub(crate) fn incoming(number: i64, user: &str, name: &str, state: InShareState) -> InShare {
    InShare {
        number,
        kind: RemoteKind::User,
        remote: "https://peer.example.net/".to_owned(),
        remote_id: format!("remote-{number}"),
        name: name.to_owned(),
        owner: "eve@peer.example.net".to_owned(),
        user: UserId::new(user),
        mount_point: (state == InShareState::Accepted).then(|| DavPath::from_names([name])),
        is_folder: false,
        permissions: SharePermissions::READ,
        state,
        created_at: 1_795_225_000,
        expires_at: None,
    }
}

#[async_trait]
impl ShareAuth for Elsewhere {
    async fn authenticate(&self, request: &ShareRequest<'_>) -> Result<SharePrincipal, ShareRefusal> {
        if let Some(refusal) = self.state().refuses.take() {
            return Err(refusal);
        }
        let refused = || ShareRefusal::Unauthorized {
            challenges: vec![CHALLENGE.to_owned()],
        };
        let state = self.state();
        let (id, token) = match request.credential.ok_or_else(refused)? {
            ShareCredential::Bearer(token) => (state.tokens.get(token.expose_secret()), Some(token)),
            ShareCredential::Basic { user, password } if password.expose_secret().is_empty() => {
                (state.secrets.get(user.expose_secret()), None)
            }
            ShareCredential::Basic { .. } => (None, None),
        };
        let share = state
            .out
            .iter()
            .find(|share| Some(&share.id) == id)
            .ok_or_else(refused)?;
        if !state.mixes_up && request.share_id.is_some_and(|id| id != share.id) {
            return Err(refused());
        }
        Ok(SharePrincipal {
            share_id: share.id.clone(),
            owner: share.sharer.clone(),
            node: share.node,
            permissions: share.permissions,
            generation: 1,
            token: token.map(|token| token.expose_secret().to_owned()),
        })
    }

    async fn is_still_good(&self, principal: &SharePrincipal, needs: SharePermissions) -> bool {
        let mut state = self.state();
        state.asked_again += 1;
        let mut shares = state.out.iter();
        shares.any(|share| share.id == principal.share_id && share.permissions.allows(needs))
    }
}

#[async_trait]
impl Federation for Elsewhere {
    async fn share(&self, new: NewOutShare) -> Result<OutShare, FederationError> {
        let failure = self.state().fails_to_share.take();
        failure.map_or(Ok(()), Err)?;
        let id = self.add(
            new.sharer.as_str(),
            new.node,
            new.permissions.bits().try_into().unwrap(),
        );
        let mut state = self.state();
        let share = state.out.iter_mut().find(|share| share.id == id).unwrap();
        share.kind = new.kind;
        share.share_with = new.share_with;
        share.expires_at = new.expires_at;
        share.note = new.note;
        Ok(share.clone())
    }

    async fn outgoing(&self, filter: &OutShareFilter) -> Result<Vec<OutShare>, FederationError> {
        self.failure()?;
        let matches = |share: &&OutShare| match filter {
            OutShareFilter::Number(number) => share.number == *number,
            OutShareFilter::Sharer(sharer) => share.sharer == *sharer,
            OutShareFilter::Node(node) => share.node == *node,
        };
        Ok(self.state().out.iter().filter(matches).cloned().collect())
    }

    async fn change(&self, number: i64, change: OutShareChange) -> Result<OutShare, FederationError> {
        let mut state = self.state();
        state.changes.push(change.clone());
        let share = state.out.iter_mut().find(|share| share.number == number);
        let share = share.ok_or(FederationError::NotFound)?;
        share.permissions = change.permissions.unwrap_or(share.permissions);
        share.expires_at = change.expires_at.unwrap_or(share.expires_at);
        share.note = change.note.unwrap_or_else(|| share.note.clone());
        Ok(share.clone())
    }

    async fn revoke(&self, number: i64) -> Result<(), FederationError> {
        self.failure()?;
        let mut state = self.state();
        let before = state.out.len();
        state.out.retain(|share| share.number != number);
        if state.out.len() == before {
            return Err(FederationError::NotFound);
        }
        Ok(())
    }

    async fn node_deleted(&self, node: i64) -> Result<(), FederationError> {
        self.failure()?;
        let mut state = self.state();
        state.deleted.push(node);
        state.out.retain(|share| share.node != node);
        Ok(())
    }

    async fn owner_disabled(&self, owner: &UserId) -> Result<(), FederationError> {
        self.failure()?;
        self.state().disabled.push(owner.to_string());
        Ok(())
    }

    async fn is_live(&self, share_id: &str) -> Result<bool, FederationError> {
        Ok(self.state().out.iter().any(|share| share.id == share_id))
    }

    async fn incoming(&self, user: &UserId, pending: bool) -> Result<Vec<InShare>, FederationError> {
        self.failure()?;
        let matches = |share: &&InShare| {
            share.user == *user
                && match share.state {
                    InShareState::Pending => pending,
                    InShareState::Accepted | InShareState::AuthFailed => !pending,
                    InShareState::Declined | InShareState::Dead => false,
                }
        };
        Ok(self.state().incoming.iter().filter(matches).cloned().collect())
    }

    async fn incoming_one(&self, user: &UserId, number: i64) -> Result<InShare, FederationError> {
        let state = self.state();
        let found = state
            .incoming
            .iter()
            .find(|share| share.user == *user && share.number == number);
        found.cloned().ok_or(FederationError::NotFound)
    }

    async fn accept(&self, user: &UserId, number: i64) -> Result<InShare, FederationError> {
        self.failure()?;
        let mut state = self.state();
        let share = state
            .incoming
            .iter_mut()
            .find(|share| share.user == *user && share.number == number);
        let share = share.ok_or(FederationError::NotFound)?;
        share.state = InShareState::Accepted;
        share.mount_point = Some(DavPath::from_names([share.name.as_str()]));
        Ok(share.clone())
    }

    async fn decline(&self, user: &UserId, number: i64) -> Result<(), FederationError> {
        self.failure()?;
        let mut state = self.state();
        let share = state
            .incoming
            .iter_mut()
            .find(|share| share.user == *user && share.number == number);
        share.ok_or(FederationError::NotFound)?.state = InShareState::Declined;
        Ok(())
    }

    async fn move_mount(&self, _: &UserId, _: i64, _: &DavPath) -> Result<(), FederationError> {
        Err(FederationError::NotFound)
    }

    async fn mounts(&self, _: &UserId) -> Result<Arc<[Arc<RemoteMount>]>, FederationError> {
        Ok(Arc::new([]))
    }

    async fn send(&self, _: &RemoteMount, _: RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
        Err(RemoteError::NotFound)
    }
}
