use nc_auth::UserId;
use nc_proto::dav::{
    APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, Element, Name, OWNCLOUD,
    addressbook::props as card,
    calendar::props::{self as cal, NEXTCLOUD_COM},
    props::DISPLAYNAME,
};
use time::OffsetDateTime;

use super::super::{
    LARGEST_OBJECT_BYTES, proppatch, sharing,
    view::{Role, Source, View},
    wire::Session,
};
use super::{super::super::DavError, principal_href, reports::syncs};
use crate::collections::{Kind, ShareAccess};

/// What is known of a collection besides its row.
pub(in super::super) struct Facts {
    view: View,
    owner_name: String,
    /// What the owner wrote about it.
    by_owner: Vec<(String, Element)>,
    /// What the one who asks wrote about it, if that is somebody else.
    by_viewer: Vec<(String, Element)>,
    /// With whom it is shared: principal, name, access.
    invited: Vec<(String, String, ShareAccess)>,
    publication: Option<String>,
}

impl Facts {
    pub(in super::super) async fn of(session: &Session, view: &View) -> Result<Self, DavError> {
        let mut facts = Self {
            view: view.clone(),
            owner_name: session.cloud.display_name(&view.collection.owner).await?.to_string(),
            by_owner: Vec::new(),
            by_viewer: Vec::new(),
            invited: Vec::new(),
            publication: None,
        };
        if view.source != Source::Stored {
            return Ok(facts);
        }
        let (id, collections) = (view.collection.id, session.collections());
        let read = async |user: &UserId| {
            let all = collections.properties(id, user).await?;
            let all = all.into_iter();
            Ok::<_, DavError>(
                all.filter_map(|(name, value)| Some((name, proppatch::read(&value)?)))
                    .collect(),
            )
        };
        facts.by_owner = read(&view.collection.owner).await?;
        if let (Role::Shared(_), Some(viewer)) = (view.role, &session.viewer) {
            facts.by_viewer = read(&viewer.user).await?;
        }
        if view.role == Role::Owner {
            for share in collections.shares(id).await? {
                let name = sharing::display_name(session, &share.principal).await?;
                facts.invited.push((share.principal, name, share.access));
            }
            facts.publication = collections.publication(id).await?;
        }
        Ok(facts)
    }

    /// What was written about the collection, by the one who asks or by its owner.
    pub(in super::super) fn written(&self, name: &Name) -> Option<&Element> {
        let name = name.to_string();
        let find = |all: &'_ [(String, Element)]| all.iter().position(|(known, _)| *known == name);
        find(&self.by_viewer)
            .map(|index| &self.by_viewer[index].1)
            .or_else(|| find(&self.by_owner).map(|index| &self.by_owner[index].1))
    }

