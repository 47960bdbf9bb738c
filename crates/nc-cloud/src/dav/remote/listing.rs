use std::io;

use axum::{body::Body, response::Response};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use nc_auth::federation::{BodyStream, RemoteBody};
use nc_proto::dav::{DavPath, Depth, MultistatusReader, MultistatusWriter, Propfind, Response as Entry, XmlError};

use super::{
    Remote,
    addresses::Addresses,
    describe::{self, Describer},
    forward, seen,
};
use crate::{
    dav::{
        DavError,
        answer::{self, XML},
        propfind,
        visit::Visit,
    },
    sharing::Tree,
};

/// So many bytes are sent at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Answers PROPFIND.
pub(super) async fn serve(visit: &Visit, remote: &Remote, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    // As among the own files, infinity is answered as 1.
    let deep = visit.depth()? != Some(Depth::Zero) && remote.mount.is_folder;
    let asked = describe::question(&question);
    let (addresses, body) = ask(visit, remote, &asked, deep).await?;
    let lines = Lines {
        visit: visit.clone(),
        remote: remote.clone(),
        question,
        addresses,
        deep,
        body,
        reader: MultistatusReader::default(),
        writer: Some(MultistatusWriter::default()),
    };
    let pieces = stream::try_unfold(lines, |mut lines| async move {
        let piece = lines.next_piece().await?;
        Ok::<_, io::Error>(piece.map(|piece| (piece, lines)))
    });
    Ok(answer::multistatus_body(Body::from_stream(pieces)))
}

/// Asks for properties. Gives where the answer's addresses lead, and the answer.
pub(super) async fn ask(
    visit: &Visit,
    remote: &Remote,
    question: &Propfind,
    deep: bool,
) -> Result<(Addresses, BodyStream), DavError> {
    let mut request = remote.request(forward::method(b"PROPFIND")?);
    let depth = HeaderValue::from_static(if deep { "1" } else { "0" });
    request.headers.insert(HeaderName::from_static("depth"), depth);
    request
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
    request.body = RemoteBody::Bytes(question.to_document().into());
    let answer = remote.send(visit, request).await?;
    if answer.status != StatusCode::MULTI_STATUS {
        return Err(remote.refuse_status(visit, answer.status));
    }
    let addresses = Addresses::new(&visit.place, remote, answer.base);
    Ok((addresses, answer.body))
}

/// Whether a listing of `asked` has a line about `below`. Others are told by nobody honest.
pub(super) fn belongs(below: &DavPath, asked: &DavPath, deep: bool) -> bool {
    below == asked || deep && below.parent().as_ref() == Some(asked)
}

/// A listing that is turned while it comes.
struct Lines {
    visit: Visit,
    remote: Remote,
    question: Propfind,
    addresses: Addresses,
    deep: bool,
    body: BodyStream,
    reader: MultistatusReader,
    /// `None`: the end was sent.
    writer: Option<MultistatusWriter>,
}

impl Lines {
    async fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let broken = |error: XmlError| io::Error::other(error);
        loop {
            while let Some(told) = self.reader.next_response().map_err(broken)? {
                self.tell(&told);
            }
            let Some(writer) = &mut self.writer else {
                return Ok(None);
            };
            if writer.pending_bytes() >= PIECE_BYTES {
                return Ok(Some(writer.take()));
            }
            if let Some(bytes) = self.body.try_next().await? {
                self.reader.feed(&bytes);
                continue;
            }
            // A listing that was cut off must not look like a folder with less in it.
            std::mem::take(&mut self.reader).finish().map_err(broken)?;
            return Ok(self.writer.take().map(|writer| writer.finish(None)));
        }
    }

    fn tell(&mut self, told: &Entry) {
        let Some(below) = self.addresses.below(&told.href) else {
            return;
        };
        if !belongs(&below, &self.remote.path, self.deep) {
            return;
        }
        let describer = Describer {
            visit: &self.visit,
            remote: &self.remote,
            question: &self.question,
            addresses: Some(&self.addresses),
        };
        let line = describer.describe(&below, told);
        if let Some(writer) = &mut self.writer {
            writer.response(&line);
        }
    }
}

/// The lines about what other servers share directly in a folder.
pub(in crate::dav) fn describe_mounts(visit: &Visit, tree: &Tree, question: &Propfind, folder: &DavPath) -> Vec<Entry> {
    let roots = tree.elsewhere_in(folder);
    let lines = roots.map(|elsewhere| {
        let remote = Remote::of(elsewhere, DavPath::root());
        let name = elsewhere.at.name().unwrap_or_default();
        let known = seen::known_or(visit, &elsewhere.mount, || describe::unknown(&elsewhere.mount, name));
        let describer = Describer {
            visit,
            remote: &remote,
            question,
            addresses: None,
        };
        describer.describe(&DavPath::root(), &known)
    });
    lines.collect()
}

/// A listing as a whole: what is there, by its place in the share. One with a line that cannot be read, or that is about something
/// else, is none: what is moved away is deleted after it was copied, and what was left out would be lost.
pub(super) async fn collect(
    addresses: &Addresses,
    asked: &DavPath,
    deep: bool,
    mut body: BodyStream,
    most: usize,
) -> Result<Vec<(DavPath, Entry)>, DavError> {
    let mut reader = MultistatusReader::default();
    let mut all = Vec::new();
    let broken = |_| DavError::of_remote(StatusCode::BAD_GATEWAY);
    while let Some(bytes) = body.next().await {
        reader.feed(&bytes.map_err(|_| super::unavailable(None))?);
        while let Some(told) = reader.next_response().map_err(broken)? {
            let below = addresses.below(&told.href);
            let below = below.filter(|below| belongs(below, asked, deep));
            all.push((below.ok_or_else(|| DavError::of_remote(StatusCode::BAD_GATEWAY))?, told));
            if all.len() > most {
                return Err(DavError::forbidden(format!(
                    "A folder with more than {most} files cannot go from server to server at once"
                )));
            }
        }
    }
    reader.finish().map_err(broken)?;
    Ok(all)
}
