use std::collections::BTreeMap;

use axum::response::Response;
use nc_proto::dav::{Element, Multistatus, Name, Response as Entry, SyncCollection};

use super::{
    super::DavError,
    describe::{self, Wanted, sync_token},
    texts::{DataRequest, Fit, Texts},
    view::View,
    wire::{Session, Verb, multistatus},
};

const TOKEN: &str = "http://sabre.io/ns/sync/";

/// Most changes in one answer.
const MOST_CHANGES: u32 = 50_000;

/// Answers `d:sync-collection` (RFC 6578).
pub(super) async fn serve(session: &Session, view: &View, root: &Element) -> Result<Response, DavError> {
    let report = SyncCollection::from_element(root)?;
    // Infinite depth is the same: there is nothing below the objects.
    let data = DataRequest::of(root, view)?;
    let since = match report.token.as_str() {
        "" => 0,
        token => {
            let number = token.strip_prefix(TOKEN).and_then(|number| number.parse::<i64>().ok());
            number.ok_or_else(invalid)?
        }
    };
    if since < 0 || since > view.collection.token {
        return Err(invalid());
    }
    let limit = report.limit.unwrap_or(MOST_CHANGES).clamp(1, MOST_CHANGES);
    let changes = view.changes(session, since, limit + 1).await?;
    let mut changes = changes.ok_or_else(invalid)?;
    let mut is_cut = changes.len() > limit as usize;
    changes.truncate(limit as usize);
    let mut reached = match changes.last() {
        Some(last) if is_cut => last.token,
        // What happened since the collection was read has a higher count, and is told the next time.
        Some(last) => last.token.max(view.collection.token),
        None => view.collection.token,
    };
    let names = report.properties.into_iter().filter(|name| !DataRequest::is_data(name));
    let wanted = Wanted::of_names(names.collect());
    let mut responses = Vec::new();
    // At the first time there is nothing to forget.
    changes.retain(|change| since > 0 || !change.deleted);
    let mut texts = Texts::new(data);
    let objects = if texts.are_wanted() {
        None
    } else {
        Some(stubs(session, view).await?)
    };
    let mut told = since;
    for change in changes {
        let before = std::mem::replace(&mut told, change.token);
        let href = session.href(&view.child(&change.uri), false);
        let gone = Entry::of_status(href, 404);
        if change.deleted {
            responses.push(gone);
            continue;
        }
        if let Some(stubs) = &objects {
            match stubs.get(&change.uri) {
                Some(stub) if session.allows(Verb::Read, &stub.component) => {
                    responses.push(describe::of_stub(session, view, stub, &wanted));
                }
                Some(_) => {}
                // It went since the changes were read.
                None => responses.push(gone),
            }
            continue;
        }
        match view.find(session, &change.uri).await? {
            Some(object) if session.allows(Verb::Read, &object.component) => {
                let text = match texts.next(&object).await? {
                    Fit::Text(text) => Some(text),
                    Fit::NotWanted => None,
                    // The rest comes with the next question.
                    Fit::TooMuch => {
                        (is_cut, reached) = (true, before);
                        break;
                    }
                };
                responses.push(describe::of_object(session, view, &object, &wanted, text));
            }
            Some(_) => {}
            None => responses.push(gone),
        }
    }
    if is_cut {
        // RFC 6578 §3.6.
        let mut cut = Entry::of_status(session.href(&view.names, true), 507);
        cut.errors = vec![Element::new(Name::dav("number-of-matches-within-limits"))];
        responses.push(cut);
    }
    Ok(multistatus(&Multistatus {
        responses,
        sync_token: Some(sync_token(reached)),
    }))
}

async fn stubs(session: &Session, view: &View) -> Result<BTreeMap<String, crate::collections::Stub>, DavError> {
    let all = view.stubs(session, 0, u32::MAX).await?;
    Ok(all.into_iter().map(|stub| (stub.uri.clone(), stub)).collect())
}

/// RFC 6578 §3.2: the client forgets the token and asks for everything.
fn invalid() -> DavError {
    let condition = Element::new(Name::dav("valid-sync-token"));
    DavError::violates("InvalidSyncToken", "Invalid or unknown sync token", condition)
}
