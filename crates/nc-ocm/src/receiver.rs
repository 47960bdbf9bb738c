//! Shares from other servers. There are none yet.

#![expect(clippy::unused_async, reason = "the signature is what the cloud asks for")]

use std::sync::Arc;

use nc_auth::{
    UserId,
    federation::{FederationError, InShare, RemoteAnswer, RemoteError, RemoteMount, RemoteRequest},
};
use nc_proto::dav::DavPath;

use crate::Ocm;

pub(crate) async fn incoming(_: &Ocm, _: &UserId, _: bool) -> Result<Vec<InShare>, FederationError> {
    Ok(Vec::new())
}

pub(crate) async fn incoming_one(_: &Ocm, _: &UserId, _: i64) -> Result<InShare, FederationError> {
    Err(FederationError::NotFound)
}

pub(crate) async fn accept(_: &Ocm, _: &UserId, _: i64) -> Result<InShare, FederationError> {
    Err(FederationError::NotFound)
}

pub(crate) async fn decline(_: &Ocm, _: &UserId, _: i64) -> Result<(), FederationError> {
    Err(FederationError::NotFound)
}

pub(crate) async fn move_mount(_: &Ocm, _: &UserId, _: i64, _: &DavPath) -> Result<(), FederationError> {
    Err(FederationError::NotFound)
}

pub(crate) async fn mounts(_: &Ocm, _: &UserId) -> Result<Arc<[Arc<RemoteMount>]>, FederationError> {
    Ok(Arc::from([]))
}

pub(crate) async fn send(_: &Ocm, _: &RemoteMount, _: RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
    Err(RemoteError::NotFound)
}
