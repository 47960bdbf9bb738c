use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{Comparison, Condition, DavPath, Name, Propfind, Search, XmlError, date, props},
};

use super::{
    DavError, FILES,
    answer::{self, XML},
    place::{Area, Place},
    properties::Item,
    propfind,
    visit::{Visit, need},
};
use crate::{
    content::{ContentError, Query, SortKey, Test},
    sharing::{Spot, Tree},
};

/// Largest search; SQLite refuses expressions that are deeper than 1000.
const MOST_CONDITIONS: usize = 500;

/// Answers SEARCH (RFC 5323), wherever it is asked.
pub(super) async fn serve(visit: &Visit, tree: &Tree, body: Body) -> Result<Response, DavError> {
    let missing = visit.signed_in.grants.missing(FILES.needed(&visit.method));
    if !missing.is_empty() {
        return Err(DavError::lacks_scope(missing));
    }
    let search = match Search::parse(&visit.read_body(body).await?) {
        Ok(search) => search,
        Err(XmlError::Malformed(cause)) => return Ok(malformed(&cause)),
        Err(error) => return Err(error.into()),
    };
    let scope = scope(visit, &search.scope.href)?;
    if search.condition.as_ref().map_or(0, weight) + search.order.len() > MOST_CONDITIONS {
        return Err(DavError::bad_request("The search is too large"));
    }
    let Some(query) = query(&search, scope.path.clone()) else {
        return Ok(not_searchable());
    };
    // Addresses in the answer are those of `/remote.php/dav/files/{user}/`, wherever the search was asked.
    let visit = Visit {
        place: scope,
        ..visit.clone()
    };
    let found = search_everywhere(&visit, tree, query).await?;
    propfind::of_items(&visit, tree, Propfind::Prop(search.select), found)
}

/// Searches a folder, and what others share in it. From several trees the first results of each are put in order together.
async fn search_everywhere(visit: &Visit, tree: &Tree, mut query: Query) -> Result<Vec<Item>, DavError> {
    let spot = tree.spot(&query.folder).map_err(|error| visit.refuse(error))?;
    let folder = query.folder.clone();
    let inside: Vec<_> = tree.mounted_below(&folder).collect();
    if spot.mounted.is_some() || inside.is_empty() {
        query.folder = spot.path.clone();
        return search_at(visit, tree, &spot, &query).await;
    }
    let (limit, offset) = (query.limit, query.offset);
    query.limit = limit.map(|limit| limit.saturating_add(offset));
    query.offset = 0;
    let mut found = search_at(visit, tree, &spot, &query).await?;
    query.with_itself = true;
    for mounted in inside {
        let spot = mounted.spot(&DavPath::root());
        query.folder = spot.path.clone();
        found.extend(search_at(visit, tree, &spot, &query).await?);
    }
    found.sort_by(|one, other| query.compare(&one.entry, &other.entry));
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(found
        .into_iter()
        .skip(count(offset))
        .take(limit.map_or(usize::MAX, count))
        .collect())
}

async fn search_at(visit: &Visit, tree: &Tree, spot: &Spot, query: &Query) -> Result<Vec<Item>, DavError> {
    need(spot, SharePermissions::READ)?;
    let found = spot.home.search(query).await;
    let found = found.map_err(|error| visit.refuse_at(spot, error))?;
    Ok(found.into_iter().map(|entry| Item::beside(tree, spot, entry)).collect())
}

/// How many conditions there are. Long texts count as several: no name is longer than 250 bytes.
fn weight(condition: &Condition) -> usize {
    match condition {
        Condition::And(all) | Condition::Or(all) => 1 + all.iter().map(weight).sum::<usize>(),
        Condition::Not(inner) => 1 + weight(inner),
        Condition::Compare(_, _, literal) => 1 + literal.len() / 100,
        Condition::IsCollection | Condition::IsDefined(_) => 1,
    }
}

