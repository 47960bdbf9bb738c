use serde_json::{Value, json};

use crate::ocm::{MessageFault, clean_text, members, members::Members};

/// The answer to a share that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareAccepted {
    /// The name of whom it is for; may be empty. Text of a stranger.
    pub recipient_display_name: String,
    /// Their id there, which Nextcloud adds; not of groups.
    pub recipient_user_id: Option<String>,
}

impl ShareAccepted {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let value = members::read(body)?;
        let members = Members::of(&value, "body")?;
        let text = |name| -> Result<Option<String>, MessageFault> {
            Ok(members.text(name)?.map(|text| clean_text(text, 255)))
        };
        Ok(Self {
            recipient_display_name: text("recipientDisplayName")?.unwrap_or_default(),
            recipient_user_id: text("recipientUserId")?,
        })
    }

    /// The body as JSON.
    pub fn to_value(&self) -> Value {
        let mut value = json!({"recipientDisplayName": self.recipient_display_name});
        if let Some(id) = &self.recipient_user_id {
            value["recipientUserId"] = id.as_str().into();
        }
        value
    }
}
