//! The properties of calendars, of what is in them, and of the people who have them.

use crate::dav::{CALDAV, CALENDARSERVER, Name};

/// The namespace of Apple's calendar program.
pub const APPLE: &str = "http://apple.com/ns/ical/";

/// The namespace of Nextcloud's properties of calendars, which is not that of its properties of files.
pub const NEXTCLOUD_COM: &str = "http://nextcloud.com/ns";

macro_rules! properties {
    ($($(#[$doc:meta])* $constant:ident = $namespace:ident $local:literal;)*) => {
        $($(#[$doc])* pub const $constant: Name = Name::constant($namespace, $local);)*
    };
}

properties! {
    /// The text of an object.
    CALENDAR_DATA = CALDAV "calendar-data";
    /// What people wrote about a calendar.
    CALENDAR_DESCRIPTION = CALDAV "calendar-description";
    /// The zone of floating times, a whole `VCALENDAR`.
    CALENDAR_TIMEZONE = CALDAV "calendar-timezone";
    /// The kinds of object that a calendar takes.
    SUPPORTED_CALENDAR_COMPONENT_SET = CALDAV "supported-calendar-component-set";
    /// The formats that a calendar takes.
    SUPPORTED_CALENDAR_DATA = CALDAV "supported-calendar-data";
    /// The collations that filters know.
    SUPPORTED_COLLATION_SET = CALDAV "supported-collation-set";
    /// The largest object, in bytes.
    MAX_RESOURCE_SIZE = CALDAV "max-resource-size";
    /// Whether a calendar counts when people ask who is busy.
    SCHEDULE_CALENDAR_TRANSP = CALDAV "schedule-calendar-transp";
    /// The tag that changes when a scheduling object changes for somebody's own reasons, RFC 6638 §3.2.10.
    SCHEDULE_TAG = CALDAV "schedule-tag";
    /// Where a person's calendars are.
    CALENDAR_HOME_SET = CALDAV "calendar-home-set";
    /// The addresses under which a person is invited.
    CALENDAR_USER_ADDRESS_SET = CALDAV "calendar-user-address-set";
    /// Person, group, room or resource.
    CALENDAR_USER_TYPE = CALDAV "calendar-user-type";
    /// Where invitations come in.
    SCHEDULE_INBOX_URL = CALDAV "schedule-inbox-URL";
    /// Where people ask who is busy.
    SCHEDULE_OUTBOX_URL = CALDAV "schedule-outbox-URL";
    /// The calendar that invitations are put into.
    SCHEDULE_DEFAULT_CALENDAR_URL = CALDAV "schedule-default-calendar-URL";
    /// The tag of a collection's state.
    GETCTAG = CALENDARSERVER "getctag";
    /// Where a subscription comes from.
    SOURCE = CALENDARSERVER "source";
    /// Where everybody can read a calendar.
    PUBLISH_URL = CALENDARSERVER "publish-url";
    /// Whether a calendar can be shared and published.
    ALLOWED_SHARING_MODES = CALENDARSERVER "allowed-sharing-modes";
    /// A person's mail addresses.
    EMAIL_ADDRESS_SET = CALENDARSERVER "email-address-set";
    /// `#RRGGBB` or `#RRGGBBAA`.
    CALENDAR_COLOR = APPLE "calendar-color";
    /// Place among a person's calendars.
    CALENDAR_ORDER = APPLE "calendar-order";
    /// How often a subscription is fetched, an ISO 8601 duration.
    REFRESHRATE = APPLE "refreshrate";
    /// The name of the one who shares.
    OWNER_DISPLAYNAME = NEXTCLOUD_COM "owner-displayname";
    /// When something was moved to the trash.
    DELETED_AT = NEXTCLOUD_COM "deleted-at";
    /// The calendar from which something was moved to the trash.
    CALENDAR_URI = NEXTCLOUD_COM "calendar-uri";
    /// Seconds until the trash is emptied.
    TRASH_BIN_RETENTION_DURATION = NEXTCLOUD_COM "trash-bin-retention-duration";
}

/// Whether a person wants to see a calendar.
pub const CALENDAR_ENABLED: Name = Name::oc("calendar-enabled");
/// The people that a collection is shared with.
pub const INVITE: Name = Name::oc("invite");
/// The principal of the one who shares.
pub const OWNER_PRINCIPAL: Name = Name::oc("owner-principal");
/// `1` where a share can only be read.
pub const READ_ONLY: Name = Name::oc("read-only");
/// The token of a collection's state, RFC 6578 §4.
pub const SYNC_TOKEN: Name = Name::dav("sync-token");
