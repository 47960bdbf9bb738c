use nc_proto::dav::{CALDAV, CALENDARSERVER, CARDDAV, DAV, Element, Name};

use super::{
    super::{super::DavError, node::Node, wire::Session},
    href,
};
use crate::accounts::Account;

/// What is known of a person or group.
pub(super) struct Facts {
    kind: &'static str,
    id: String,
    name: String,
    email: Option<String>,
    /// Groups of the one who asks, members of a group of theirs. Of others nothing: whoever asks about those has to administer
    /// them, and does it over OCS.
    related: Vec<String>,
}

impl Facts {
    pub(super) async fn of(session: &Session, node: &Node) -> Result<Option<Self>, DavError> {
        let accounts = session.cloud.accounts();
        let asking = session.viewer.as_ref().map(|viewer| &viewer.user);
        Ok(match node {
            Node::User(account) => {
                let user = account.user_id();
                let mut facts = Self::of_account(account);
                if asking == Some(&user) {
                    facts.related = accounts.list_groups(&user).await?;
                }
                Some(facts)
            }
            Node::Group(id) => {
                let mut members = accounts.list_members(id).await?;
                if !asking.is_some_and(|user| members.iter().any(|member| *member == user.as_str())) {
                    members.clear();
                }
                Some(Self {
                    kind: "groups",
                    id: id.clone(),
                    name: id.clone(),
                    email: None,
                    related: members,
                })
            }
            _ => None,
        })
    }

    fn of_account(account: &Account) -> Self {
        Self {
            kind: "users",
            id: account.id.clone(),
            name: account.display_name.clone(),
            email: account.email.clone(),
            related: Vec::new(),
        }
    }

    pub(super) fn property(&self, session: &Session, name: &Name) -> Option<Element> {
        let element = Element::new(name.clone());
        let is_user = self.kind == "users";
        let one = |names: &[&str]| Some(element.clone().with(href(session, names)));
        let own = ["principals", self.kind, &self.id];
        match (name.namespace(), name.local()) {
            (DAV, "displayname") => Some(Element::text(name.clone(), &*self.name)),
            (DAV, "principal-URL" | "owner") => one(&own),
            (DAV, "group-membership") if is_user => Some(self.relate(session, element, "groups")),
            (DAV, "group-membership") => Some(element),
            (DAV, "group-member-set") if is_user => Some(element),
            (DAV, "group-member-set") => Some(self.relate(session, element, "users")),
            (DAV, "alternate-URI-set") => Some(element.with_all(self.mailto())),
            (CALDAV, "calendar-home-set") if is_user => one(&["calendars", &self.id]),
            (CARDDAV, "addressbook-home-set") if is_user => one(&["addressbooks", "users", &self.id]),
            (CALDAV, "calendar-user-address-set") => Some(element.with_all(self.mailto()).with(href(session, &own))),
            (CALDAV, "schedule-inbox-URL") if is_user => one(&["calendars", &self.id, "inbox"]),
            (CALDAV, "schedule-outbox-URL") if is_user => one(&["calendars", &self.id, "outbox"]),
            (CALDAV, "schedule-default-calendar-URL") if is_user => one(&["calendars", &self.id, "personal"]),
            (CALDAV, "calendar-user-type") => Some(Element::text(
                name.clone(),
                if is_user { "INDIVIDUAL" } else { "GROUP" },
            )),
            (CALENDARSERVER, "email-address-set") if is_user => {
                let address = Name::constant(CALENDARSERVER, "email-address");
                let email = self.email.iter();
                Some(element.with_all(email.map(|email| Element::text(address.clone(), &**email))))
            }
            _ => None,
        }
    }

    fn mailto(&self) -> Option<Element> {
        let email = self.email.as_ref()?;
        Some(Element::text(Name::dav("href"), format!("mailto:{email}")))
    }

    fn relate(&self, session: &Session, element: Element, kind: &str) -> Element {
        element.with_all(self.related.iter().map(|id| href(session, &["principals", kind, id])))
    }
}
