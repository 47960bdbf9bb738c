use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::dav::{
    CALDAV, CALENDARSERVER, Element, Name, XmlError,
    addressbook::props::ADDRESSBOOK,
    calendar::{MakeCalendar, MakeCollection, props as cal},
    check_name,
    props::RESOURCETYPE,
};

use super::{
    super::{DavError, answer},
    node::Node,
    proppatch, resolve,
    wire::Session,
};
use crate::collections::{CollectionError, HomeKind, Kind};

/// Kinds of object that calendars take.
const COMPONENTS: [&str; 3] = ["VEVENT", "VTODO", "VJOURNAL"];

/// Names in a calendar home that are not for calendars.
const RESERVED: [&str; 3] = ["inbox", "outbox", "trashbin"];

/// Most collections of one person in one home.
const MOST_COLLECTIONS: usize = 1000;

/// Answers MKCALENDAR.
pub(super) async fn calendar(session: &Session, body: Body) -> Result<Response, DavError> {
    let body = session.read_xml(body).await?;
    make(session, Kind::Calendar, MakeCalendar::parse(&body).map(|make| make.set)).await
}

/// Answers MKCOL, which says what it wants in its body (RFC 5689).
pub(super) async fn collection(session: &Session, body: Body) -> Result<Response, DavError> {
    let body = session.read_xml(body).await?;
    let request = MakeCollection::parse(&body)?;
    let kinds = request.kinds();
    let is = |name: &Name| kinds.contains(name);
    let kind = if is(&ADDRESSBOOK) {
        Kind::AddressBook
    } else if is(&Name::constant(CALENDARSERVER, "subscribed")) {
        Kind::Subscription
    } else if is(&Name::constant(CALDAV, "calendar")) {
        Kind::Calendar
    } else {
        // Refuses what is there before it refuses the kind.
        place(session).await?;
        return Err(wrong_kind());
    };
    make(session, kind, Ok(request.set)).await
}

async fn make(session: &Session, kind: Kind, set: Result<Vec<Element>, XmlError>) -> Result<Response, DavError> {
    let mut set = set?;
    let (home, name) = place(session).await?;
    if home != kind.home() || RESERVED.contains(&name.as_str()) {
        return Err(wrong_kind());
    }
    check_name(&name).map_err(|error| DavError::bad_request(error.to_string()))?;
    let components = components(kind, &set)?;
    set.retain(|element| element.name != RESOURCETYPE && element.name != cal::SUPPORTED_CALENDAR_COMPONENT_SET);
    let user = session.user()?;
    session.demand_components(&components)?;
    if session.collections().list(home, user).await?.len() >= MOST_COLLECTIONS {
        return Err(DavError::forbidden("Too many collections"));
    }
    if let Some(refused) = set.iter().find(|element| !proppatch::can_write(&element.name)) {
        return Err(DavError::forbidden(format!("{} cannot be set", refused.name)));
    }
    let components: Vec<&str> = components.iter().map(String::as_str).collect();
    let mut change = session.collections().change(session.cloud.now()).await?;
    let id = match change.create(kind, user, &name, &components).await {
        Ok(id) => id,
        Err(CollectionError::Exists) => return Err(exists()),
        Err(error) => return Err(error.into()),
    };
    for element in set {
        let value = proppatch::stored(&element);
        change
            .set_property(id, user, &element.name.to_string(), Some(&value))
            .await?;
    }
    change.commit().await?;
    Ok(answer::empty(StatusCode::CREATED))
}

/// The home and name that the request is for.
async fn place(session: &Session) -> Result<(HomeKind, String), DavError> {
    let (name, parent) = session.names.split_last().ok_or_else(wrong_kind)?;
    match resolve::find_names(session, parent).await? {
        Node::Home(home) => {
            // What is in the trash is not found, and makes room.
            if resolve::find(session).await.is_ok() {
                return Err(exists());
            }
            Ok((home, name.clone()))
        }
        _ => Err(wrong_kind()),
    }
}

fn components(kind: Kind, set: &[Element]) -> Result<Vec<String>, DavError> {
    if kind == Kind::AddressBook {
        return Ok(vec!["VCARD".to_owned()]);
    }
    let asked = set
        .iter()
        .find(|element| element.name == cal::SUPPORTED_CALENDAR_COMPONENT_SET);
    let Some(asked) = asked else {
        return Ok(COMPONENTS.map(str::to_owned).to_vec());
    };
    let names = asked.elements().flat_map(|comp| &comp.attributes);
    let names = names.filter(|(name, _)| name.is("", "name"));
    let mut names: Vec<String> = names.map(|(_, value)| value.trim().to_ascii_uppercase()).collect();
    names.dedup();
    if names.is_empty()
        || names
            .iter()
            .any(|name| !COMPONENTS.contains(&name.as_str()) && name != "VFREEBUSY")
    {
        let condition = Element::new(cal::SUPPORTED_CALENDAR_COMPONENT_SET);
        let message = "Calendars take VEVENT, VTODO and VJOURNAL";
        return Err(DavError::violates("Forbidden", message, condition));
    }
    Ok(names)
}

fn exists() -> DavError {
    DavError::not_allowed("The resource you tried to create already exists")
}

fn wrong_kind() -> DavError {
    let message = "The {DAV:}resourcetype you specified is not supported here.";
    DavError::violates(
        "InvalidResourceType",
        message,
        Element::new(Name::dav("valid-resourcetype")),
    )
}
