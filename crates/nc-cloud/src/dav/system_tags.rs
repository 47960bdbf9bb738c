//! The tags that all users share, as Nextcloud shows them: `systemtags` has the tags, `systemtags-relations/files` which
//! files carry them. Only administrators see and give tags that are not for everybody.

use axum::{body::Body, response::Response};
use http::{StatusCode, header};
use nc_proto::dav::{
    DavPath, Depth, Element, Multistatus, Name, PropPatch, PropStat, PropUpdate, Propfind, Response as Entry, props,
};
use serde::Deserialize;

use super::{
    DavError, answer, files, propfind,
    root::{collection, known_properties},
    visit::Visit,
};
use crate::content::{Content, NewTag, SystemTag, TagChange};

mod relations;

pub(super) use relations::serve as serve_relations;

const ID: Name = Name::oc("id");
const DISPLAY_NAME: Name = Name::oc("display-name");
const USER_VISIBLE: Name = Name::oc("user-visible");
const USER_ASSIGNABLE: Name = Name::oc("user-assignable");
const CAN_ASSIGN: Name = Name::oc("can-assign");
const COLOR: Name = Name::nc("color");
const FILES_ASSIGNED: Name = Name::nc("files-assigned");
const REFERENCE_FILEID: Name = Name::nc("reference-fileid");
const SYSTEM_TAG: Name = Name::nc("system-tag");

/// Longest name of a tag in characters, as in Nextcloud's database.
const LONGEST_NAME: usize = 64;

/// What the one who asks may do with tags.
pub(super) struct Viewer {
    is_administrator: bool,
}

impl Viewer {
    pub(super) async fn of(visit: &Visit) -> Result<Self, DavError> {
        // A credential that is limited to some scopes administers nothing here.
        let is_administrator = matches!(visit.signed_in.grants, nc_auth::Grants::Unrestricted)
            && visit.cloud.is_administrator(&visit.signed_in.user).await?;
        Ok(Self { is_administrator })
    }

    const fn sees(&self, tag: &SystemTag) -> bool {
        tag.user_visible || self.is_administrator
    }

    const fn may_assign(&self, tag: &SystemTag) -> bool {
        self.sees(tag) && (tag.user_assignable || self.is_administrator)
    }

    async fn get(&self, visit: &Visit, id: i64) -> Result<SystemTag, DavError> {
        let tag = find(visit, id).await?.filter(|tag| self.sees(tag));
        tag.ok_or_else(|| DavError::missing(format!("Tag with id {id} not found")))
    }

    fn elements(&self, tag: &SystemTag) -> Vec<Element> {
        vec![
            Element::text(ID, tag.id.to_string()),
            Element::text(DISPLAY_NAME, &*tag.name),
            Element::text(props::DISPLAYNAME, &*tag.name),
            Element::text(USER_VISIBLE, tag.user_visible.to_string()),
            Element::text(USER_ASSIGNABLE, tag.user_assignable.to_string()),
            Element::text(CAN_ASSIGN, self.may_assign(tag).to_string()),
            Element::text(COLOR, &*tag.color),
            Element::text(props::GETETAG, format!("\"{}\"", tag.etag)),
        ]
    }
}

async fn find(visit: &Visit, id: i64) -> Result<Option<SystemTag>, DavError> {
    let found = visit.cloud.content().find_tag(id).await;
    found.map_err(|error| visit.refuse(error))
}

/// The numbers of tags by which files are to be found: all of them must be there.
pub(super) async fn get_all(visit: &Visit, ids: &[String]) -> Result<Vec<i64>, DavError> {
    let viewer = Viewer::of(visit).await?;
    let mut numbers = Vec::with_capacity(ids.len());
    for id in ids {
        let tag = match id.parse() {
            Ok(id) => find(visit, id).await?.filter(|tag| viewer.sees(tag)),
            Err(_) => None,
        };
        let tag = tag.ok_or_else(|| DavError::precondition("", "Cannot filter by non-existing tag", None))?;
        numbers.push(tag.id);
    }
    Ok(numbers)
}

