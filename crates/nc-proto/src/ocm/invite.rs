use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{MessageFault, PeerHost, clean_text, members, members::Members};

/// `POST {endPoint}/invite-accepted`: somebody took an invitation.
#[derive(Debug, Clone)]
pub struct InviteAccepted {
    /// The server of the one who took it.
    pub recipient_provider: PeerHost,
    /// The invitation.
    pub token: SecretString,
    /// Who took it, as their server calls them.
    pub user_id: String,
    /// Their mail address; may be empty. Text of a stranger.
    pub email: String,
    /// Their name. Text of a stranger.
    pub name: String,
}

impl InviteAccepted {
    /// Reads a body. Nextcloud 32 says `userId` for `userID`.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let value = members::read(body)?;
        let members = Members::of(&value, "body")?;
        let host = members.needed("recipientProvider")?;
        Ok(Self {
            recipient_provider: PeerHost::parse(host).map_err(|_| MessageFault::Invalid("recipientProvider"))?,
            token: members.secret("token")?,
            user_id: user_id(members)?,
            email: clean_text(members.present("email")?, 320),
            name: clean_text(members.present("name")?, 255),
        })
    }

    /// The body as JSON, with both spellings of the user's id.
    pub fn to_value(&self) -> Value {
        json!({
            "recipientProvider": self.recipient_provider.as_str(),
            "token": self.token.expose_secret(),
            "userID": self.user_id,
            "userId": self.user_id,
            "email": self.email,
            "name": self.name,
        })
    }
}

/// The answer to it: who had invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteAnswer {
    /// Who, as their server calls them.
    pub user_id: String,
    /// Their mail address; may be empty. Text of a stranger.
    pub email: String,
    /// Their name. Text of a stranger.
    pub name: String,
}

impl InviteAnswer {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let value = members::read(body)?;
        let members = Members::of(&value, "body")?;
        Ok(Self {
            user_id: user_id(members)?,
            email: clean_text(members.text("email")?.unwrap_or_default(), 320),
            name: clean_text(members.text("name")?.unwrap_or_default(), 255),
        })
    }

    /// The body as JSON.
    pub fn to_value(&self) -> Value {
        json!({"userID": self.user_id, "email": self.email, "name": self.name})
    }
}

fn user_id(members: Members<'_>) -> Result<String, MessageFault> {
    match members.id("userID") {
        Err(MessageFault::Missing(_)) => members.id("userId").map_err(|_| MessageFault::Missing("userID")),
        read => read,
    }
}

/// A text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no invitation")]
pub struct InviteTokenError;

/// Longest text of an invitation. The longest token with the longest host fits in, so that what was read can be written.
const MAX_TEXT_BYTES: usize = 2048;
/// Longest token.
const MAX_TOKEN_BYTES: usize = 1000;

/// An invitation as people pass it on: a token and the server that it is from.
#[derive(Debug, Clone)]
pub struct InviteToken {
    /// The token.
    pub token: SecretString,
    /// The server that gave it out.
    pub host: PeerHost,
}

impl InviteToken {
    /// Reads an invitation: base64url of `token@host`, or plain base64, with padding or without.
    pub fn parse(text: &str) -> Result<Self, InviteTokenError> {
        let text = text.trim();
        if text.len() > MAX_TEXT_BYTES {
            return Err(InviteTokenError);
        }
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decode = |alphabet| GeneralPurpose::new(alphabet, config).decode(text);
        let bytes = decode(&alphabet::URL_SAFE)
            .or_else(|_| decode(&alphabet::STANDARD))
            .map_err(|_| InviteTokenError)?;
        let decoded = String::from_utf8(bytes).map_err(|_| InviteTokenError)?;
        let (token, host) = decoded.rsplit_once('@').ok_or(InviteTokenError)?;
        Self::of_link(token, host)
    }

    /// Reads the two halves of an invitation as a link to `inviteAcceptDialog` has them: `token` and `providerDomain`.
    pub fn of_link(token: &str, provider: &str) -> Result<Self, InviteTokenError> {
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES || token.chars().any(char::is_control) {
            return Err(InviteTokenError);
        }
        Ok(Self {
            token: token.into(),
            host: PeerHost::parse(provider).map_err(|_| InviteTokenError)?,
        })
    }

