//! Where the answer to an authorization request may be sent.
//!
//! A redirect URI is compared byte by byte; only for native clients the port of a loopback address is free, since they
//! listen on whatever port they get (RFC 8252 §7.3). Nothing is normalised: what looks alike to a URL library may
//! lead elsewhere in a browser.

use std::fmt;

use url::{Host, Url};

use super::error::RegistrationError;

/// The longest redirect URI.
pub const MAX_BYTES: usize = 2000;

/// Schemes that run or show something in the browser instead of leading to a program.
const FORBIDDEN_SCHEMES: [&str; 11] = [
    "javascript",
    "data",
    "file",
    "vbscript",
    "blob",
    "about",
    "filesystem",
    "view-source",
    "ws",
    "wss",
    "ftp",
];

/// Private-use schemes of known programs, without the dot that RFC 8252 §7.1 asks for. Cursor registers
/// `cursor://anysphere.cursor-mcp/oauth/callback` next to its loopback address, and a refusal would refuse both. Others stay
/// refused: a word without a dot may be anything that the system opens, such as `tel` or `ms-msdt`.
const KNOWN_SCHEMES: [&str; 3] = ["cursor", "vscode", "vscode-insiders"];

/// What answers hold. In a registered query they would stand beside the real ones, and the client might read the wrong.
const ANSWER_PARAMETERS: [&str; 5] = ["code", "error", "error_description", "iss", "state"];

/// Where a client runs (`OpenID` Connect Registration §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// On the user's device.
    Native,
    /// On a server.
    Web,
}

impl ApplicationType {
    /// What a client that does not say must be: native when any of its addresses is on the user's device.
    pub fn derive(uris: &[RedirectUri]) -> Self {
        if uris.iter().any(RedirectUri::is_on_device) {
            Self::Native
        } else {
            Self::Web
        }
    }
}

/// Why a redirect URI cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute URI of plain characters, too long, or with a user name, fragment or wildcard.
    #[error("not an acceptable URI")]
    Malformed,
    /// A scheme that leads to no client.
    #[error("the scheme is not allowed")]
    Scheme,
    /// Not for this type of application.
    #[error("not allowed for this type of application")]
    ApplicationType,
}

impl From<RedirectUriError> for RegistrationError {
    fn from(_: RedirectUriError) -> Self {
        Self::InvalidRedirectUri
    }
}

/// A redirect URI that may be registered, byte for byte as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks what holds for every client, also one that an administrator creates.
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#*".contains(&byte);
        if text.len() > MAX_BYTES || !text.bytes().all(plain) {
            return Err(RedirectUriError::Malformed);
        }
        let url = Url::parse(text).map_err(|_| RedirectUriError::Malformed)?;
        if FORBIDDEN_SCHEMES.contains(&url.scheme()) {
            return Err(RedirectUriError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectUriError::Malformed);
        }
        if url.query_pairs().any(|(name, _)| ANSWER_PARAMETERS.contains(&&*name)) {
            return Err(RedirectUriError::Malformed);
        }
        let this = Self(text.to_owned());
        if matches!(url.scheme(), "http" | "https") {
            // Browsers read `https:x` and `https:/x` in their own ways.
            let prefix = format!("{}://", url.scheme());
            let authority = text.strip_prefix(&prefix).unwrap_or_default();
            let authority = authority.split(['/', '?']).next().unwrap_or_default();
            // No other character is part of a host name, but a URL library takes some, such as `;` and `,`, which would end
            // the directive of a Content Security Policy that names the host.
            let host_character = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
            if authority.is_empty() || !authority.bytes().all(host_character) {
                return Err(RedirectUriError::Malformed);
            }
            if url.scheme() == "http" && !this.is_loopback() {
                return Err(RedirectUriError::Scheme);
            }
        }
        Ok(this)
    }

    /// Checks it for a client that registers itself.
    ///
    /// Native: loopback, a private-use scheme with a dot (RFC 8252 §7.1) or of a known program, or https (§7.2; Visual Studio
    /// Code registers `https://vscode.dev/redirect` next to its loopback addresses). Web: https, and not this machine.
    pub fn register(text: &str, application_type: ApplicationType) -> Result<Self, RedirectUriError> {
        let this = Self::parse(text)?;
        let url = this.url()?;
        let allowed = match (application_type, url.scheme()) {
            (ApplicationType::Native, "https") => true,
            (ApplicationType::Native, "http") => this.is_loopback(),
            (ApplicationType::Native, scheme) => scheme.contains('.') || KNOWN_SCHEMES.contains(&scheme),
            (ApplicationType::Web, scheme) => scheme == "https" && !is_this_machine(&url),
        };
        if allowed {
            Ok(this)
        } else {
            Err(RedirectUriError::ApplicationType)
        }
    }

    /// Whether a request may name `presented` for this registered URI.
    pub fn matches(&self, presented: &str, application_type: ApplicationType) -> bool {
        if self.0 == presented {
            return true;
        }
        if application_type != ApplicationType::Native {
            return false;
        }
        match (Loopback::split(&self.0), Loopback::split(presented)) {
            (Some(registered), Some(presented)) => registered == presented,
            _ => false,
        }
    }

    /// Whether it is plain http to this machine.
    pub fn is_loopback(&self) -> bool {
        Loopback::split(&self.0).is_some()
    }

    /// Whether a program on the user's device takes the answer: by a loopback address, or by a scheme of its own. It could
    /// be any program.
    pub fn is_on_device(&self) -> bool {
        self.is_loopback() || !self.0.starts_with("https:")
    }

    /// The text, as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one source that `form-action` of a Content Security Policy has to name: an origin, or a scheme.
    ///
    /// For an IPv6 address it is the scheme too: CSP has no way to write such a host, and Chromium ignores the attempt
    /// and then blocks the redirect.
    pub fn policy_source(&self) -> Option<String> {
        let url = self.url().ok()?;
        let origin = url.origin();
        let can_be_named = origin.is_tuple() && !matches!(url.host(), Some(Host::Ipv6(_)));
        Some(if can_be_named {
            origin.ascii_serialization()
        } else {
            format!("{}:", url.scheme())
        })
    }

    fn url(&self) -> Result<Url, RedirectUriError> {
        Url::parse(&self.0).map_err(|_| RedirectUriError::Malformed)
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// A loopback address without its port.
#[derive(PartialEq, Eq)]
struct Loopback<'a> {
    host: &'a str,
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    fn split(uri: &'a str) -> Option<Self> {
        let after_scheme = uri.strip_prefix("http://")?;
        let host = ["127.0.0.1", "[::1]", "localhost"]
            .into_iter()
            .find(|host| after_scheme.starts_with(host))?;
        let (host, after_host) = after_scheme.split_at(host.len());
        let rest = match after_host.strip_prefix(':') {
            Some(port) => {
                let digits = port.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = port.split_at(digits);
                port.parse::<u16>().ok().filter(|port| *port != 0)?;
                rest
            }
            None => after_host,
        };
        let ends_well = rest.is_empty() || rest.starts_with(['/', '?']);
        ends_well.then_some(Self { host, rest })
    }
}

#[cfg(test)]
mod tests;