fn number(text: &str) -> Result<i64, DavError> {
    text.parse().map_err(|_| DavError::bad_request("Invalid tag id"))
}

/// The property `nc:system-tags` of something that carries these, as everybody sees it.
pub(super) fn property(tags: &[SystemTag]) -> Element {
    let everybody = Viewer {
        is_administrator: false,
    };
    property_for(&everybody, tags)
}

/// The property `nc:system-tags` as one who asks sees it.
pub(super) fn property_for(seen: &Viewer, tags: &[SystemTag]) -> Element {
    let tags = tags.iter().filter(|tag| seen.sees(tag)).map(|tag| {
        let mut element = Element::text(SYSTEM_TAG, &*tag.name);
        element.attributes = vec![
            (CAN_ASSIGN, seen.may_assign(tag).to_string()),
            (ID, tag.id.to_string()),
            (USER_ASSIGNABLE, tag.user_assignable.to_string()),
            (USER_VISIBLE, tag.user_visible.to_string()),
            (COLOR, tag.color.clone()),
        ];
        element
    });
    Element::new(props::SYSTEM_TAGS).with_all(tags)
}

/// A request for the tags themselves.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    if visit.method == "OPTIONS" {
        return Ok(files::options());
    }
    let viewer = Viewer::of(visit).await?;
    let names: Vec<&str> = visit.path().names().iter().map(String::as_str).collect();
    match (visit.method.as_str(), names.as_slice()) {
        ("PROPFIND", []) => list(visit, &viewer, body).await,
        ("PROPFIND", [id]) => {
            let question = Propfind::parse(&visit.read_body(body).await?)?;
            propfind::check_count(&question)?;
            let tag = viewer.get(visit, number(id)?).await?;
            Ok(multistatus(vec![describe(visit, &viewer, &question, &tag)]))
        }
        ("POST", []) => {
            let tag = create(visit, &viewer, body).await?;
            Ok(created(visit, &tag))
        }
        ("PROPPATCH", [id]) => change(visit, &viewer, number(id)?, body).await,
        ("DELETE", [id]) => {
            let tag = viewer.get(visit, number(id)?).await?;
            if !viewer.is_administrator {
                return Err(DavError::forbidden(format!("No permission to delete tag {}", tag.id)));
            }
            let deleted = visit.cloud.content().delete_tag(tag.id).await;
            deleted.map_err(|error| visit.refuse(error))?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        ("GET" | "HEAD", [] | [_]) => Ok(answer::empty(StatusCode::OK)),
        (_, [] | [_]) => Err(DavError::forbidden("Not allowed with tags")),
        _ => Err(DavError::nothing()),
    }
}

fn multistatus(responses: Vec<Entry>) -> Response {
    answer::multistatus(&Multistatus {
        responses,
        sync_token: None,
    })
}

async fn list(visit: &Visit, viewer: &Viewer, body: Body) -> Result<Response, DavError> {
    let question = Propfind::parse(&visit.read_body(body).await?)?;
    propfind::check_count(&question)?;
    let root = visit.place.href(&DavPath::root(), true);
    let mut responses = vec![known_properties(root, &question, &[collection()])];
    if visit.depth()? != Some(Depth::Zero) {
        let tags = visit.cloud.content().list_tags().await;
        let tags = tags.map_err(|error| visit.refuse(error))?;
        let seen = tags.iter().filter(|tag| viewer.sees(tag));
        responses.extend(seen.map(|tag| describe(visit, viewer, &question, tag)));
    }
    Ok(multistatus(responses))
}

fn describe(visit: &Visit, viewer: &Viewer, question: &Propfind, tag: &SystemTag) -> Entry {
    let mut known = viewer.elements(tag);
    // Nextcloud counts only where it is asked for the tags in use.
    known.extend([
        Element::text(FILES_ASSIGNED, "-1"),
        Element::text(REFERENCE_FILEID, "-1"),
        collection(),
    ]);
    let path = DavPath::from_names([tag.id.to_string()]);
    known_properties(visit.place.href(&path, true), question, &known)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    name: Option<String>,
    user_visible: Option<bool>,
    user_assignable: Option<bool>,
}

