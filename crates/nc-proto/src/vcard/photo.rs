use base64::{Engine, engine::general_purpose::STANDARD};

use crate::content::Property;

/// A picture of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Photo {
    /// The picture is in the card.
    Embedded {
        /// Media type, guessed from what the card says.
        media_type: String,
        /// The picture.
        bytes: Vec<u8>,
    },
    /// The picture is elsewhere.
    Elsewhere(String),
}

impl Photo {
    pub(super) fn read(property: &Property) -> Option<Self> {
        let value = property.value().trim();
        if let Some(data) = value.strip_prefix("data:") {
            let (kind, data) = data.split_once(',')?;
            let media_type = kind.split(';').next().unwrap_or_default().to_owned();
            return Some(Self::Embedded {
                media_type: media_type_or_picture(&media_type),
                bytes: decode(data)?,
            });
        }
        let is_encoded = property
            .parameter_values("ENCODING")
            .chain(property.parameter_values("TYPE"))
            .any(|value| value.eq_ignore_ascii_case("b") || value.eq_ignore_ascii_case("BASE64"));
        if is_encoded {
            let kind = property
                .parameter_values("TYPE")
                .find(|kind| !kind.eq_ignore_ascii_case("BASE64") && !kind.eq_ignore_ascii_case("pref"))
                .unwrap_or_default()
                .to_ascii_lowercase();
            let kind = if kind == "jpg" { "jpeg".to_owned() } else { kind };
            let media_type = if kind.contains('/') {
                kind
            } else {
                format!("image/{kind}")
            };
            return Some(Self::Embedded {
                media_type: media_type_or_picture(&media_type),
                bytes: decode(value)?,
            });
        }
        let is_address = value.contains("://") || value.starts_with("urn:");
        is_address.then(|| Self::Elsewhere(value.to_owned()))
    }
}

/// Only what is a type of pictures; anything else could be taken for a page.
fn media_type_or_picture(media_type: &str) -> String {
    let is_picture = media_type.strip_prefix("image/").is_some_and(|kind| {
        !kind.is_empty()
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
    });
    if is_picture {
        media_type.to_owned()
    } else {
        "application/octet-stream".to_owned()
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let packed: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    STANDARD.decode(packed).ok().filter(|bytes| !bytes.is_empty())
}
