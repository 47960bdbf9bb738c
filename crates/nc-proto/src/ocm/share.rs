//! A share that one server offers to another: `POST {endPoint}/shares`.

use serde_json::{Value, json};

pub use self::{
    accepted::ShareAccepted,
    requirement::{Requirement, Requirements},
    webapp::WebApp,
    webdav::{AccessType, Webdav, WebdavUri},
};
use super::{MessageFault, OcmAddress, clean_name, clean_text, members, members::Members};

mod accepted;
mod protocols;
mod requirement;
mod webapp;
mod webdav;

pub use protocols::OtherProtocols;

/// Whom a share is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShareKind {
    /// One person.
    User,
    /// A group.
    Group,
}

impl ShareKind {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// Reads the word.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::User, Self::Group].into_iter().find(|kind| kind.name() == name)
    }
}

/// A share. Names and words are texts of a stranger.
#[derive(Debug, Clone)]
pub struct ShareMessage {
    /// Whom it is for, here.
    pub share_with: OcmAddress,
    /// What it is called; see [`clean_name`].
    pub name: String,
    /// A word about it.
    pub description: String,
    /// Its id at the sender.
    pub provider_id: String,
    /// Who owns what is shared.
    pub owner: OcmAddress,
    /// The owner's name.
    pub owner_display_name: Option<String>,
    /// Who shares it.
    pub sender: OcmAddress,
    /// The sender's name.
    pub sender_display_name: Option<String>,
    /// Person or group.
    pub share_type: ShareKind,
    /// Whether it says `folder`. Up to version 34 Nextcloud says `file` of folders too.
    pub is_folder: bool,
    /// When it ends, Unix seconds.
    pub expiration: Option<i64>,
    /// How it is read and written.
    pub webdav: Option<Webdav>,
    /// How it is edited in the sender's web application.
    pub webapp: Option<WebApp>,
    /// What else it offers; kept as it came.
    pub others: OtherProtocols,
}

impl ShareMessage {
    /// Reads a body, in any of the three spellings of `protocol`. A share that offers nothing that is known is unsupported.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let value = members::read(body)?;
        let members = Members::of(&value, "body")?;
        let either = |name: &'static str, older: &'static str| if members.get(name).is_some() { name } else { older };
        let display = |name| -> Result<Option<String>, MessageFault> {
            let text = members.text(name)?.map(|text| clean_text(text, 255));
            Ok(text.filter(|text| !text.is_empty()))
        };
        let owner = members.address("owner")?;
        let protocol = members.get("protocol").ok_or(MessageFault::Missing("protocol"))?;
        let protocols = protocols::read(Members::of(protocol, "protocol")?, &owner.host)?;
        let is_folder = match members.needed("resourceType")? {
            "file" => false,
            "folder" => true,
            _ => return Err(MessageFault::Unsupported("resourceType")),
        };
        Ok(Self {
            share_with: members.address("shareWith")?,
            name: clean_name(members.needed("name")?).map_err(|_| MessageFault::Invalid("name"))?,
            description: clean_text(members.text("description")?.unwrap_or_default(), 1000),
            provider_id: members.id("providerId")?,
            sender: members.address(either("sender", "sharedBy")).map_err(sender)?,
            sender_display_name: display(either("senderDisplayName", "sharedByDisplayName"))?,
            owner_display_name: display("ownerDisplayName")?,
            owner,
            share_type: ShareKind::from_name(members.needed("shareType")?)
                .ok_or(MessageFault::Unsupported("shareType"))?,
            is_folder,
            expiration: members.number("expiration")?,
            webdav: protocols.webdav,
            webapp: protocols.webapp,
            others: protocols.others,
        })
    }

    /// What the share demands: the same of every protocol.
    pub fn requirements(&self) -> Requirements {
        let webdav = self.webdav.as_ref().map(|webdav| webdav.requirements);
        webdav
            .or(self.webapp.as_ref().map(|webapp| webapp.requirements))
            .unwrap_or_default()
    }

    /// The body for servers that exchange tokens: strict with the requirement, optional without.
    pub fn to_value(&self) -> Value {
        let mut value = self.common();
        value["protocol"] = self.protocols("multi");
        value
    }

    /// The body for Nextcloud 31 to 34, which wants `options`, and a sender by another name. Names are not empty there.
    pub fn to_hybrid_value(&self) -> Value {
        let mut value = self.common();
        value["protocol"] = self.protocols("webdav");
        if let Some(webdav) = &self.webdav {
            value["protocol"]["options"] = webdav.to_options();
        }
        value["description"] = self.description.as_str().into();
        value["sharedBy"] = value["sender"].clone();
        let name_of = |name: Option<&str>, address: &OcmAddress| name.unwrap_or(&address.user).to_owned();
        let owner = name_of(self.owner_display_name.as_deref(), &self.owner);
        let sender = name_of(self.sender_display_name.as_deref(), &self.sender);
        value["ownerDisplayName"] = owner.into();
        value["senderDisplayName"] = sender.as_str().into();
        value["sharedByDisplayName"] = sender.into();
        value
    }

    fn common(&self) -> Value {
        let mut value = json!({
            "shareWith": self.share_with.dialled(),
            "name": self.name,
            "providerId": self.provider_id,
            "owner": self.owner.dialled(),
            "sender": self.sender.dialled(),
            "shareType": self.share_type.name(),
            "resourceType": if self.is_folder { "folder" } else { "file" },
        });
        let description = Some(self.description.as_str()).filter(|text| !text.is_empty());
        for (name, text) in [
            ("description", description),
            ("ownerDisplayName", self.owner_display_name.as_deref()),
            ("senderDisplayName", self.sender_display_name.as_deref()),
        ] {
            if let Some(text) = text {
                value[name] = text.into();
            }
        }
        if let Some(expiration) = self.expiration {
            value["expiration"] = expiration.into();
        }
        value
    }

    fn protocols(&self, name: &str) -> Value {
        let mut value = json!({"name": name});
        for (name, protocol) in &self.others.0 {
            value[name] = protocol.clone();
        }
        match &self.webdav {
            // Without a place of its own there is only one spelling for it.
            Some(webdav) if webdav.uri == WebdavUri::Root => {
                value["name"] = "webdav".into();
                value["options"] = webdav.to_options();
            }
            Some(webdav) => value["webdav"] = webdav.to_value(),
            None => {}
        }
        if let Some(webapp) = &self.webapp {
            value["webapp"] = webapp.to_value();
        }
        value
    }
}

/// Names the field as the draft does, also when the older name was looked for.
fn sender(fault: MessageFault) -> MessageFault {
    match fault {
        MessageFault::Missing(_) => MessageFault::Missing("sender"),
        other => other,
    }
}

#[cfg(test)]
mod tests;
