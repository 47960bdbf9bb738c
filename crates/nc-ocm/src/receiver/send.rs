//! Requests to the files of a share on another server.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use metrics::counter;
use nc_auth::federation::{
    BodyStream, RemoteAnswer, RemoteBody, RemoteError, RemoteMount, RemoteRequest, passed_back, passed_on,
};
use nc_proto::dav::DavPath;
use nc_store::InShareState;
use url::Url;

use super::{
    credentials::{self, Credential, failed},
    document::Way,
    opened::Opened,
    probe, target,
    tokens::Need,
};
use crate::{Ocm, OcmError};

const DESTINATION: HeaderName = HeaderName::from_static("destination");

/// How long the beginning of an answer may take where the other server has a lot to do, such as to copy a folder.
const SLOW: Duration = Duration::from_mins(5);

/// Sends a request about something in a mount.
pub(crate) async fn send(ocm: &Ocm, mount: &RemoteMount, request: RemoteRequest) -> Result<RemoteAnswer, RemoteError> {
    let share = usable(ocm, &mount.share_id).await?;
    let is_folder = share.document.is_folder.unwrap_or(mount.is_folder);
    Call::new(ocm, share, request, is_folder).run().await
}

/// A share that the other server has not refused.
pub(super) async fn usable(ocm: &Ocm, id: &str) -> Result<Opened, RemoteError> {
    let record = ocm
        .0
        .store
        .find_in_share(id)
        .await
        .map_err(|error| failed(&error.into()))?;
    let share = Opened::of(record.ok_or(RemoteError::NotFound)?).map_err(|error| failed(&error))?;
    match share.record.state {
        _ if !share.is_there(ocm.now()) => Err(RemoteError::NotFound),
        InShareState::AuthFailed => Err(RemoteError::Revoked),
        _ => Ok(share),
    }
}

enum Body {
    Bytes(Bytes),
    /// `None` once it is gone.
    Once(Option<(BodyStream, Option<u64>)>),
}

/// One request, until it is answered.
pub(super) struct Call<'a> {
    ocm: &'a Ocm,
    share: Opened,
    method: Method,
    path: DavPath,
    destination: Option<DavPath>,
    headers: HeaderMap,
    body: Body,
    is_folder: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(ocm: &'a Ocm, share: Opened, request: RemoteRequest, is_folder: bool) -> Self {
        Self {
            ocm,
            share,
            method: request.method,
            path: request.path,
            destination: request.destination,
            headers: passed_on(&request.headers),
            body: match request.body {
                RemoteBody::Empty => Body::Bytes(Bytes::new()),
                RemoteBody::Bytes(bytes) => Body::Bytes(bytes),
                RemoteBody::Stream { stream, length } => Body::Once(Some((stream, length))),
            },
            is_folder,
        }
    }

    pub(super) async fn run(mut self) -> Result<RemoteAnswer, RemoteError> {
        let need = if self.can_repeat() { Need::Now } else { Need::Lasting };
        let mut credential = credentials::first(self.ocm, &self.share, need).await?;
        if !self.can_repeat() && credential.way() != Way::Token && Some(credential.way()) != self.share.document.way {
            // Nobody knows yet whether this one works, and the body goes out only once.
            credential = self.tried().await?;
        }
        let mut refused_tokens = 0;
        loop {
            let answer = self.dispatch(&credential).await?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                note_way(self.ocm, &self.share, credential.way(), answer.status()).await;
                return self.answered(answer, &credential);
            }
            counter!("ocm_dav_401_total", "reason" => credential.word()).increment(1);
            if !self.can_repeat() {
                // Finds out what works from now on, or that nothing does.
                self.tried().await?;
                return Err(RemoteError::SendAgain);
            }
            refused_tokens += usize::from(credential.way() == Way::Token);
            let next = if refused_tokens < 2 {
                credentials::after(self.ocm, &self.share, &credential).await?
            } else {
                None
            };
            let Some(next) = next else {
                note_refused(self.ocm, &self.share)
                    .await
                    .map_err(|error| failed(&error))?;
                return Err(RemoteError::Revoked);
            };
            credential = next;
        }
    }

    const fn can_repeat(&self) -> bool {
        matches!(self.body, Body::Bytes(_))
    }

    /// What works after something harmless was asked, with all the ways there are.
    async fn tried(&mut self) -> Result<Credential, RemoteError> {
        Box::pin(probe::ask(self.ocm, self.share.clone())).await?;
        self.share = usable(self.ocm, &self.share.record.id).await?;
        credentials::first(self.ocm, &self.share, Need::Lasting).await
    }

    async fn dispatch(&mut self, credential: &Credential) -> Result<reqwest::Response, RemoteError> {
        let base = base_of(&self.share)?;
        let url = target::address(base, &self.path, self.is_folder);
        let client = if self.can_repeat() {
            &self.ocm.0.receiver.files
        } else {
            &self.ocm.0.receiver.uploads
        };
        let request = client
            .request(self.method.clone(), &url)
            .map_err(|_| RemoteError::Failed)?;
        let mut request = request
            .headers(self.headers.clone())
            .header(header::AUTHORIZATION, credential.header()?);
        if let Some(destination) = &self.destination {
            request = request.header(DESTINATION, target::address(base, destination, false).as_str());
        }
        let limit = match &mut self.body {
            Body::Bytes(bytes) => {
                if !bytes.is_empty() || self.method == Method::PUT {
                    request = request.body(bytes.clone());
                }
                Some(self.limit())
            }
            Body::Once(stream) => {
                let (stream, length) = stream.take().ok_or(RemoteError::SendAgain)?;
                if let Some(length) = length {
                    request = request.header(header::CONTENT_LENGTH, length);
                }
                request = request.body(reqwest::Body::wrap_stream(stream));
                None
            }
        };
        if credential.way() == Way::BasicSecret {
            counter!("ocm_legacy_basic_requests_total", "host" => self.share.record.sender_host.clone()).increment(1);
        }
        let sent = request.send();
        let answer = match limit {
            Some(limit) => tokio::time::timeout(limit, sent).await.map_err(|_| unavailable(None))?,
            None => sent.await,
        };
        answer.map_err(|error| {
            // Without its text: it may name what was asked.
            tracing::info!(host = %self.share.record.sender_host, timeout = error.is_timeout(), "another server's files do not answer");
            unavailable(None)
        })
    }

    fn limit(&self) -> Duration {
        match self.method.as_str() {
            "PUT" | "COPY" | "MOVE" | "DELETE" | "SEARCH" => SLOW,
            _ => self.ocm.0.config.timeout * 3,
        }
    }

    fn answered(&self, answer: reqwest::Response, credential: &Credential) -> Result<RemoteAnswer, RemoteError> {
        let status = answer.status();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            return Err(unavailable(retry_after_s(answer.headers())));
        }
        // Nothing is followed with a credential, and whoever asked has none for the other place.
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            tracing::info!(host = %self.share.record.sender_host, way = ?credential.way(), "another server's files are elsewhere");
            return Err(RemoteError::Failed);
        }
        let base = DavPath::decode(base_of(&self.share)?.path()).map_err(|_| RemoteError::Failed)?;
        let headers = passed_back(answer.headers());
        let body = answer
            .bytes_stream()
            .map(|piece| piece.map_err(|_| io::Error::other("the other server broke off")));
        Ok(RemoteAnswer {
            status,
            headers,
            base,
            body: Box::pin(body),
        })
    }
}

