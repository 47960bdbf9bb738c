use nc_auth::UserId;
use nc_proto::dav::DavPath;

use super::{
    super::DavError,
    node::{Folder, Node},
    view::{self, ACCOUNTS, RECENT, Source, View},
    wire::Session,
};
use crate::collections::{Collection, HomeKind, Kind};

/// What the request's address leads to.
pub(super) async fn find(session: &Session) -> Result<Node, DavError> {
    find_names(session, &session.names).await
}

/// What the names below `/remote.php/dav` lead to, as far as the one who asks may know.
pub(super) async fn find_names(session: &Session, names: &[String]) -> Result<Node, DavError> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if session.viewer.is_none() && names.first() != Some(&"public-calendars") {
        return Err(nobody(names.last().copied().unwrap_or_default()));
    }
    match names.as_slice() {
        [] => Ok(Node::Folder(Folder::Root)),
        ["principals", rest @ ..] => principal(session, rest).await,
        ["calendars"] => Ok(Node::Folder(Folder::Calendars)),
        ["calendars", owner, rest @ ..] => calendars(session, own(session, owner)?, rest).await,
        ["addressbooks"] | ["addressbooks", "users"] => Ok(Node::Folder(Folder::AddressBooks)),
        ["addressbooks", "users", owner, rest @ ..] => address_books(session, own(session, owner)?, rest).await,
        ["public-calendars"] => Ok(Node::Folder(Folder::PublicCalendars)),
        ["public-calendars", token, rest @ ..] => public(session, token, rest).await,
        names => Err(DavError::not_found(&DavPath::from_names(names.iter().copied()))),
    }
}

/// The collection that will hold something of the last name, and that name.
pub(super) async fn find_parent<'a>(session: &Session, names: &'a [String]) -> Result<(View, &'a str), DavError> {
    let (name, parent) = names.split_last().ok_or_else(|| nobody(""))?;
    match find_names(session, parent).await? {
        Node::Collection(view) if view.is_writable() => Ok((view, name)),
        Node::Collection(view) => Err(view.missing()),
        _ => Err(DavError::forbidden(
            "Objects can only be put into a calendar or an address book",
        )),
    }
}

fn nobody(name: &str) -> DavError {
    DavError::missing(format!("Node with name '{name}' could not be found"))
}

/// Other people's homes are not there, whether the people are or not.
fn own<'a>(session: &'a Session, owner: &str) -> Result<&'a UserId, DavError> {
    let user = session.user()?;
    if user.as_str() == owner {
        Ok(user)
    } else {
        Err(nobody(owner))
    }
}

async fn principal(session: &Session, names: &[&str]) -> Result<Node, DavError> {
    let missing = |name: &str| DavError::missing(format!("Principal with name {name} not found"));
    match names {
        [] => Ok(Node::Folder(Folder::Principals)),
        ["users"] => Ok(Node::Folder(Folder::Users)),
        ["groups"] => Ok(Node::Folder(Folder::Groups)),
        ["calendar-resources" | "calendar-rooms" | "system"] => Ok(Node::Folder(Folder::NoPrincipals)),
        ["users", id] => {
            let account = session.cloud.find_user(&UserId::new(*id)).await?;
            account.map(Node::User).ok_or_else(|| missing(id))
        }
        ["groups", id] => {
            let members = session.cloud.accounts().list_members(id).await?;
            if members.is_empty() {
                return Err(missing(id));
            }
            Ok(Node::Group((*id).to_owned()))
        }
        other => Err(missing(other.last().copied().unwrap_or_default())),
    }
}

async fn calendars(session: &Session, user: &UserId, names: &[&str]) -> Result<Node, DavError> {
    match names {
        [] => Ok(Node::Home(HomeKind::Calendars)),
        ["outbox"] => Ok(Node::Outbox),
        ["trashbin"] => Ok(Node::Trash),
        ["trashbin", "objects"] => Ok(Node::TrashObjects),
        ["trashbin", "restore"] => Ok(Node::TrashRestore),
        ["trashbin", "objects", name] => {
            let id = name.strip_suffix(".ics").and_then(|id| id.parse::<i64>().ok());
            let trash = session.collections().list_trash(user).await?;
            let found = trash.into_iter().find(|(_, object)| Some(object.id) == id);
            let found = found.filter(|(_, object)| session.reaches(&object.component));
            let (collection, object) = found.ok_or_else(|| DavError::missing("Calendar object not found"))?;
            Ok(Node::Trashed(collection, object))
        }
        names => stored(session, HomeKind::Calendars, user, names).await,
    }
}

async fn address_books(session: &Session, user: &UserId, names: &[&str]) -> Result<Node, DavError> {
    let made_up = match names.first() {
        Some(&ACCOUNTS) => Some(Source::Accounts),
        Some(&RECENT) => Some(Source::Recent),
        _ => None,
    };
    match (made_up, names) {
        (_, []) => Ok(Node::Home(HomeKind::AddressBooks)),
        (Some(source), [_, rest @ ..]) => {
            let token = match source {
                Source::Accounts => view::accounts_token(session).await?,
                _ => 0,
            };
            within(session, View::made_up(user, source, token), rest).await
        }
        (None, names) => stored(session, HomeKind::AddressBooks, user, names).await,
    }
}

async fn stored(session: &Session, home: HomeKind, user: &UserId, names: &[&str]) -> Result<Node, DavError> {
    let [uri, rest @ ..] = names else {
        return Ok(Node::Home(home));
    };
    let view = match session.collections().find(home, user, uri).await? {
        Some(own) => Some(View::own(user, own)),
        None => shared(session, home, user, uri).await?,
    };
    // What lies in the trash is in the list of the home, and can only be restored or deleted for good.
    let reaches_trash = rest.is_empty() && (session.method == "MOVE" || session.method == "DELETE");
    let view = view.filter(|view| reaches_trash || view.collection.deleted_at.is_none());
    let view = view.filter(|view| session.reaches_collection(&view.collection.components));
    within(session, view.ok_or_else(|| view::missing(home, uri))?, rest).await
}

async fn shared(session: &Session, home: HomeKind, user: &UserId, uri: &str) -> Result<Option<View>, DavError> {
    if !uri.contains("_shared_by_") {
        return Ok(None);
    }
    let all = session.collections().shared_with(home, user).await?;
    let mut views = all
        .into_iter()
        .map(|(collection, access)| View::shared(user, collection, access));
    Ok(views.find(|view| view.name() == uri))
}

async fn within(session: &Session, view: View, names: &[&str]) -> Result<Node, DavError> {
    let missing = match view.collection.kind {
        Kind::AddressBook => "Card not found",
        _ => "Calendar object not found",
    };
    match names {
        [] => Ok(Node::Collection(view)),
        [uri] => {
            let object = view.find(session, uri).await?;
            let object = object.filter(|object| session.reaches(&object.component));
            let object = object.ok_or_else(|| DavError::missing(missing))?;
            Ok(Node::Item(view, object))
        }
        _ => Err(DavError::missing(missing)),
    }
}

async fn public(session: &Session, token: &str, names: &[&str]) -> Result<Node, DavError> {
    let found: Option<Collection> = session.collections().find_published(token).await?;
    let found = found.ok_or_else(|| DavError::missing(format!("Node with name '{token}' could not be found")))?;
    within(session, View::public(token, found), names).await
}
