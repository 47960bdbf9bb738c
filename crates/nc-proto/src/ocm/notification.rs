use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{MessageFault, PeerHost, clean_text, members, members::Members, permission_words, permissions_of_words};
use crate::apps::sharing::SharePermissions;

/// What happened to a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationKind {
    /// The receiver took it.
    ShareAccepted,
    /// The receiver does not want it (any more).
    ShareDeclined,
    /// The sender ended it.
    ShareUnshared,
    /// The receiver wants to share it on.
    RequestReshare,
    /// A share that was shared on has ended.
    ReshareUndo,
    /// A share that was shared on allows something else.
    ReshareChangePermission,
}

impl NotificationKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ShareAccepted,
        Self::ShareDeclined,
        Self::ShareUnshared,
        Self::RequestReshare,
        Self::ReshareUndo,
        Self::ReshareChangePermission,
    ];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShareAccepted => "SHARE_ACCEPTED",
            Self::ShareDeclined => "SHARE_DECLINED",
            Self::ShareUnshared => "SHARE_UNSHARED",
            Self::RequestReshare => "REQUEST_RESHARE",
            Self::ReshareUndo => "RESHARE_UNDO",
            Self::ReshareChangePermission => "RESHARE_CHANGE_PERMISSION",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// `POST {endPoint}/notifications`.
#[derive(Debug, Clone)]
pub struct Notification {
    /// What happened.
    pub kind: NotificationKind,
    /// `file` or `folder`.
    pub resource_type: String,
    /// The share, as the sender of the share calls it.
    pub provider_id: String,
    /// Its secret.
    pub shared_secret: Option<SecretString>,
    /// A word about it. Text of a stranger.
    pub message: String,
    /// The server that notifies, if it says so (API 1.5).
    pub sender_domain: Option<PeerHost>,
    /// Of a request to share on: with whom.
    pub share_with: Option<String>,
    /// Of a request to share on: who wants it.
    pub sender_id: Option<String>,
    /// Of a request to share on: `user` or `group`.
    pub share_type: Option<String>,
    /// Of a change: what is allowed now.
    pub permissions: Option<SharePermissions>,
}

impl Notification {
    /// One without the members that only some kinds have.
    pub fn new(kind: NotificationKind, provider_id: &str, secret: Option<SecretString>, message: &str) -> Self {
        Self {
            kind,
            resource_type: "file".to_owned(),
            provider_id: provider_id.to_owned(),
            shared_secret: secret,
            message: message.to_owned(),
            sender_domain: None,
            share_with: None,
            sender_id: None,
            share_type: None,
            permissions: None,
        }
    }

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let value = members::read(body)?;
        let members = Members::of(&value, "body")?;
        let empty = Value::Array(Vec::new());
        let inner = Members::of(members.get("notification").unwrap_or(&empty), "notification")?;
        let optional = |name| inner.get(name).map(|_| inner.id(name)).transpose();
        let domain = members.text("senderDomain")?.map(PeerHost::parse).transpose();
        let this = Self {
            kind: NotificationKind::from_name(members.needed("notificationType")?)
                .ok_or(MessageFault::Invalid("notificationType"))?,
            resource_type: members.id("resourceType")?,
            provider_id: members.id("providerId")?,
            shared_secret: optional("sharedSecret")?.map(SecretString::from),
            message: clean_text(inner.text("message")?.unwrap_or_default(), 1000),
            sender_domain: domain.map_err(|_| MessageFault::Invalid("senderDomain"))?,
            share_with: optional("shareWith")?,
            sender_id: optional("senderId")?,
            share_type: optional("shareType")?,
            permissions: inner.words("permission")?.map(permissions_of_words),
        };
        this.check()
    }

    fn check(self) -> Result<Self, MessageFault> {
        let needed = match self.kind {
            NotificationKind::RequestReshare => [
                ("shareWith", self.share_with.is_some()),
                ("senderId", self.sender_id.is_some()),
            ],
            NotificationKind::ReshareChangePermission => [("permission", self.permissions.is_some()); 2],
            _ => return Ok(self),
        };
        match needed.into_iter().find(|(_, is_there)| !is_there) {
            Some((name, _)) => Err(MessageFault::Missing(name)),
            None => Ok(self),
        }
    }

    /// The body as JSON.
    pub fn to_value(&self) -> Value {
        let mut inner = json!({"message": self.message});
        let secret = self.shared_secret.as_ref().map(ExposeSecret::expose_secret);
        for (name, text) in [
            ("sharedSecret", secret),
            ("shareWith", self.share_with.as_deref()),
            ("senderId", self.sender_id.as_deref()),
            ("shareType", self.share_type.as_deref()),
        ] {
            if let Some(text) = text {
                inner[name] = text.into();
            }
        }
        if let Some(permissions) = self.permissions {
            inner["permission"] = permission_words(permissions).into();
        }
        let mut value = json!({
            "notificationType": self.kind.name(),
            "resourceType": self.resource_type,
            "providerId": self.provider_id,
            "notification": inner,
        });
        if let Some(domain) = &self.sender_domain {
            value["senderDomain"] = domain.as_str().into();
        }
        value
    }
}