    /// The text that people pass on: base64url without padding.
    pub fn to_text(&self) -> SecretString {
        let text = format!("{}@{}", self.token.expose_secret(), self.host);
        URL_SAFE_NO_PAD.encode(text).into()
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_accepted_invitation_is_read_in_both_spellings() {
        let recorded = r#"{"recipientProvider": "https://peer.example.net", "token": "unknown-token", "userId": "eve", "email": "eve@example.net", "name": "Eve"}"#;
        let accepted = InviteAccepted::parse(recorded.as_bytes()).expect("readable");
        assert_eq!(accepted.recipient_provider.as_str(), "peer.example.net");
        assert_eq!((accepted.user_id.as_str(), accepted.name.as_str()), ("eve", "Eve"));
        let written = accepted.to_value();
        assert_eq!(written["userID"], written["userId"]);
        let again = InviteAccepted::parse(written.to_string().as_bytes()).expect("readable");
        assert_eq!((&again.user_id, &again.email), (&accepted.user_id, &accepted.email));
        assert!(!format!("{accepted:?}").contains("unknown-token"));
    }

    #[test]
    fn every_field_of_an_accepted_invitation_is_needed() {
        let whole =
            json!({"recipientProvider": "peer.example.net", "token": "t", "userID": "eve", "email": "", "name": "Eve"});
        assert!(InviteAccepted::parse(whole.to_string().as_bytes()).is_ok());
        for name in ["recipientProvider", "token", "userID", "email", "name"] {
            let mut value = whole.clone();
            value.as_object_mut().map(|members| members.remove(name));
            let fault = InviteAccepted::parse(value.to_string().as_bytes()).expect_err(name);
            assert_eq!(fault, MessageFault::Missing(name));
        }
        let answer = InviteAnswer::parse(br#"{"userID":"bob","email":"b@x","name":"Bob"}"#).expect("readable");
        assert_eq!(
            InviteAnswer::parse(answer.to_value().to_string().as_bytes()),
            Ok(answer)
        );
    }

    #[test]
    fn an_invitation_is_base64_of_token_and_host() {
        let invite = InviteToken::parse(&URL_SAFE_NO_PAD.encode("to@ken@Cloud.example.org")).expect("readable");
        assert_eq!(
            (invite.token.expose_secret(), invite.host.as_str()),
            ("to@ken", "cloud.example.org")
        );
        assert_eq!(
            invite.to_text().expose_secret(),
            URL_SAFE_NO_PAD.encode("to@ken@cloud.example.org")
        );
        for text in [STANDARD.encode("??>@host.example"), URL_SAFE.encode("??>@host.example")] {
            let read = InviteToken::parse(&text).expect("readable");
            assert_eq!(read.token.expose_secret(), "??>", "{text}");
        }
        for bad in [
            "",
            "!",
            "dG9rZW4",
            &STANDARD.encode("@host.example"),
            &STANDARD.encode("t@h/x"),
            &STANDARD.encode(b"\xff@h"),
        ] {
            assert!(InviteToken::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_link_says_the_same_in_two_halves() {
        let invite = InviteToken::of_link("to@ken", "https://Cloud.example.org/").expect("readable");
        assert_eq!(
            (invite.token.expose_secret(), invite.host.as_str()),
            ("to@ken", "cloud.example.org")
        );
        for (token, provider) in [
            ("", "cloud.example.org"),
            ("t\n", "cloud.example.org"),
            ("t", ""),
            ("t", "file:///etc/passwd"),
            ("t", "user@cloud.example.org"),
            ("t", "cloud.example.org/ocm"),
        ] {
            assert!(InviteToken::of_link(token, provider).is_err(), "{token:?} {provider:?}");
        }
        assert!(InviteToken::of_link(&"t".repeat(1001), "cloud.example.org").is_err());
        let host = format!("{}.example", vec!["a".repeat(60); 4].join("."));
        let longest = InviteToken::of_link(&"t".repeat(1000), &host).expect("readable");
        assert!(InviteToken::parse(longest.to_text().expose_secret()).is_ok());
    }

    proptest! {
        #[test]
        fn an_invitation_reads_back(token in "\\PC{1,40}", host in "[a-z]{1,8}\\.example(:8443)?") {
            let invite = InviteToken { token: token.into(), host: PeerHost::parse(&host).expect("a host") };
            let read = InviteToken::parse(invite.to_text().expose_secret()).expect("readable");
            prop_assert_eq!(read.token.expose_secret(), invite.token.expose_secret());
            prop_assert_eq!(read.host, invite.host);
        }
    }
}
