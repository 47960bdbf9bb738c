use serde_json::{Map, Value, json};

use super::{DiscoveryError, Members, fault};

/// Most kinds of resources that are looked at.
const MAX: usize = 32;

/// Something that can be shared, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceType {
    /// `file` or `folder`; other names are kept.
    pub name: String,
    /// `user`, `group`, …
    pub share_types: Vec<String>,
    /// Under its bare name what it sends, with `-receive` what it takes. Unknown ones are kept.
    pub protocols: Map<String, Value>,
}

impl ResourceType {
    /// One that is shared by WebDAV in both directions, with users and groups.
    pub fn over_webdav(name: &str, path: &str, absolute_uri: bool) -> Self {
        let uri = if absolute_uri { "absolute" } else { "relative" };
        let mut protocols = Map::new();
        protocols.insert("webdav".to_owned(), path.into());
        protocols.insert("webdav-receive".to_owned(), json!({"uri": uri}));
        Self {
            name: name.to_owned(),
            share_types: vec!["user".to_owned(), "group".to_owned()],
            protocols,
        }
    }

    pub(super) fn list(members: Members<'_>) -> Result<Vec<Self>, DiscoveryError> {
        const NAME: &str = "resourceTypes";
        let list = members.get(NAME).and_then(Value::as_array);
        let list = list
            .filter(|list| list.len() <= MAX)
            .ok_or(DiscoveryError::Member(NAME))?;
        let mut read: Vec<Self> = Vec::with_capacity(list.len());
        for value in list {
            let resource = Self::read(Members::of(value, NAME).map_err(fault)?)?;
            if read.iter().any(|known| known.name == resource.name) {
                return Err(DiscoveryError::Member(NAME));
            }
            read.push(resource);
        }
        Ok(read)
    }

    fn read(members: Members<'_>) -> Result<Self, DiscoveryError> {
        let share_types = members.words("shareTypes").map_err(fault)?.unwrap_or_default();
        if !share_types.contains(&"user") {
            return Err(DiscoveryError::Member("shareTypes"));
        }
        let protocols = members.get("protocols").ok_or(DiscoveryError::Member("protocols"))?;
        let this = Self {
            name: members.id("name").map_err(fault)?,
            share_types: share_types.into_iter().map(str::to_owned).collect(),
            protocols: Members::of(protocols, "protocols").map_err(fault)?.0.clone(),
        };
        match this.protocols.get("webdav") {
            Some(_) if this.webdav_path().is_none() => Err(DiscoveryError::Elsewhere("webdav")),
            _ => Ok(this),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        json!({"name": self.name, "shareTypes": self.share_types, "protocols": self.protocols})
    }

    /// A path of the server itself: nothing that leads to another authority when it is joined to the server's root.
    pub(super) fn webdav_path(&self) -> Option<&str> {
        let path = self.protocols.get("webdav")?.as_str()?;
        let is_odd =
            |character: char| character.is_whitespace() || character.is_control() || "\\?#".contains(character);
        let is_plain = path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(is_odd)
            && !path.split('/').any(|segment| matches!(segment, "." | ".."));
        is_plain.then_some(path)
    }

    pub(super) fn says_what_it_receives(&self) -> bool {
        self.protocols.keys().any(|name| name.ends_with("-receive"))
    }

    pub(super) fn receives_absolute_uri(&self) -> bool {
        let receives = self.protocols.get("webdav-receive");
        receives
            .and_then(|receives| receives.get("uri"))
            .and_then(Value::as_str)
            == Some("absolute")
    }
}
