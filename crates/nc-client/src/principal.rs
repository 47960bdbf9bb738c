//! Where a person's calendars and address books are, and under which addresses they are invited: RFC 5397, RFC 4791
//! §6.2.1, RFC 6352 §7.1.1, RFC 6638 §2. Asked for, not built, for a server may keep them anywhere.

use std::sync::Arc;

use http::Method;
use nc_proto::dav::{CALDAV, CARDDAV, DavPath, Depth, Name, Propfind, Response, props};

use crate::{Client, Error, Subject, files::read_whole_multistatus, fresh::Fetched, request::Request};

const HREF: Name = Name::dav("href");
const CURRENT_USER_PRINCIPAL: Name = Name::dav("current-user-principal");
const CALENDAR_HOME_SET: Name = Name::constant(CALDAV, "calendar-home-set");
const CALENDAR_USER_ADDRESS_SET: Name = Name::constant(CALDAV, "calendar-user-address-set");
const SCHEDULE_OUTBOX_URL: Name = Name::constant(CALDAV, "schedule-outbox-URL");
const SCHEDULE_DEFAULT_CALENDAR_URL: Name = Name::constant(CALDAV, "schedule-default-calendar-URL");
const ADDRESSBOOK_HOME_SET: Name = Name::constant(CARDDAV, "addressbook-home-set");

/// What the server calls the place of all of DAV, below its own address.
const DAV_ROOT: [&str; 2] = ["remote.php", "dav"];

/// A person as calendars and address books know them.
///
/// Paths begin with `/remote.php/dav`, below the server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    path: DavPath,
    display_name: Option<String>,
    calendar_home: DavPath,
    addressbook_home: DavPath,
    calendar_user_addresses: Vec<String>,
    outbox: Option<DavPath>,
    default_calendar: Option<DavPath>,
}

impl Principal {
    /// The place of the person.
    pub const fn path(&self) -> &DavPath {
        &self.path
    }

    /// The name for people.
    pub fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    /// The folder of the calendars.
    pub const fn calendar_home(&self) -> &DavPath {
        &self.calendar_home
    }

    /// The folder of the address books.
    pub const fn addressbook_home(&self) -> &DavPath {
        &self.addressbook_home
    }

    /// The addresses under which the person is invited, `mailto:` first; compared without regard to case.
    pub fn calendar_user_addresses(&self) -> &[String] {
        &self.calendar_user_addresses
    }

    /// The mail address under which the person invites others.
    pub fn email(&self) -> Option<&str> {
        self.calendar_user_addresses
            .iter()
            .find_map(|address| address.strip_prefix("mailto:"))
    }

    /// Whether this is one of the person's addresses.
    pub fn is_called(&self, address: &str) -> bool {
        self.calendar_user_addresses
            .iter()
            .any(|own| own.eq_ignore_ascii_case(address.trim()))
    }

    /// Where to ask who is busy, if the server does that.
    pub const fn outbox(&self) -> Option<&DavPath> {
        self.outbox.as_ref()
    }

    /// The calendar that invitations are put into, if the server tells.
    pub const fn default_calendar(&self) -> Option<&DavPath> {
        self.default_calendar.as_ref()
    }

    fn read(path: DavPath, response: Option<&Response>, user: &str) -> Self {
        let text = |name: &Name| response.and_then(|response| response.prop_text(name));
        let hrefs = |name: &Name| -> Vec<String> {
            let prop = response.and_then(|response| response.prop(name));
            let children = prop.iter().flat_map(|prop| prop.elements());
            children
                .filter(|child| child.name == HREF)
                .map(|child| child.content().trim().to_owned())
                .collect()
        };
        let place = |name: &Name| hrefs(name).iter().find_map(|href| place_of(href));
        let mut addresses: Vec<String> = hrefs(&CALENDAR_USER_ADDRESS_SET)
            .into_iter()
            .map(|address| match address.split_at_checked(7) {
                Some((scheme, mail)) if scheme.eq_ignore_ascii_case("mailto:") => format!("mailto:{mail}"),
                _ => address,
            })
            .collect();
        addresses.sort_by_key(|address| !address.starts_with("mailto:"));
        Self {
            path,
            display_name: text(&props::DISPLAYNAME),
            calendar_home: place(&CALENDAR_HOME_SET).unwrap_or_else(|| built(&["calendars", user])),
            addressbook_home: place(&ADDRESSBOOK_HOME_SET).unwrap_or_else(|| built(&["addressbooks", "users", user])),
            calendar_user_addresses: addresses,
            outbox: place(&SCHEDULE_OUTBOX_URL),
            default_calendar: place(&SCHEDULE_DEFAULT_CALENDAR_URL),
        }
    }
}

