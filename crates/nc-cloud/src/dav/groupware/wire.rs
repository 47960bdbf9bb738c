use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, Method};
use nc_auth::{Scope, ScopeSet, UserId};
use nc_proto::dav::{DavPath, Depth, ETagCondition, Multistatus};

use super::super::{DavError, LARGEST_BODY_BYTES, answer, headers, place};
use crate::{
    Cloud, SignedIn,
    collections::{Collection, Collections, Condition, Kind},
    content::Overwrite,
    routes::only_reads,
};

/// One request: who asks, where, and with what headers.
pub(super) struct Session {
    pub(super) cloud: Cloud,
    /// Nobody in particular, at published calendars.
    pub(super) viewer: Option<SignedIn>,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) query: String,
    /// The names below `/remote.php/dav`.
    pub(super) names: Vec<String>,
    /// `/remote.php/dav` with the prefix under which clients see the cloud.
    base: DavPath,
}

/// What a credential wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Read,
    Write,
}

impl Session {
    pub(super) fn new(cloud: Cloud, viewer: Option<SignedIn>, request: Request) -> Result<(Self, Body), DavError> {
        let path = place::decode(request.uri().path())?;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let (parts, body) = request.into_parts();
        let base = place::prefix(&cloud).child("remote.php").child("dav");
        let session = Self {
            names: path.names().iter().skip(2).cloned().collect(),
            cloud,
            viewer,
            method: parts.method,
            headers: parts.headers,
            query,
            base,
        };
        Ok((session, body))
    }

    /// The one who asks. Everything but published calendars is behind the gate.
    pub(super) fn user(&self) -> Result<&UserId, DavError> {
        let signed_in = self.viewer.as_ref().map(|viewer| &viewer.user);
        signed_in.ok_or_else(|| DavError::forbidden("This needs a signed-in user"))
    }

    pub(super) fn collections(&self) -> Collections {
        self.cloud.collections()
    }

    /// The address of the names below `/remote.php/dav`.
    pub(super) fn href<N: AsRef<str>>(&self, names: &[N], is_folder: bool) -> String {
        let names = names.iter().map(AsRef::as_ref);
        let path = self.base.join(&DavPath::from_names(names));
        if is_folder { path.encode_folder() } else { path.encode() }
    }

    /// The names below `/remote.php/dav` that an address in a header or body means.
    pub(super) fn names_of(&self, address: &str) -> Result<Vec<String>, DavError> {
        let path = place::decode(address)?;
        let inner = DavPath::from_names(["remote.php", "dav"]);
        let rest = path.strip_prefix(&self.base).or_else(|| path.strip_prefix(&inner));
        let rest = rest.ok_or_else(|| DavError::forbidden(format!("Requested uri ({path}) is out of base uri")))?;
        Ok(rest.names().to_vec())
    }

    /// Whether the credential is for objects of that kind: calendars' scopes are not those of tasks.
    pub(super) fn allows(&self, verb: Verb, component: &str) -> bool {
        match &self.viewer {
            Some(viewer) => viewer.grants.allows(scope(verb, component)),
            None => verb == Verb::Read,
        }
    }

    /// Whether the credential is for the collection itself.
    pub(super) fn allows_collection(&self, verb: Verb, components: &[String]) -> bool {
        match verb {
            Verb::Read => components.iter().any(|component| self.allows(verb, component)) || components.is_empty(),
            Verb::Write => self.allows(verb, owner(components)),
        }
    }

    /// Whether the request may find objects of that kind. Writing does not include reading, but needs no more than its own
    /// scope.
    pub(super) fn reaches(&self, component: &str) -> bool {
        let writes = !only_reads(&self.method);
        self.allows(Verb::Read, component) || (writes && self.allows(Verb::Write, component))
    }

    /// Whether the request may find a collection that takes these.
    pub(super) fn reaches_collection(&self, components: &[String]) -> bool {
        components.is_empty() || components.iter().any(|component| self.reaches(component))
    }

    /// Refuses what the credential is not for.
    pub(super) fn demand(&self, verb: Verb, component: &str) -> Result<(), DavError> {
        if self.allows(verb, component) {
            return Ok(());
        }
        Err(DavError::lacks_scope(ScopeSet::EMPTY.with(scope(verb, component))))
    }

