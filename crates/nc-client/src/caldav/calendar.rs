use nc_proto::{
    content::Document,
    dav::{CALDAV, CALENDARSERVER, DavPath, Name, Response, calendar::props as cal, props},
};

use crate::{Principal, principal::place_of};

const CURRENT_USER_PRIVILEGE_SET: Name = Name::dav("current-user-privilege-set");
const OWNER: Name = Name::dav("owner");
const CALENDAR: Name = Name::constant(CALDAV, "calendar");
const SUBSCRIBED: Name = Name::constant(CALENDARSERVER, "subscribed");
const TRANSPARENT: Name = Name::constant(CALDAV, "transparent");
const HREF: Name = Name::dav("href");
/// The calendar that Nextcloud fills with the birthdays of contacts.
const BIRTHDAYS: &str = "contact_birthdays";

/// A calendar or a list of tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "properties of the protocol that are yes or no each"
)]
pub struct Calendar {
    /// Its place, from `/remote.php/dav` on.
    pub path: DavPath,
    /// The last part of its address: how programs call it.
    pub name: String,
    /// How people call it.
    pub display_name: String,
    /// What people wrote about it.
    pub description: Option<String>,
    /// `#RRGGBB` or `#RRGGBBAA`.
    pub color: Option<String>,
    /// The zone of its floating times, by its name.
    pub timezone: Option<String>,
    /// Changes whenever something in it changes.
    pub ctag: Option<String>,
    /// From where on changes can be asked for.
    pub sync_token: Option<String>,
    /// Whether nothing in it can be changed.
    pub read_only: bool,
    /// What it is.
    pub kind: CalendarKind,
    /// Id of the person whose it is, if that is another one.
    pub owner: Option<String>,
    /// That person's name.
    pub owner_display_name: Option<String>,
    /// Where a subscription comes from.
    pub source: Option<String>,
    /// Whether the person wants to see it.
    pub enabled: bool,
    /// Whether what is in it leaves the person free.
    pub transparent: bool,
    /// Whether invitations are put into it.
    pub is_default: bool,
    components: Option<Vec<String>>,
    order: i64,
}

/// What a calendar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarKind {
    /// The person's own.
    Own,
    /// Shared by somebody else.
    Shared,
    /// A copy of one elsewhere.
    Subscription,
    /// The birthdays of contacts.
    Birthdays,
}

/// What an object of a calendar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentKind {
    /// An event.
    Event,
    /// A task.
    Todo,
}

impl ComponentKind {
    /// The component's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "VEVENT",
            Self::Todo => "VTODO",
        }
    }

    /// For people.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Event => "events",
            Self::Todo => "tasks",
        }
    }
}

impl Calendar {
    pub(super) fn properties() -> Vec<Name> {
        vec![
            props::RESOURCETYPE,
            props::DISPLAYNAME,
            cal::CALENDAR_DESCRIPTION,
            cal::CALENDAR_COLOR,
            cal::CALENDAR_ORDER,
            cal::CALENDAR_TIMEZONE,
            cal::CALENDAR_ENABLED,
            cal::SUPPORTED_CALENDAR_COMPONENT_SET,
            cal::SCHEDULE_CALENDAR_TRANSP,
            cal::GETCTAG,
            cal::SYNC_TOKEN,
            cal::SOURCE,
            cal::READ_ONLY,
            cal::OWNER_PRINCIPAL,
            cal::OWNER_DISPLAYNAME,
            cal::DELETED_AT,
            CURRENT_USER_PRIVILEGE_SET,
            OWNER,
        ]
    }