/// The folder to search. Nextcloud's own form is `/files/{user}/path`; a whole address is taken, too.
fn scope(visit: &Visit, href: &str) -> Result<Place, DavError> {
    let path = DavPath::decode(href).map_err(|_| DavError::bad_request("The scope is no address"))?;
    let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
    let user = visit.signed_in.user.as_str();
    let address = match names.as_slice() {
        ["files", owner, ..] if *owner == user => format!("/remote.php/dav{}", path.encode()),
        ["files", owner, ..] => return Err(DavError::not_found_in(owner, "files")),
        ["remote.php", ..] => path.encode(),
        [first, ..] => return Err(DavError::not_found_in(first, "root")),
        [] => return Err(DavError::not_found_in("", "root")),
    };
    let place = Place::of_header(&visit.cloud, &visit.signed_in, &address)?;
    match place.area {
        Area::Files => Ok(place),
        _ => Err(DavError::not_found(&place.path)),
    }
}

/// The search in the store's terms; `None` if something cannot be searched.
fn query(search: &Search, folder: DavPath) -> Option<Query> {
    let order = search
        .order
        .iter()
        .map(|order| Some((sort_key(&order.property)?, order.direction)));
    Some(Query {
        folder,
        with_itself: false,
        test: test(search.condition.as_ref()?)?,
        order: order.collect::<Option<_>>()?,
        limit: search.limit,
        offset: search.offset.unwrap_or_default(),
    })
}

fn test(condition: &Condition) -> Option<Test> {
    let all = |conditions: &[Condition]| conditions.iter().map(test).collect::<Option<Vec<_>>>();
    Some(match condition {
        Condition::And(conditions) => Test::All(all(conditions)?),
        Condition::Or(conditions) => Test::Any(all(conditions)?),
        Condition::Not(condition) => Test::Not(Box::new(test(condition)?)),
        Condition::IsCollection => Test::IsFolder,
        // Every file has every property that can be searched.
        Condition::IsDefined(name) => {
            sort_key(name)?;
            Test::All(Vec::new())
        }
        Condition::Compare(Comparison::Equal, name, literal) if *name == props::FAVORITE => {
            Test::Favorite(matches!(literal.trim(), "1" | "true" | "yes"))
        }
        Condition::Compare(comparison, name, literal) => compare(*comparison, sort_key(name)?, literal)?,
    })
}

fn compare(comparison: Comparison, key: SortKey, literal: &str) -> Option<Test> {
    match key {
        SortKey::Name | SortKey::MediaType => Some(Test::Text(key, comparison, literal.to_owned())),
        _ if comparison == Comparison::Like => None,
        _ => Some(Test::Number(key, comparison, number(literal)?)),
    }
}

/// A number, or a date in any of the forms that clients use.
fn number(literal: &str) -> Option<i64> {
    let literal = literal.trim();
    let dated = || date::parse_rfc3339(literal).or_else(|| date::parse_http(literal));
    literal
        .parse()
        .ok()
        .or_else(|| dated().map(time::OffsetDateTime::unix_timestamp))
}

fn sort_key(name: &Name) -> Option<SortKey> {
    const KEYS: [(Name, SortKey); 9] = [
        (props::DISPLAYNAME, SortKey::Name),
        (props::GETCONTENTTYPE, SortKey::MediaType),
        (props::SIZE, SortKey::Size),
        (props::GETCONTENTLENGTH, SortKey::Size),
        (props::GETLASTMODIFIED, SortKey::ModifiedAt),
        (props::CREATIONDATE, SortKey::CreatedAt),
        (props::CREATION_TIME, SortKey::CreatedAt),
        (props::UPLOAD_TIME, SortKey::UploadedAt),
        (props::FILEID, SortKey::Id),
    ];
    KEYS.iter().find(|(known, _)| known == name).map(|(_, key)| *key)
}

/// Nextcloud's answer, which is text, whatever its type says.
fn not_searchable() -> Response {
    let text = ContentError::NotSearchable.to_string();
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, XML)], text).into_response()
}

/// Nextcloud's answer, which is text here and XML with every other method.
fn malformed(cause: &str) -> Response {
    let mut response = (StatusCode::BAD_REQUEST, format!("Parse error: {cause}")).into_response();
    answer::insert(response.headers_mut(), header::CONTENT_TYPE, "text/html; charset=UTF-8");
    response
}