    /// The name as the one who asks sees it.
    pub(in super::super) fn display_name(&self) -> Option<String> {
        match self.view.source {
            Source::Accounts => return Some("Accounts".to_owned()),
            Source::Recent => return Some("Recently contacted".to_owned()),
            Source::Stored if self.view.collection.kind == Kind::Inbox => return None,
            Source::Stored => {}
        }
        let own = self.by_viewer.iter().any(|(name, _)| *name == DISPLAYNAME.to_string());
        let name = self.written(&DISPLAYNAME).map(Element::content);
        let name = name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| self.view.collection.uri.clone());
        match self.view.role {
            Role::Shared(_) if !own => Some(format!("{name} ({})", self.owner_name)),
            _ => Some(name),
        }
    }

    pub(super) fn property(&self, session: &Session, name: &Name) -> Option<Element> {
        let text = |text: String| Some(Element::text(name.clone(), text));
        let view = &self.view;
        if *name == DISPLAYNAME {
            return self.display_name().and_then(text);
        }
        let live = match (name.namespace(), name.local()) {
            (DAV, "sync-token") if syncs(view) => text(sync_token(view.collection.token)),
            (CALENDARSERVER, "getctag") if view.collection.kind != Kind::Inbox => text(self.ctag()),
            (DAV, "owner") => Some(self.owner(session, name)),
            (CALDAV, local) if view.is_calendar() => self.caldav(name, local),
            (CARDDAV, local) if !view.is_calendar() => self.carddav(name, local),
            (CALENDARSERVER, local) => self.sharing(session, name, local),
            (OWNCLOUD, local) => self.oc(name, local),
            (NEXTCLOUD_COM, "owner-displayname") if view.source == Source::Stored => text(self.owner_name.clone()),
            (NEXTCLOUD_COM, "deleted-at") => text(rfc3339(view.collection.deleted_at?)),
            (NEXTCLOUD_COM, "calendar-uri") if view.collection.deleted_at.is_some() => {
                text(view.collection.uri.clone())
            }
            (APPLE, "calendar-order")
                if view.collection.kind == Kind::Calendar && view.collection.uri == "personal" =>
            {
                self.written(name).cloned().or_else(|| text("0".to_owned()))
            }
            _ => None,
        };
        live.or_else(|| self.written(name).cloned())
    }

    /// Nextcloud's are of two forms; clients only compare them.
    fn ctag(&self) -> String {
        match self.view.source {
            Source::Stored if !self.view.is_calendar() => self.view.collection.token.to_string(),
            Source::Accounts => self.view.collection.token.to_string(),
            _ => sync_token(self.view.collection.token),
        }
    }

    fn owner(&self, session: &Session, name: &Name) -> Element {
        let element = Element::new(name.clone());
        match self.view.source {
            Source::Accounts => element.with(super::href(session, &["principals", "system", "system"])),
            _ => element.with(principal_href(session, self.view.collection.owner.as_str())),
        }
    }

    fn caldav(&self, name: &Name, local: &str) -> Option<Element> {
        let element = Element::new(name.clone());
        let kind = self.view.collection.kind;
        let is_calendar = matches!(kind, Kind::Calendar | Kind::Subscription);
        match local {
            "supported-calendar-component-set" if is_calendar => {
                let components = self.view.collection.components.iter().map(|component| {
                    let mut comp = Element::new(Name::constant(CALDAV, "comp"));
                    comp.attributes.push((Name::constant("", "name"), component.clone()));
                    comp
                });
                Some(element.with_all(components))
            }
            "schedule-calendar-transp" if is_calendar => {
                let default = match self.view.role {
                    Role::Owner if kind == Kind::Calendar => "opaque",
                    _ => "transparent",
                };
                // What the owner says is about the owner's own time.
                let said = if self.view.role == Role::Owner {
                    self.written(name).cloned()
                } else {
                    let key = name.to_string();
                    let own = self.by_viewer.iter().find(|(known, _)| *known == key);
                    own.map(|(_, element)| element.clone())
                };
                Some(said.unwrap_or_else(|| element.with(Element::new(Name::constant(CALDAV, default)))))
            }
            "supported-calendar-data" => {
                let mut data = Element::new(cal::CALENDAR_DATA);
                data.attributes = vec![
                    (Name::constant("", "content-type"), "text/calendar".to_owned()),
                    (Name::constant("", "version"), "2.0".to_owned()),
                ];
                Some(element.with(data))
            }
            "supported-collation-set" => Some(collations(element, CALDAV)),
            "max-resource-size" => Some(Element::text(name.clone(), LARGEST_OBJECT_BYTES.to_string())),
            _ => None,
        }
    }

    fn carddav(&self, name: &Name, local: &str) -> Option<Element> {
        let element = Element::new(name.clone());
        match local {
            "supported-address-data" => Some(element.with_all(["3.0", "4.0"].map(|version| {
                let mut kind = Element::new(Name::constant(CARDDAV, "address-data-type"));
                kind.attributes = vec![
                    (Name::constant("", "content-type"), "text/vcard".to_owned()),
                    (Name::constant("", "version"), version.to_owned()),
                ];
                kind
            }))),
            "supported-collation-set" => Some(collations(element, CARDDAV)),
            "max-resource-size" => Some(Element::text(name.clone(), LARGEST_OBJECT_BYTES.to_string())),
            "addressbook-description" if self.view.source == Source::Accounts => Some(Element::text(
                card::ADDRESSBOOK_DESCRIPTION,
                "System address book which holds all accounts",
            )),
            _ => None,
        }
    }

    fn sharing(&self, session: &Session, name: &Name, local: &str) -> Option<Element> {
        let element = Element::new(name.clone());
        match (local, &self.publication) {
            ("allowed-sharing-modes", _) if self.view.role == Role::Owner && self.view.source == Source::Stored => {
                let modes = ["can-be-shared", "can-be-published"];
                Some(element.with_all(modes.map(|mode| Element::new(Name::constant(CALENDARSERVER, mode)))))
            }
            ("publish-url", Some(token)) => Some(element.with(super::href(session, &["public-calendars", token]))),
            _ => None,
        }
    }

    fn oc(&self, name: &Name, local: &str) -> Option<Element> {
        let element = Element::new(name.clone());
        let view = &self.view;
        match (local, view.role) {
            _ if view.collection.kind == Kind::Inbox => None,
            ("owner-principal", _) if view.source == Source::Accounts => {
                Some(Element::text(name.clone(), "principals/system/system"))
            }
            ("owner-principal", Role::Shared(_)) if view.source == Source::Stored => Some(self.owner_principal(name)),
            ("owner-principal", _) if view.is_calendar() => Some(self.owner_principal(name)),
            ("read-only", Role::Shared(ShareAccess::Read)) => Some(Element::text(name.clone(), "1")),
            ("groups", _) if !view.is_calendar() && view.source != Source::Recent => Some(element),
            ("invite", _) if view.source != Source::Recent => Some(element.with_all(self.invited.iter().map(invited))),
            _ => None,
        }
    }

    fn owner_principal(&self, name: &Name) -> Element {
        Element::text(name.clone(), format!("principals/users/{}", self.view.collection.owner))
    }
}

