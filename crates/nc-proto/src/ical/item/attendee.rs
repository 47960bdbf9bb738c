use crate::content::Property;

/// An `ATTENDEE` or `ORGANIZER`.
#[derive(Debug, Clone, Copy)]
pub struct Attendee<'a>(&'a Property);

impl<'a> Attendee<'a> {
    /// Of a property.
    pub const fn of(property: &'a Property) -> Self {
        Self(property)
    }

    /// The property.
    pub const fn property(&self) -> &'a Property {
        self.0
    }

    /// The calendar address, as written: `mailto:…` or another URI.
    pub fn address(&self) -> &'a str {
        self.0.value().trim()
    }

    /// The mail address; from `EMAIL` if the calendar address is none.
    pub fn email(&self) -> Option<&'a str> {
        let address = self.address();
        let mail = match address.split_at_checked(7) {
            Some((scheme, mail)) if scheme.eq_ignore_ascii_case("mailto:") => Some(mail.trim()),
            _ => self.0.parameter("EMAIL"),
        };
        mail.filter(|mail| !mail.is_empty())
    }

    /// `CN`
    pub fn name(&self) -> Option<&'a str> {
        self.0.parameter("CN").filter(|name| !name.trim().is_empty())
    }

    /// `ROLE`, in capitals.
    pub fn role(&self) -> String {
        self.word("ROLE", "REQ-PARTICIPANT")
    }

    /// `PARTSTAT`, in capitals.
    pub fn participation(&self) -> String {
        self.word("PARTSTAT", "NEEDS-ACTION")
    }

    /// `CUTYPE`, in capitals: a person, a group, a room, a resource.
    pub fn kind(&self) -> String {
        self.word("CUTYPE", "INDIVIDUAL")
    }

    /// `RSVP`
    pub fn is_answer_wanted(&self) -> bool {
        self.word("RSVP", "FALSE") == "TRUE"
    }

    /// `SCHEDULE-AGENT`, in capitals.
    pub fn schedule_agent(&self) -> String {
        self.word("SCHEDULE-AGENT", "SERVER")
    }

    /// Whether an address, with or without `mailto:`, is this one's. Case does not count.
    pub fn is(&self, address: &str) -> bool {
        let plain = |address: &str| {
            let lower = address.trim().to_lowercase();
            lower
                .strip_prefix("mailto:")
                .map_or_else(|| lower.clone(), str::to_owned)
        };
        let wanted = plain(address);
        plain(self.address()) == wanted || self.email().is_some_and(|email| plain(email) == wanted)
    }

    fn word(self, parameter: &str, default: &str) -> String {
        self.0.parameter(parameter).unwrap_or(default).to_ascii_uppercase()
    }
}
