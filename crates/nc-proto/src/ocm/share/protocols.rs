use std::fmt;

use serde_json::{Map, Value};

use super::{Requirements, WebApp, Webdav};
use crate::ocm::{MessageFault, PeerHost, members::Members};

/// Protocols that are not known here, by name, as they came. They may hold secrets, so only their names are shown.
#[derive(Clone, Default, PartialEq)]
pub struct OtherProtocols(pub Map<String, Value>);

impl fmt::Debug for OtherProtocols {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

pub(super) struct Protocols {
    pub(super) webdav: Option<Webdav>,
    pub(super) webapp: Option<WebApp>,
    pub(super) others: OtherProtocols,
}

/// Reads `protocol`: `{"name":"webdav","options":…}`, `{"name":"webdav","webdav":…}` or several, perhaps without a name. Where
/// there are `webdav` and `options`, the former counts.
pub(super) fn read(members: Members<'_>, host: &PeerHost) -> Result<Protocols, MessageFault> {
    let name = members.text("name")?;
    let webdav = match (members.get("webdav"), members.get("options")) {
        (Some(webdav), _) => Some(Webdav::read(Members::of(webdav, "webdav")?, host)?),
        (None, Some(options)) if matches!(name, Some("webdav") | None) => {
            Some(Webdav::read_options(Members::of(options, "options")?)?)
        }
        (None, None) if name == Some("webdav") => return Err(MessageFault::Missing("webdav")),
        (None, _) => None,
    };
    let webapp = members.get("webapp");
    let webapp = webapp
        .map(|webapp| WebApp::read(Members::of(webapp, "webapp")?, host))
        .transpose()?;
    let is_other = |name: &str| !matches!(name, "name" | "options" | "webdav" | "webapp");
    let others = members.0.iter().filter(|(name, _)| is_other(name));
    let others: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    let known = [
        webdav.as_ref().map(|webdav| webdav.requirements),
        webapp.as_ref().map(|webapp| webapp.requirements),
    ];
    check(known.into_iter().flatten(), &others)?;
    Ok(Protocols {
        webdav,
        webapp,
        others: OtherProtocols(others),
    })
}

/// All protocols of a message demand the same, and one of them has to be known.
fn check(mut known: impl Iterator<Item = Requirements>, others: &Map<String, Value>) -> Result<(), MessageFault> {
    let Some(first) = known.next() else {
        return Err(MessageFault::Unsupported("protocol"));
    };
    let others = others.values().filter_map(Value::as_object);
    let others = others.map(|other| Requirements::read(Members(other)));
    for requirements in known.map(Ok).chain(others) {
        if requirements? != first {
            return Err(MessageFault::Invalid("requirements"));
        }
    }
    Ok(())
}