fn invited((principal, name, access): &(String, String, ShareAccess)) -> Element {
    let access = match access {
        ShareAccess::Read => "read",
        ShareAccess::Write => "read-write",
    };
    Element::new(Name::oc("user"))
        .with(Element::text(
            Name::dav("href"),
            format!("principal:principals/{principal}"),
        ))
        .with(Element::text(Name::oc("common-name"), &**name))
        .with(Element::new(Name::oc("invite-accepted")))
        .with(Element::new(Name::oc("access")).with(Element::new(Name::oc(access))))
}

fn collations(element: Element, namespace: &'static str) -> Element {
    let all = ["i;ascii-casemap", "i;octet", "i;unicode-casemap"];
    element.with_all(all.map(|name| Element::text(Name::constant(namespace, "supported-collation"), name)))
}

/// The kinds of a collection, besides `d:collection`.
pub(super) fn kinds(view: &View) -> Vec<Name> {
    if view.collection.deleted_at.is_some() {
        return vec![Name::constant(NEXTCLOUD_COM, "deleted-calendar")];
    }
    match view.collection.kind {
        Kind::Calendar => vec![Name::constant(CALDAV, "calendar")],
        Kind::Subscription => vec![Name::constant(CALENDARSERVER, "subscribed")],
        Kind::AddressBook => vec![card::ADDRESSBOOK],
        Kind::Inbox => vec![Name::constant(CALDAV, "schedule-inbox")],
    }
}

/// The count of a collection as it goes over the wire.
pub(in super::super) fn sync_token(token: i64) -> String {
    format!("http://sabre.io/ns/sync/{token}")
}

/// Unix seconds as `2026-11-21T01:40:02+00:00`: PHP's form, which Nextcloud sends.
pub(super) fn rfc3339(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, clock) = (time.date(), time.time());
    format!(
        "{date}T{:02}:{:02}:{:02}+00:00",
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}
