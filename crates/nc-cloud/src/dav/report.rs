use axum::{body::Body, response::Response};
use nc_proto::dav::{DavPath, Element, FilterFiles, Propfind};

use super::{DavError, properties::Item, propfind, system_tags, visit::Visit};
use crate::sharing::{Spot, Tree};

/// Answers REPORT. The only report on files is `oc:filter-files`.
pub(super) async fn serve(visit: &Visit, tree: &Tree, body: Body) -> Result<Response, DavError> {
    let root = Element::parse(&visit.read_body(body).await?)?;
    if root.name != FilterFiles::ROOT {
        return Err(DavError::unknown_report());
    }
    let filter = FilterFiles::from_element(&root)?;
    if !filter.favorite && filter.system_tags.is_empty() {
        return Err(DavError::bad_request("No filter criteria specified"));
    }
    let tags = if filter.system_tags.is_empty() {
        None
    } else {
        Some(system_tags::get_all(visit, &filter.system_tags).await?)
    };
    let spot = tree.spot(visit.path()).map_err(|error| visit.refuse(error))?;
    let mut found = filtered(visit, tree, &spot, tags.as_deref(), false).await?;
    if spot.mounted.is_none() {
        for mounted in tree.mounted_below(visit.path()) {
            let spot = mounted.spot(&DavPath::root());
            found.extend(filtered(visit, tree, &spot, tags.as_deref(), true).await?);
        }
    }
    found.retain(|item| item.entry.favorite || !filter.favorite);
    let offset = usize::try_from(filter.offset.unwrap_or_default()).unwrap_or(usize::MAX);
    let limit = filter
        .limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX);
    let wanted: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    propfind::of_items(visit, tree, Propfind::Prop(filter.props), wanted)
}

/// What lies below a place and carries all of these tags; without any, every favourite. What the place itself is counts,
/// too, if it is `with_itself`.
async fn filtered(
    visit: &Visit,
    tree: &Tree,
    spot: &Spot,
    tags: Option<&[i64]>,
    with_itself: bool,
) -> Result<Vec<Item>, DavError> {
    let refuse = |error| visit.refuse_at(spot, error);
    let (home, path) = (&spot.home, &spot.path);
    let mut found = match tags {
        Some(tags) => home.list_tagged(path, tags).await.map_err(refuse)?,
        None => home.list_favorites(path).await.map_err(refuse)?,
    };
    if with_itself {
        let itself = home.stat(path).await.map_err(refuse)?;
        let matches = match tags {
            None => itself.favorite,
            Some(tags) => {
                let carried = home.list_tags_of(itself.id).await.map_err(refuse)?;
                tags.iter().all(|tag| carried.iter().any(|known| known.id == *tag))
            }
        };
        if matches {
            found.insert(0, itself);
        }
    }
    Ok(found.into_iter().map(|entry| Item::beside(tree, spot, entry)).collect())
}