/// Makes the tag that a JSON body describes.
async fn create(visit: &Visit, viewer: &Viewer, body: Body) -> Result<SystemTag, DavError> {
    let body = visit.read_json(body).await?;
    let wish: Wish = serde_json::from_slice(&body).map_err(|_| DavError::bad_request("Invalid JSON"))?;
    let name = wish.name.map(|name| name.trim().to_owned());
    let name = name.ok_or_else(|| DavError::bad_request("Missing \"name\" attribute"))?;
    check_name(&name)?;
    let tag = NewTag {
        name,
        user_visible: wish.user_visible.unwrap_or(true),
        user_assignable: wish.user_assignable.unwrap_or(true),
    };
    let is_for_everybody = tag.user_visible && tag.user_assignable;
    if !is_for_everybody && !viewer.is_administrator {
        return Err(DavError::bad_request("Not sufficient permissions"));
    }
    let made = visit.cloud.content().create_tag(&tag).await;
    let made = made.map_err(|error| visit.refuse(error))?;
    made.ok_or_else(|| DavError::conflict("Tag already exists"))
}

fn check_name(name: &str) -> Result<(), DavError> {
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(DavError::bad_request(format!(
            "The name of a tag has 1 to {LONGEST_NAME} characters"
        )));
    }
    Ok(())
}

/// The answer about a new tag, with its address.
fn created(visit: &Visit, tag: &SystemTag) -> Response {
    let mut response = answer::empty(StatusCode::CREATED);
    let path = visit.beside(&["systemtags", &tag.id.to_string()]);
    answer::insert(response.headers_mut(), header::CONTENT_LOCATION, &path.encode());
    response
}

async fn change(visit: &Visit, viewer: &Viewer, id: i64, body: Body) -> Result<Response, DavError> {
    let patch = PropPatch::parse(&visit.read_body(body).await?)?;
    let tag = viewer.get(visit, id).await?;
    if !viewer.may_assign(&tag) {
        return Err(DavError::forbidden(format!("No permission to update tag {id}")));
    }
    let mut wanted = TagChange::default();
    let mut names = Vec::new();
    for update in &patch.updates {
        let PropUpdate::Set(element) = update else {
            return Err(DavError::forbidden("Properties of tags cannot be removed"));
        };
        let text = element.content().trim().to_owned();
        let yes = matches!(text.as_str(), "1" | "true");
        match update.name() {
            name if *name == DISPLAY_NAME => {
                check_name(&text)?;
                wanted.name = Some(text);
            }
            name if *name == COLOR => wanted.color = Some(color(&text)?),
            name if *name == USER_VISIBLE && viewer.is_administrator => wanted.user_visible = Some(yes),
            name if *name == USER_ASSIGNABLE && viewer.is_administrator => wanted.user_assignable = Some(yes),
            name => return Err(DavError::forbidden(format!("No permission to change {name}"))),
        }
        names.push(Element::new(update.name().clone()));
    }
    rename(visit, visit.cloud.content(), id, &wanted).await?;
    let path = DavPath::from_names([id.to_string()]);
    let href = visit.place.href(&path, false);
    Ok(multistatus(vec![Entry::of_props(
        href,
        vec![PropStat::new(200, names)],
    )]))
}

async fn rename(visit: &Visit, content: &Content, id: i64, wanted: &TagChange) -> Result<(), DavError> {
    let changed = content.change_tag(id, wanted).await;
    if changed.map_err(|error| visit.refuse(error))? {
        Ok(())
    } else {
        Err(DavError::conflict("Tag already exists"))
    }
}

/// Six hexadecimal digits, perhaps behind a `#`; empty for none.
fn color(text: &str) -> Result<String, DavError> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_color = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_color || digits.is_empty() {
        Ok(digits.to_ascii_lowercase())
    } else {
        Err(DavError::bad_request("Color must be a 6-digit hexadecimal value"))
    }
}
