//! The people of an event: `ORGANIZER` and `ATTENDEE`, RFC 5545 §3.8.4, RFC 6638 §7.

use nc_client::Principal;
use nc_mcp_kit::ToolError;
use nc_proto::content::{Component, Entry, Property};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most people of one event.
const MOST: usize = 200;

/// Somebody to be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invited {
    pub(crate) name: Option<String>,
    pub(crate) mail: String,
}

/// The person's own answer to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reply {
    Accepted,
    Declined,
    Tentative,
}

impl Reply {
    const fn part_stat(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Tentative => "TENTATIVE",
        }
    }
}

/// Somebody who is invited, as answers tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ToldAttendee {
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    /// NEEDS-ACTION, ACCEPTED, DECLINED, TENTATIVE or DELEGATED.
    pub(crate) status: String,
    /// CHAIR, REQ-PARTICIPANT, OPT-PARTICIPANT or NON-PARTICIPANT.
    pub(crate) role: Option<String>,
    /// Whether it is you.
    pub(crate) is_me: bool,
}

/// What became of the people of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Invitations {
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    /// Whether the server tells those who are added.
    pub(crate) is_sent: bool,
}

/// Reads addresses separated by commas, each bare or as `Name <mail>`.
pub(crate) fn read(list: &str) -> Result<Vec<Invited>, ToolError> {
    let mut all: Vec<Invited> = Vec::new();
    for part in list
        .split([',', ';', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (name, mail) = match part.strip_suffix('>').and_then(|part| part.split_once('<')) {
            Some((name, mail)) => (Some(name.trim().trim_matches('"').to_owned()), mail.trim()),
            None => (None, part),
        };
        let mail = mail.strip_prefix("mailto:").unwrap_or(mail);
        let is_mail = mail
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && host.len() > 1);
        if !is_mail
            || mail
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
        {
            return Err(ToolError::invalid_argument(format!(
                "argument `attendees`: `{part}` is no mail address"
            )));
        }
        if !all.iter().any(|other| other.mail.eq_ignore_ascii_case(mail)) {
            all.push(Invited {
                name: name.filter(|name| !name.is_empty()),
                mail: mail.to_owned(),
            });
        }
    }
    if all.len() > MOST {
        return Err(ToolError::invalid_argument(format!(
            "argument `attendees`: at most {MOST} are allowed"
        )));
    }
    Ok(all)
}

/// The mail address in the value of `ORGANIZER` or `ATTENDEE`.
pub(crate) fn mail_of(property: &Property) -> &str {
    let value = property.value().trim();
    match value.split_at_checked(7) {
        Some((scheme, mail)) if scheme.eq_ignore_ascii_case("mailto:") => mail,
        _ => value,
    }
}

/// Whether somebody else organises the event.
pub(crate) fn is_of_another(event: &Component, me: &Principal) -> bool {
    event
        .property("ORGANIZER")
        .is_some_and(|organizer| !me.is_called(organizer.value()))
}

/// The people of an event.
pub(crate) fn told(event: &Component, me: Option<&Principal>) -> Vec<ToldAttendee> {
    let attendees = event.properties_named("ATTENDEE");
    attendees
        .map(|attendee| ToldAttendee {
            email: mail_of(attendee).to_owned(),
            name: attendee.parameter("CN").map(str::to_owned),
            status: attendee
                .parameter("PARTSTAT")
                .map_or_else(|| "NEEDS-ACTION".to_owned(), str::to_ascii_uppercase),
            role: attendee.parameter("ROLE").map(str::to_ascii_uppercase),
            is_me: me.is_some_and(|me| me.is_called(attendee.value())),
        })
        .collect()
}

/// What the person answered to an invitation.
pub(crate) fn own_status(event: &Component, me: &Principal) -> Option<String> {
    let own = event
        .properties_named("ATTENDEE")
        .find(|attendee| me.is_called(attendee.value()))?;
    own.parameter("PARTSTAT").map(str::to_ascii_uppercase)
}