/// Where the files are; looked at again, for a credential goes there.
fn base_of(share: &Opened) -> Result<&Url, RemoteError> {
    let host = share.host().map_err(|error| failed(&error))?;
    let base = &share.document.base;
    if target::is_at(base, &host) {
        Ok(base)
    } else {
        Err(failed(&OcmError::Damaged("address of a share")))
    }
}

/// Keeps what worked. That it is not kept is no reason to lose the answer.
async fn note_way(ocm: &Ocm, share: &Opened, way: Way, status: StatusCode) {
    if !status.is_success() || share.document.way == Some(way) {
        return;
    }
    let noted = change(ocm, &share.record.id, |share| {
        share.document.way = Some(way);
        true
    });
    if let Err(error) = noted.await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "what opens a share is not kept"
        );
    }
}

/// The other server takes nothing of ours any more. The share stays, so that its person sees that.
async fn note_refused(ocm: &Ocm, share: &Opened) -> Result<(), OcmError> {
    tracing::info!(host = %share.record.sender_host, "another server refuses the credentials of a share");
    change(ocm, &share.record.id, |share| {
        share.record.state = InShareState::AuthFailed;
        true
    })
    .await?;
    ocm.0.receiver.forget(&share.record.id);
    Ok(())
}

/// Changes a share that is still there.
pub(super) async fn change(
    ocm: &Ocm,
    id: &str,
    change: impl FnOnce(&mut Opened) -> bool + Send,
) -> Result<(), OcmError> {
    let unit = ocm.0.store.begin().await?;
    let Some(record) = unit.find_in_share(id).await? else {
        return Ok(());
    };
    let mut share = Opened::of(record)?;
    if share.is_there(ocm.now()) && change(&mut share) {
        unit.update_in_share(&share.to_record()?).await?;
        unit.commit().await?;
    }
    Ok(())
}

const fn unavailable(retry_after_s: Option<u32>) -> RemoteError {
    RemoteError::Unavailable { retry_after_s }
}

fn retry_after_s(headers: &HeaderMap) -> Option<u32> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