    /// Refuses to change a collection that the credential is not for.
    pub(super) fn demand_collection(&self, collection: &Collection) -> Result<(), DavError> {
        self.demand_components(&collection.components)
    }

    /// Refuses to change a collection that takes these, when the credential is not for it.
    pub(super) fn demand_components(&self, components: &[String]) -> Result<(), DavError> {
        self.demand(Verb::Write, owner(components))
    }

    pub(super) fn depth(&self) -> Result<Option<Depth>, DavError> {
        headers::depth(&self.headers)
    }

    pub(super) fn overwrite(&self) -> Result<Overwrite, DavError> {
        headers::overwrite(&self.headers)
    }

    pub(super) fn header(&self, name: &str) -> Result<Option<&str>, DavError> {
        headers::text(&self.headers, name)
    }

    /// The state in which the request wants an object to be.
    pub(super) fn condition(&self) -> Result<Condition, DavError> {
        let tags = |name| Ok::<_, DavError>(self.header(name)?.map(ETagCondition::parse));
        Ok(Condition {
            matches: tags("if-match")?,
            none_matches: tags("if-none-match")?,
            schedule_tag: self.header("if-schedule-tag-match")?.map(str::to_owned),
        })
    }

    /// A body of moderate size: XML.
    pub(super) async fn read_xml(&self, body: Body) -> Result<Vec<u8>, DavError> {
        headers::read_body(body, LARGEST_BODY_BYTES).await
    }

    /// Makes what everybody has from the start, when somebody comes for the first time.
    pub(super) async fn make_home(&self) -> Result<(), DavError> {
        match &self.viewer {
            Some(viewer) => Ok(make_home(&self.cloud, &viewer.user).await?),
            None => Ok(()),
        }
    }
}

/// The scope for doing this with objects of that kind.
fn scope(verb: Verb, component: &str) -> Scope {
    match (component, verb) {
        ("VCARD", Verb::Read) => Scope::ContactsRead,
        ("VCARD", Verb::Write) => Scope::ContactsWrite,
        ("VTODO", Verb::Read) => Scope::TodoRead,
        ("VTODO", Verb::Write) => Scope::TodoWrite,
        (_, Verb::Read) => Scope::CalendarRead,
        (_, Verb::Write) => Scope::CalendarWrite,
    }
}

/// The component whose scope a collection itself needs: a list of tasks is one that takes nothing else.
fn owner(components: &[String]) -> &'static str {
    let is_task_list = !components.is_empty() && components.iter().all(|component| component == "VTODO");
    if is_task_list {
        "VTODO"
    } else if components.iter().any(|component| component == "VCARD") {
        "VCARD"
    } else {
        "VEVENT"
    }
}

/// Makes the collections that everybody has from the start, unless they were made.
pub(crate) async fn make_home(cloud: &Cloud, user: &UserId) -> Result<(), crate::Error> {
    let collections = cloud.collections();
    if collections.has_home(user).await? {
        return Ok(());
    }
    let mut change = collections.change(cloud.now()).await?;
    make_home_within(&mut change, user).await?;
    change.commit().await
}

/// As [`make_home`], within a change.
pub(crate) async fn make_home_within(
    change: &mut crate::collections::Change,
    user: &UserId,
) -> Result<(), crate::Error> {
    if !change.note_home(user).await? {
        return Ok(());
    }
    let all: [(Kind, &str, &str, &[&str]); 3] = [
        (Kind::Calendar, "personal", "Personal", &["VEVENT", "VTODO", "VJOURNAL"]),
        (Kind::Inbox, "inbox", "", &["VEVENT", "VTODO", "VFREEBUSY"]),
        (Kind::AddressBook, "contacts", "Contacts", &["VCARD"]),
    ];
    for (kind, uri, name, components) in all {
        let made = change.create(kind, user, uri, components).await;
        let id = made.map_err(|_| crate::Error::Internal("a home could not be made"))?;
        if !name.is_empty() {
            let element = nc_proto::dav::Element::text(nc_proto::dav::props::DISPLAYNAME, name);
            let value = super::proppatch::stored(&element);
            let name = element.name.to_string();
            change.set_property(id, user, &name, Some(&value)).await?;
        }
    }
    Ok(())
}

/// An answer about several resources.
pub(super) fn multistatus(answer: &Multistatus) -> Response {
    answer::multistatus(answer)
}
