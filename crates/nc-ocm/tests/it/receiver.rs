//! Shares from other servers.

mod notifications;
mod offers;
mod people;
mod processes;
mod refresh;
mod secrets;
pub(crate) mod sender;
mod uploads;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, StatusCode};
use nc_auth::{
    UserId,
    federation::{Federation as _, RemoteBody, RemoteError, RemoteMount, RemoteRequest},
};
use nc_ocm::Ocm;
use nc_proto::dav::DavPath;

use crate::support::Server;

fn bob() -> UserId {
    UserId::new("bob")
}

fn carol() -> UserId {
    UserId::new("carol")
}

/// The only mount of bob.
async fn mount(ocm: &Ocm) -> Arc<RemoteMount> {
    let mounts = ocm.mounts(&bob()).await.expect("mounts");
    assert_eq!(mounts.len(), 1);
    Arc::clone(&mounts[0])
}

fn request(method: Method, body: RemoteBody) -> RemoteRequest {
    RemoteRequest {
        method,
        path: DavPath::from_names(["notes", "a b.txt"]),
        destination: None,
        headers: HeaderMap::new(),
        body,
    }
}

async fn send(ocm: &Ocm, mount: &RemoteMount, request: RemoteRequest) -> Result<(StatusCode, Bytes), RemoteError> {
    let mut answer = ocm.send(mount, request).await?;
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece.expect("a piece"));
    }
    Ok((answer.status, body.into()))
}

/// Reads a file of bob's only mount.
async fn read(server: &Server) -> Result<Bytes, RemoteError> {
    let mount = mount(&server.ocm).await;
    let (status, body) = send(&server.ocm, &mount, request(Method::GET, RemoteBody::Empty)).await?;
    assert_eq!(status, StatusCode::OK);
    Ok(body)
}

const CONTENT: &[u8] = b"what is in it";
