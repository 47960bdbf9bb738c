use std::collections::BTreeMap;

use axum::{body::Body, response::Response};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{self, Element, Multistatus, Name, PropPatch, PropStat, PropUpdate, Response as Entry, date, props},
};

use super::{DavError, MOST_PROPERTIES, answer, visit::Visit};
use crate::{content::PropertyChange, sharing::Spot};

/// Set without an error; the property is there now.
const SET: u16 = 200;
/// Removed; also if it was not there (RFC 4918 §14.23).
const REMOVED: u16 = 204;
/// The property is the server's own.
const PROTECTED: u16 = 403;
/// Refused because another step of the request was refused.
const FAILED_DEPENDENCY: u16 = 424;
/// The value makes no sense.
const BAD_VALUE: u16 = 400;

/// Answers PROPPATCH: all steps or none (RFC 4918 §9.2).
pub(super) async fn serve(visit: &Visit, spot: &Spot, body: Body) -> Result<Response, DavError> {
    let patch = PropPatch::parse(&visit.read_body(body).await?)?;
    if patch.updates.len() > MOST_PROPERTIES {
        return Err(DavError::bad_request("The request changes too many properties"));
    }
    let refuse = |error| visit.refuse_at(spot, error);
    let mut entry = spot.home.stat(&spot.path).await.map_err(refuse)?;
    entry.path = visit.path().clone();
    let steps: Vec<(&PropUpdate, Result<PropertyChange, u16>)> = patch
        .updates
        .iter()
        .map(|update| (update, understand(update).and_then(|change| allow(visit, spot, change))))
        .collect();
    let all_good = steps.iter().all(|(_, step)| step.is_ok());
    let mut by_status: BTreeMap<u16, Vec<Element>> = BTreeMap::new();
    let mut changes = Vec::new();
    for (update, step) in steps {
        let status = match (step, update) {
            (Err(status), _) => status,
            (Ok(_), _) if !all_good => FAILED_DEPENDENCY,
            (Ok(change), _) => {
                let removed = matches!(change, PropertyChange::Remove(_));
                changes.push(change);
                if removed { REMOVED } else { SET }
            }
        };
        let told = by_status.entry(status).or_default();
        let element = Element::new(update.name().clone());
        if !told.contains(&element) {
            told.push(element);
        }
    }
    if all_good {
        let outcome = spot
            .home
            .change_properties(&spot.path, changes, visit.lock_tokens()?)
            .await;
        outcome.map_err(refuse)?;
    }
    let propstats = by_status
        .into_iter()
        .map(|(status, props)| PropStat::new(status, props))
        .collect();
    Ok(answer::multistatus(&Multistatus {
        responses: vec![Entry::of_props(visit.href(&entry), propstats)],
        sync_token: None,
    }))
}

/// A favourite is the user's own, and nobody's where no user is; everything else changes what is shared.
fn allow(visit: &Visit, spot: &Spot, change: PropertyChange) -> Result<PropertyChange, u16> {
    match change {
        PropertyChange::Favorite(_) if visit.link.is_none() => Ok(change),
        PropertyChange::Favorite(_) => Err(PROTECTED),
        change if spot.allows(SharePermissions::UPDATE) => Ok(change),
        _ => Err(PROTECTED),
    }
}

/// What a step means, or the status with which it is refused.
fn understand(update: &PropUpdate) -> Result<PropertyChange, u16> {
    let name = update.name();
    match update {
        PropUpdate::Set(element) if *name == props::FAVORITE => Ok(PropertyChange::Favorite(matches!(
            element.content().trim(),
            "1" | "true"
        ))),
        PropUpdate::Remove(_) if *name == props::FAVORITE => Ok(PropertyChange::Favorite(false)),
        PropUpdate::Set(element) if *name == props::LASTMODIFIED => seconds(element).map(PropertyChange::ModifiedAt),
        PropUpdate::Set(element) if *name == props::CREATION_TIME => seconds(element).map(PropertyChange::CreatedAt),
        PropUpdate::Set(element) if *name == props::CREATIONDATE => {
            let time = date::parse_rfc3339(&element.content()).ok_or(BAD_VALUE)?;
            Ok(PropertyChange::CreatedAt(time.unix_timestamp()))
        }
        _ if is_ours(name) => Err(PROTECTED),
        PropUpdate::Set(element) => Ok(PropertyChange::Set(element.clone())),
        PropUpdate::Remove(name) => Ok(PropertyChange::Remove(name.clone())),
    }
}

/// Names in these namespaces mean something, now or later; nobody else may fill them.
fn is_ours(name: &Name) -> bool {
    [dav::DAV, dav::OWNCLOUD, dav::NEXTCLOUD, dav::OCS, dav::OCM, dav::SABRE].contains(&name.namespace())
}

/// Unix seconds, which a date can hold.
fn seconds(element: &Element) -> Result<i64, u16> {
    let seconds = element.content().trim().parse::<i64>().ok();
    seconds
        .filter(|seconds| (0..253_402_300_800).contains(seconds))
        .ok_or(BAD_VALUE)
}
