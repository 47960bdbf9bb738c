//! Cookies of our pages. No interface for programs ever sets or reads one.

use http::{HeaderMap, HeaderValue, header};

/// One cookie: never readable by scripts, never sent with a foreign site's form.
#[derive(Debug, Clone, Copy)]
pub struct Cookie<'a> {
    /// Its name, without prefix.
    pub name: &'a str,
    /// Letters, digits, `-` and `_` only.
    pub value: &'a str,
    /// Seconds; 0 deletes it.
    pub max_age_s: u32,
    /// Whether the public URL is https.
    pub secure: bool,
}

impl Cookie<'_> {
    /// The value of a `Set-Cookie` header. `None` when the value holds characters that a cookie cannot.
    ///
    /// `SameSite=Lax`, not `Strict`: a sign-in page is opened from other programs and by links.
    pub fn header_value(&self) -> Option<HeaderValue> {
        if !self
            .value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return None;
        }
        let (name, secure) = (
            full_name(self.name, self.secure),
            if self.secure { "; Secure" } else { "" },
        );
        let text = format!(
            "{name}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            self.value, self.max_age_s
        );
        HeaderValue::from_str(&text).ok()
    }
}

/// The value of a cookie of ours. Of two with one name (somebody tries to push theirs in) none is taken.
pub fn find<'a>(headers: &'a HeaderMap, name: &str, secure: bool) -> Option<&'a str> {
    let name = full_name(name, secure);
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut values = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(key, value)| (key == name).then_some(value));
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// `__Host-` makes browsers refuse the cookie from sister domains and over plain http (RFC 6265bis §4.1.3.2).
fn full_name(name: &str, secure: bool) -> String {
    if secure {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_locked_down_and_found_again() {
        let cookie = Cookie {
            name: "flow",
            value: "abc-1",
            max_age_s: 60,
            secure: true,
        };
        let header = cookie.header_value().unwrap();
        assert_eq!(
            header,
            "__Host-flow=abc-1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; __Host-flow=abc-1".parse().unwrap());
        assert_eq!(find(&headers, "flow", true), Some("abc-1"));
        assert_eq!(find(&headers, "flow", false), None);
        headers.append(header::COOKIE, "__Host-flow=other".parse().unwrap());
        assert_eq!(find(&headers, "flow", true), None);
    }

    #[test]
    fn a_value_cannot_smuggle_attributes() {
        let cookie = |value| {
            Cookie {
                name: "flow",
                value,
                max_age_s: 60,
                secure: false,
            }
            .header_value()
        };
        assert!(cookie("a; Domain=example.org").is_none());
        assert!(cookie("a\r\nX: y").is_none());
    }
}
