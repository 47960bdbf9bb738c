//! Shares to other servers. There are none yet.

#![expect(clippy::unused_async, reason = "the signature is what the cloud asks for")]

use nc_auth::federation::{FederationError, NewOutShare, OutShare, OutShareChange, OutShareFilter};

use crate::Ocm;

pub(crate) async fn share(_: &Ocm, _: NewOutShare) -> Result<OutShare, FederationError> {
    Err(FederationError::Unavailable { retry_after_s: None })
}

pub(crate) async fn outgoing(_: &Ocm, _: &OutShareFilter) -> Result<Vec<OutShare>, FederationError> {
    Ok(Vec::new())
}

pub(crate) async fn change(_: &Ocm, _: i64, _: OutShareChange) -> Result<OutShare, FederationError> {
    Err(FederationError::NotFound)
}

pub(crate) async fn revoke(_: &Ocm, _: i64) -> Result<(), FederationError> {
    Err(FederationError::NotFound)
}

pub(crate) async fn node_deleted(_: &Ocm, _: i64) -> Result<(), FederationError> {
    Ok(())
}
