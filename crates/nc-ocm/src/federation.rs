use std::sync::Arc;

use async_trait::async_trait;
use nc_auth::{
    UserId,
    federation::{
        Federation, FederationError, InShare, NewOutShare, OutShare, OutShareChange, OutShareFilter, RemoteAnswer,
        RemoteError, RemoteMount, RemoteRequest,
    },
};
use nc_proto::dav::DavPath;

use crate::{Ocm, provider, receiver};

#[async_trait]
impl Federation for Ocm {
    async fn share(&self, new: NewOutShare) -> Result<OutShare, FederationError> {
        provider::share(self, new).await
    }

    async fn outgoing(&self, filter: &OutShareFilter) -> Result<Vec<OutShare>, FederationError> {
        provider::outgoing(self, filter).await
    }

    async fn change(&self, number: i64, change: OutShareChange) -> Result<OutShare, FederationError> {
        provider::change(self, number, change).await
    }

    async fn revoke(&self, number: i64) -> Result<(), FederationError> {
        provider::revoke(self, number).await
    }

    async fn node_deleted(&self, node: i64) -> Result<(), FederationError> {
        provider::node_deleted(self, node).await
    }

    async fn owner_disabled(&self, owner: &UserId) -> Result<(), FederationError> {
        let taken = provider::take_back_tokens(&*self.0.store, owner, self.now()).await;
        Ok(taken.map(drop)?)
    }

    async fn is_live(&self, share_id: &str) -> Result<bool, FederationError> {
        provider::is_share_live(self, share_id).await
    }

    async fn incoming(&self, user: &UserId, pending: bool) -> Result<Vec<InShare>, FederationError> {
        receiver::incoming(self, user, pending).await
    }

    async fn incoming_one(&self, user: &UserId, number: i64) -> Result<InShare, FederationError> {
        receiver::incoming_one(self, user, number).await
    }

    async fn accept(&self, user: &UserId, number: i64) -> Result<InShare, FederationError> {
        receiver::accept(self, user, number).await
    }

    async fn decline(&self, user: &UserId, number: i64) -> Result<(), FederationError> {
        receiver::decline(self, user, number).await
    }

    async fn move_mount(&self, user: &UserId, number: i64, to: &DavPath) -> Result<(), FederationError> {
        receiver::move_mount(self, user, number, to).await
    }

    async fn mounts(&self, user: &UserId) -> Result<Arc<[Arc<RemoteMount>]>, FederationError> {
        receiver::mounts(self, user).await
    }

    async fn send(&self, mount: &RemoteMount, request: RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
        receiver::send(self, mount, request).await
    }
}
