//! What was last seen of the roots of shares, for the listings of the folders that they appear in.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use moka::sync::Cache;
use nc_auth::federation::{RemoteBody, RemoteMount};
use nc_proto::dav::{DavPath, Multistatus, Propfind, Response, props};

use super::{Remote, addresses::Addresses, describe::OF_A_ROOT, forward};
use crate::{
    dav::{DavError, answer::XML, visit::Visit},
    sharing::Tree,
};

/// So long nothing is asked again, in seconds.
const FRESH_S: i64 = 30;

/// So long a listing waits for other servers.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many servers are asked at a time.
const AT_ONCE: usize = 8;

/// What was seen of the roots of shares, by share.
#[derive(Clone)]
pub(crate) struct SeenRoots(Cache<String, Seen>);

#[derive(Clone)]
struct Seen {
    /// When it was last asked, also in vain; `None`: it has changed since.
    asked_at: Option<i64>,
    /// What was last answered.
    answer: Option<Arc<Response>>,
}

impl Default for SeenRoots {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

impl SeenRoots {
    /// The tag of a root, if it is known.
    pub(crate) fn tag(&self, share_id: &str) -> Option<String> {
        self.answer(share_id)?.prop_text(&props::GETETAG)
    }

    /// What is known of a root.
    pub(super) fn answer(&self, share_id: &str) -> Option<Arc<Response>> {
        self.0.get(share_id)?.answer
    }

    /// Something was changed: what was seen counts no more.
    pub(super) fn forget(&self, share_id: &str) {
        let answer = self.answer(share_id);
        if answer.is_some() {
            self.0.insert(share_id.to_owned(), Seen { asked_at: None, answer });
        } else {
            self.0.invalidate(share_id);
        }
    }

    fn is_fresh(&self, share_id: &str, now: i64) -> bool {
        let asked_at = self.0.get(share_id).and_then(|seen| seen.asked_at);
        asked_at.is_some_and(|asked_at| (asked_at..asked_at + FRESH_S).contains(&now))
    }

    fn keep(&self, share_id: &str, now: i64, answer: Option<Response>) {
        let answer = answer.map(Arc::new).or_else(|| self.answer(share_id));
        let seen = Seen {
            asked_at: Some(now),
            answer,
        };
        self.0.insert(share_id.to_owned(), seen);
    }
}

/// Looks at the roots of the shares that appear below a folder, as far as it was not done just now. Whether anything was asked.
pub(in crate::dav) async fn refresh(visit: &Visit, tree: &Tree, folder: &DavPath) -> bool {
    let (seen, now) = (visit.cloud.seen_roots(), visit.cloud.now());
    let due: Vec<Remote> = tree
        .elsewhere_below(folder)
        .filter(|elsewhere| !elsewhere.mount.is_refused && !seen.is_fresh(&elsewhere.mount.share_id, now))
        .map(|elsewhere| Remote::of(elsewhere, DavPath::root()))
        .collect();
    if due.is_empty() {
        return false;
    }
    let asked = stream::iter(due).for_each_concurrent(AT_ONCE, async |root| {
        // Waiting for it once is enough, whatever comes.
        seen.keep(&root.mount.share_id, now, None);
        match ask(visit, &root).await {
            Ok(answer) => seen.keep(&root.mount.share_id, now, Some(answer)),
            Err(error) => tracing::debug!(
                share = %root.mount.share_id,
                status = %error.status(),
                "a remote share could not be looked at"
            ),
        }
    });
    // Those that are slower are listed as they were.
    let _ = tokio::time::timeout(PATIENCE, asked).await;
    true
}

async fn ask(visit: &Visit, root: &Remote) -> Result<Response, DavError> {
    let mut request = root.request(forward::method(b"PROPFIND")?);
    request
        .headers
        .insert(HeaderName::from_static("depth"), HeaderValue::from_static("0"));
    request
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
    request.body = RemoteBody::Bytes(Propfind::Prop(OF_A_ROOT.to_vec()).to_document().into());
    let answer = root.send(visit, request).await?;
    if answer.status != StatusCode::MULTI_STATUS {
        return Err(root.refuse_status(visit, answer.status));
    }
    let addresses = Addresses::new(&visit.place, root, answer.base);
    let told = Multistatus::parse(&forward::collect(answer.body).await?)?;
    let mut told = told.responses.into_iter();
    let about_root = told.find(|response| addresses.below(&response.href).is_some_and(|below| below.is_root()));
    let mut about_root = about_root.ok_or_else(|| DavError::of_remote(StatusCode::BAD_GATEWAY))?;
    let props = about_root.propstats.iter_mut().flat_map(|propstat| &mut propstat.props);
    props.for_each(|element| addresses.turn(element));
    Ok(about_root)
}

/// Whether a listing of the share knows anything yet.
pub(super) fn known_or(visit: &Visit, mount: &RemoteMount, otherwise: impl FnOnce() -> Response) -> Arc<Response> {
    let known = visit.cloud.seen_roots().answer(&mount.share_id);
    known.unwrap_or_else(|| Arc::new(otherwise()))
}