/// The answer to a request to share on.
#[derive(Debug, Clone)]
pub struct ReshareAnswer {
    /// The secret of the new share.
    pub token: SecretString,
    /// Its id.
    pub provider_id: String,
}

impl ReshareAnswer {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let value = members::read(body)?;
        let members = Members::of(&value, "body")?;
        // Nextcloud's ids are numbers.
        let number = members
            .get("providerId")
            .and_then(Value::as_i64)
            .map(|id| id.to_string());
        Ok(Self {
            token: members.secret("token")?,
            provider_id: number.map_or_else(|| members.id("providerId"), Ok)?,
        })
    }

    /// The body as JSON.
    pub fn to_value(&self) -> Value {
        json!({"token": self.token.expose_secret(), "providerId": self.provider_id})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(value: &Value) -> Result<Notification, MessageFault> {
        Notification::parse(value.to_string().as_bytes())
    }

    fn unshared() -> Value {
        json!({"notificationType": "SHARE_UNSHARED", "resourceType": "file", "providerId": "6910df5469ed",
            "notification": {"sharedSecret": "hush", "message": "text"}})
    }

    #[test]
    fn a_notification_of_nextcloud_is_read_and_written() {
        let read = parse(&unshared()).expect("readable");
        assert_eq!(
            (read.kind, read.provider_id.as_str()),
            (NotificationKind::ShareUnshared, "6910df5469ed")
        );
        assert_eq!(
            read.shared_secret.as_ref().map(ExposeSecret::expose_secret),
            Some("hush")
        );
        assert_eq!(read.to_value(), unshared());
        assert!(!format!("{read:?}").contains("hush"));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for name in ["notificationType", "resourceType", "providerId"] {
            let mut value = unshared();
            value[name] = Value::Null;
            assert_eq!(parse(&value).err(), Some(MessageFault::Missing(name)));
        }
        let mut unknown = unshared();
        unknown["notificationType"] = "SHARE_PAINTED".into();
        assert_eq!(parse(&unknown).err(), Some(MessageFault::Invalid("notificationType")));
        for inner in [
            json!("x"),
            json!({"sharedSecret": 7}),
            json!({"sharedSecret": ""}),
            json!({"message": []}),
            json!([1]),
        ] {
            let mut value = unshared();
            value["notification"] = inner;
            assert!(parse(&value).is_err(), "{value}");
        }
        let mut bare = unshared();
        bare["notification"] = json!([]);
        assert!(parse(&bare).expect("PHP's empty object").shared_secret.is_none());
        bare["senderDomain"] = "not a host".into();
        assert_eq!(parse(&bare).err(), Some(MessageFault::Invalid("senderDomain")));
    }

    #[test]
    fn requests_to_share_on_say_with_whom_and_changes_say_what() {
        let mut reshare = Notification::new(NotificationKind::RequestReshare, "7", Some("s".into()), "m");
        assert_eq!(
            parse(&reshare.to_value()).err(),
            Some(MessageFault::Missing("shareWith"))
        );
        reshare.share_with = Some("carol@third.example".to_owned());
        assert_eq!(
            parse(&reshare.to_value()).err(),
            Some(MessageFault::Missing("senderId"))
        );
        reshare.sender_id = Some("bob".to_owned());
        reshare.share_type = Some("user".to_owned());
        assert_eq!(
            parse(&reshare.to_value()).expect("readable").to_value(),
            reshare.to_value()
        );

        let mut change = Notification::new(NotificationKind::ReshareChangePermission, "7", None, "");
        assert_eq!(
            parse(&change.to_value()).err(),
            Some(MessageFault::Missing("permission"))
        );
        change.permissions = Some(SharePermissions::READ.with(SharePermissions::SHARE));
        assert_eq!(
            parse(&change.to_value()).expect("readable").permissions,
            change.permissions
        );
    }

    #[test]
    fn the_answer_to_a_request_to_share_on_is_read() {
        let read = ReshareAnswer::parse(br#"{"token":"hush","providerId":27}"#).expect("readable");
        assert_eq!((read.token.expose_secret(), read.provider_id.as_str()), ("hush", "27"));
        let again = ReshareAnswer::parse(read.to_value().to_string().as_bytes()).expect("readable");
        assert_eq!(again.provider_id, "27");
        assert!(ReshareAnswer::parse(b"{}").is_err());
    }
    proptest! {
        #[test]
        fn what_is_written_reads_back(kind in prop::sample::select(NotificationKind::ALL.to_vec()), id in "\\PC{1,20}", secret in prop::option::of("\\PC{1,20}"),
            more in prop::option::of("\\PC{1,20}"), bits in prop::option::of(0_i64..32), message in "[a-z]{0,20}") {
            let mut notification = Notification::new(kind, &id, secret.map(SecretString::from), &message);
            notification.share_with.clone_from(&more);
            notification.sender_id.clone_from(&more);
            notification.share_type = more;
            notification.permissions = bits.map(SharePermissions::from);
            match parse(&notification.to_value()) {
                Ok(read) => prop_assert_eq!(read.to_value(), notification.to_value()),
                Err(fault) => prop_assert!(matches!(fault, MessageFault::Missing(_)), "{fault}"),
            }
        }
    }
}