impl Client {
    /// The person that the credential belongs to, as calendars and address books know them. Asked once, then believed
    /// for five minutes.
    ///
    /// # Errors
    /// As for every call.
    pub async fn principal(&self) -> Result<Arc<Principal>, Error> {
        let user = self.user().await?;
        let fetch = async |_| {
            let root = self
                .prop(&built(&[]), vec![CURRENT_USER_PRINCIPAL])
                .await?
                .and_then(|response| {
                    let prop = response.prop(&CURRENT_USER_PRINCIPAL)?;
                    place_of(&prop.find_text(&HREF)?)
                });
            let path = root.unwrap_or_else(|| built(&["principals", "users", &user.id]));
            let asked = vec![
                props::DISPLAYNAME,
                CALENDAR_HOME_SET,
                ADDRESSBOOK_HOME_SET,
                CALENDAR_USER_ADDRESS_SET,
                SCHEDULE_OUTBOX_URL,
                SCHEDULE_DEFAULT_CALENDAR_URL,
            ];
            let response = self.prop(&path, asked).await?;
            Ok(Fetched::New(Principal::read(path, response.as_ref(), &user.id), None))
        };
        self.account.principal.get(self.nextcloud.clock(), fetch).await
    }

    /// Some properties of one place.
    async fn prop(&self, path: &DavPath, names: Vec<Name>) -> Result<Option<Response>, Error> {
        let request = self
            .dav(Method::from_bytes(b"PROPFIND"), path, Subject::named("the account"))?
            .slash()
            .depth(Depth::Zero)
            .xml(Propfind::Prop(names).to_document());
        Ok(read_whole_multistatus(&request.read().await?)?.into_iter().next())
    }

    /// A request about a place that [`place_of`] gave.
    pub(crate) fn dav(
        &self,
        method: Result<Method, http::method::InvalidMethod>,
        path: &DavPath,
        subject: Subject,
    ) -> Result<Request<'_>, Error> {
        let method = method.map_err(|_| Error::invalid("method", "it is unknown"))?;
        Ok(self.request(method, path.names().to_vec(), subject))
    }
}

fn built(names: &[&str]) -> DavPath {
    DavPath::from_names(DAV_ROOT.iter().chain(names).copied())
}

/// The place that an address of the server names, from `remote.php/dav` on. A proxy may have added or taken a subpath,
/// so it is found by the part that cannot change.
pub(crate) fn place_of(href: &str) -> Option<DavPath> {
    let path = DavPath::decode(href).ok()?;
    let names = path.names();
    let start = names.windows(2).position(|pair| pair == DAV_ROOT)?;
    Some(DavPath::from_names(names[start..].iter().cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_whatever_stands_before_it() {
        for href in [
            "/remote.php/dav/calendars/carol/a%20b/",
            "/cloud/remote.php/dav/calendars/carol/a%20b",
            "https://cloud.example.org/x/remote.php/dav/calendars/carol/a%20b/",
        ] {
            let place = place_of(href).expect(href);
            assert_eq!(place.to_string(), "/remote.php/dav/calendars/carol/a b");
        }
        assert_eq!(place_of("/calendars/carol/"), None);
        assert_eq!(place_of("/remote.php/dav/calendars/../dave/"), None);
    }

    #[test]
    fn what_the_server_does_not_tell_is_built_from_the_account() {
        let principal = Principal::read(built(&["principals", "users", "carol"]), None, "carol");
        assert_eq!(principal.calendar_home().to_string(), "/remote.php/dav/calendars/carol");
        assert_eq!(
            principal.addressbook_home().to_string(),
            "/remote.php/dav/addressbooks/users/carol"
        );
        assert_eq!((principal.outbox(), principal.email()), (None, None));
    }
}