/// Makes the people those of `wanted`. Lines of those who stay keep what they say, the answers among it.
///
/// Who is added is told by the server only with `send`; without, the line says that nobody is to be told by it
/// (`SCHEDULE-AGENT=CLIENT`).
pub(crate) fn set(
    event: &mut Component,
    wanted: &[Invited],
    send: bool,
    me: &Principal,
) -> Result<Invitations, ToolError> {
    if is_of_another(event, me) {
        return Err(ToolError::new(
            "forbidden",
            "somebody else organises this event, and only the organiser can change who is invited; use `reply` to answer",
        ));
    }
    let mut changes = Invitations {
        is_sent: send,
        ..Invitations::default()
    };
    let is_wanted = |attendee: &Property| {
        let mail = mail_of(attendee);
        wanted.iter().any(|invited| invited.mail.eq_ignore_ascii_case(mail))
    };
    event.retain(|entry| match entry {
        Entry::Property(property) if property.is("ATTENDEE") => {
            let stays = is_wanted(property) || me.is_called(property.value());
            if !stays {
                changes.removed.push(mail_of(property).to_owned());
            }
            stays
        }
        _ => true,
    });
    let known: Vec<String> = event
        .properties_named("ATTENDEE")
        .map(|line| mail_of(line).to_lowercase())
        .collect();
    let new: Vec<&Invited> = wanted
        .iter()
        .filter(|invited| !known.contains(&invited.mail.to_lowercase()))
        .collect();
    if !new.is_empty() && event.property("ORGANIZER").is_none() {
        event.add(organizer(me)?);
    }
    for invited in new {
        event.add(attendee(invited));
        changes.added.push(invited.mail.clone());
    }
    let added: Vec<String> = changes.added.iter().map(|mail| mail.to_lowercase()).collect();
    for line in event.properties_mut().filter(|property| property.is("ATTENDEE")) {
        if send {
            line.remove_parameter("SCHEDULE-AGENT");
        } else if added.contains(&mail_of(line).to_lowercase()) {
            line.set_parameter("SCHEDULE-AGENT", "CLIENT");
        }
    }
    Ok(changes)
}

/// Answers an invitation: only the person's own line changes.
pub(crate) fn reply(event: &mut Component, reply: Reply, me: &Principal) -> Result<(), ToolError> {
    let mut lines = event.properties_mut().filter(|property| property.is("ATTENDEE"));
    let own = lines.find(|line| me.is_called(line.value()));
    let own = own.ok_or_else(|| {
        ToolError::new(
            "not_invited",
            "you are not among the people who are invited, so there is nothing to answer",
        )
    })?;
    own.set_parameter("PARTSTAT", reply.part_stat());
    Ok(())
}

/// Whether the server tells people of changes to the event.
pub(crate) fn server_tells(event: &Component, me: &Principal) -> bool {
    let others = event
        .properties_named("ATTENDEE")
        .filter(|line| !me.is_called(line.value()));
    event
        .property("ORGANIZER")
        .is_some_and(|organizer| me.is_called(organizer.value()))
        && others.into_iter().any(|line| {
            line.parameter("SCHEDULE-AGENT")
                .is_none_or(|agent| agent.eq_ignore_ascii_case("SERVER"))
        })
}

fn organizer(me: &Principal) -> Result<Property, ToolError> {
    let mail = me.email().ok_or_else(|| {
        ToolError::new(
            "no_mail_address",
            "your account has no mail address, so it cannot invite people; set one in the personal settings",
        )
    })?;
    let organizer = Property::new("ORGANIZER", format!("mailto:{mail}"));
    Ok(match me.display_name() {
        Some(name) => organizer.with("CN", name),
        None => organizer,
    })
}

fn attendee(invited: &Invited) -> Property {
    let mut line = Property::new("ATTENDEE", format!("mailto:{}", invited.mail));
    if let Some(name) = &invited.name {
        line.set_parameter("CN", name);
    }
    line.with("CUTYPE", "INDIVIDUAL")
        .with("ROLE", "REQ-PARTICIPANT")
        .with("PARTSTAT", "NEEDS-ACTION")
        .with("RSVP", "TRUE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_bare_and_with_names() {
        let read = read("dave@example.org, Erin <erin@example.org>; \"F, G\" ").map(|all| all.len());
        assert!(read.is_err());
        let all = super::read("dave@example.org, Erin <erin@example.org>\nDAVE@example.org").expect("addresses");
        let seen: Vec<_> = all.iter().map(|one| (one.name.as_deref(), one.mail.as_str())).collect();
        assert_eq!(seen, [(None, "dave@example.org"), (Some("Erin"), "erin@example.org")]);
        for wrong in ["dave", "@x", "a@", "a b@c.d", "<a@b>c"] {
            assert!(super::read(wrong).is_err(), "{wrong}");
        }
    }
}