    /// Reads one entry of the home. [`None`] for what is no calendar, or is in the trash.
    pub(super) fn read(response: &Response, principal: &Principal) -> Option<Self> {
        let kinds = response.prop(&props::RESOURCETYPE)?.names();
        let is_subscribed = kinds.contains(&SUBSCRIBED);
        if !(kinds.contains(&CALENDAR) || is_subscribed) || response.prop(&cal::DELETED_AT).is_some() {
            return None;
        }
        let path = place_of(&response.href)?;
        let name = path.name()?.to_owned();
        let text = |name: &Name| response.prop_text(name);
        let href = |name: &Name| response.prop(name).and_then(|prop| prop.find_text(&HREF));
        let owner = text(&cal::OWNER_PRINCIPAL)
            .or_else(|| href(&OWNER))
            .and_then(|owner| owner.trim_end_matches('/').rsplit('/').next().map(str::to_owned))
            .filter(|owner| Some(owner.as_str()) != principal.path().name());
        let source = href(&cal::SOURCE).or_else(|| text(&cal::SOURCE));
        let kind = if source.is_some() || is_subscribed {
            CalendarKind::Subscription
        } else if name == BIRTHDAYS {
            CalendarKind::Birthdays
        } else if owner.is_some() {
            CalendarKind::Shared
        } else {
            CalendarKind::Own
        };
        let transparent = response.prop(&cal::SCHEDULE_CALENDAR_TRANSP);
        Some(Self {
            display_name: text(&props::DISPLAYNAME).unwrap_or_else(|| name.clone()),
            description: text(&cal::CALENDAR_DESCRIPTION),
            color: text(&cal::CALENDAR_COLOR),
            timezone: text(&cal::CALENDAR_TIMEZONE).and_then(|zone| tzid_of(&zone)),
            ctag: text(&cal::GETCTAG),
            sync_token: text(&cal::SYNC_TOKEN),
            read_only: kind == CalendarKind::Subscription || !is_writable(response),
            kind,
            owner,
            owner_display_name: text(&cal::OWNER_DISPLAYNAME),
            source,
            enabled: text(&cal::CALENDAR_ENABLED).is_none_or(|enabled| enabled != "0"),
            transparent: transparent.is_some_and(|transp| transp.find(&TRANSPARENT).is_some()),
            is_default: principal.default_calendar() == Some(&path)
                || (principal.default_calendar().is_none() && name == "personal"),
            components: response.prop(&cal::SUPPORTED_CALENDAR_COMPONENT_SET).map(|set| {
                let names = set.elements().flat_map(|comp| &comp.attributes);
                names.map(|(_, name)| name.to_ascii_uppercase()).collect()
            }),
            order: response.prop_number(&cal::CALENDAR_ORDER).unwrap_or(i64::MAX),
            path,
            name,
        })
    }

    /// Whether it takes objects of this kind. One that does not tell takes all.
    pub fn takes(&self, kind: ComponentKind) -> bool {
        self.components
            .as_ref()
            .is_none_or(|components| components.iter().any(|name| name == kind.as_str()))
    }

    /// The kinds of object that it takes, if it tells.
    pub fn components(&self) -> Option<&[String]> {
        self.components.as_deref()
    }

    /// Whether `path` is an object in it.
    pub fn holds(&self, path: &DavPath) -> bool {
        path.parent().as_ref() == Some(&self.path)
    }

    /// Its place in a list.
    pub(super) fn rank(&self) -> (bool, bool, i64, String) {
        (self.read_only, !self.is_default, self.order, self.name.clone())
    }
}

/// What the person may do decides; where the server does not tell that, its mark of shares that can only be read.
fn is_writable(response: &Response) -> bool {
    let Some(privileges) = response.prop(&CURRENT_USER_PRIVILEGE_SET) else {
        return response.prop_text(&cal::READ_ONLY).is_none_or(|mark| mark != "1");
    };
    let granted = privileges.elements().flat_map(nc_proto::dav::Element::names);
    let writing = [
        Name::dav("all"),
        Name::dav("write"),
        Name::dav("write-content"),
        Name::dav("bind"),
    ];
    granted.into_iter().any(|name| writing.contains(&name))
}

/// The name of the zone in `calendar-timezone`, which is a whole `VCALENDAR`, with some clients only the name.
fn tzid_of(text: &str) -> Option<String> {
    if !text.contains("BEGIN:") {
        return (text.len() < 100).then(|| text.to_owned());
    }
    let document = Document::parse(text.as_bytes()).ok()?;
    let zone = document.root()?.components_named("VTIMEZONE").next()?;
    zone.text("TZID")
}
