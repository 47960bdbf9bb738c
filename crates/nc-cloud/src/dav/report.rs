use axum::{body::Body, response::Response};
use nc_proto::dav::{Element, FilterFiles, Propfind};

use super::{DavError, propfind, system_tags, visit::Visit};
use crate::content::Home;

/// Answers REPORT. The only report on files is `oc:filter-files`.
pub(super) async fn serve(visit: &Visit, home: &Home, body: Body) -> Result<Response, DavError> {
    let root = Element::parse(&visit.read_body(body).await?)?;
    if root.name != FilterFiles::ROOT {
        return Err(DavError::unknown_report());
    }
    let filter = FilterFiles::from_element(&root)?;
    if !filter.favorite && filter.system_tags.is_empty() {
        return Err(DavError::bad_request("No filter criteria specified"));
    }
    let found = if filter.system_tags.is_empty() {
        home.list_favorites(visit.path()).await
    } else {
        let tags = system_tags::get_all(visit, &filter.system_tags).await?;
        home.list_tagged(visit.path(), &tags).await
    };
    let mut found = found.map_err(|error| visit.refuse(error))?;
    found.retain(|entry| entry.favorite || !filter.favorite);
    let offset = usize::try_from(filter.offset.unwrap_or_default()).unwrap_or(usize::MAX);
    let limit = filter
        .limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX);
    let wanted: Vec<_> = found.into_iter().skip(offset).take(limit).collect();
    propfind::of_entries(visit, home, Propfind::Prop(filter.props), wanted)
}
