//! `WWW-Authenticate` (RFC 9110 §11.6.1) with the parameters of RFC 6750 §3, RFC 9449 §7.1 and RFC 9728 §5.1.

use std::fmt;

use super::{bearer::Scheme, error::BearerError, scope_list::ScopeList};

/// A challenge that we send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// `Bearer` or `DPoP`.
    pub scheme: Scheme,
    /// Where the resource describes itself.
    pub resource_metadata: Option<String>,
    /// All scopes that the request needs.
    pub scope: Option<ScopeList>,
    /// What is wrong with the token; `None` when there was none (RFC 6750 §3.1: then no code is given).
    pub error: Option<BearerError>,
    /// Algorithms for proofs, for `DPoP`.
    pub algs: Option<String>,
}

impl Challenge {
    /// A Bearer challenge without further words.
    pub const fn bearer() -> Self {
        Self {
            scheme: Scheme::Bearer,
            resource_metadata: None,
            scope: None,
            error: None,
            algs: None,
        }
    }
}

impl fmt::Display for Challenge {
    /// The header's value. Characters that could end a quoted value are escaped, those that a header cannot hold
    /// are left out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = self.scope.as_ref().map(ToString::to_string);
        let parameters = [
            ("error", self.error.map(BearerError::code)),
            ("error_description", self.error.map(BearerError::description)),
            ("scope", scope.as_deref()),
            ("resource_metadata", self.resource_metadata.as_deref()),
            ("algs", self.algs.as_deref()),
        ];
        formatter.write_str(self.scheme.name())?;
        let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (index, (name, value)) in given.enumerate() {
            write!(formatter, "{} {name}=\"", if index == 0 { "" } else { "," })?;
            for character in value.chars().filter(|character| matches!(character, ' '..='~')) {
                if matches!(character, '"' | '\\') {
                    formatter.write_str("\\")?;
                }
                write!(formatter, "{character}")?;
            }
            formatter.write_str("\"")?;
        }
        Ok(())
    }
}

/// A challenge that a server sent, of any scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The scheme, as written.
    pub scheme: String,
    /// Its parameters in their order, names in lower case. A bare `token68` stands under an empty name.
    pub parameters: Vec<(String, String)>,
}

impl Received {
    /// Reads all challenges of one header value. `None` when it does not follow the grammar, or names a parameter twice.
    pub fn read(header: &str) -> Option<Vec<Self>> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = skip_separators(header);
        while !rest.is_empty() {
            let (word, after) = take_token(rest)?;
            let unspaced = after.trim_start_matches([' ', '\t']);
            if let (Some(value), Some(current)) = (unspaced.strip_prefix('='), challenges.last_mut()) {
                let (value, after) = take_value(value.trim_start_matches([' ', '\t']))?;
                current.add(&word.to_ascii_lowercase(), value)?;
                rest = after;
            } else {
                let mut challenge = Self {
                    scheme: word.to_owned(),
                    parameters: Vec::new(),
                };
                rest = unspaced;
                if after.starts_with(' ')
                    && let Some((token68, after)) = take_token68(unspaced)
                {
                    challenge.add("", token68.to_owned())?;
                    rest = after;
                }
                challenges.push(challenge);
                // The first parameter follows a scheme without a comma.
                if !rest.is_empty() && !rest.starts_with(',') && starts_parameter(rest) {
                    continue;
                }
            }
            rest = rest.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
            rest = skip_separators(rest);
        }
        Some(challenges)
    }

    /// Whether it is of this scheme.
    pub fn is(&self, scheme: Scheme) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.name())
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// What it says is wrong with the token.
    pub fn error(&self) -> Option<BearerError> {
        self.get("error").and_then(BearerError::from_code)
    }

    /// The scopes that it asks for; `None` also when they are malformed.
    pub fn scope(&self) -> Option<ScopeList> {
        self.get("scope").and_then(|scope| ScopeList::parse(scope).ok())
    }

    fn add(&mut self, name: &str, value: String) -> Option<()> {
        // A challenge has a `token68` or parameters, not both.
        if self.get(name).is_some() || self.get("").is_some() {
            return None;
        }
        self.parameters.push((name.to_owned(), value));
        Some(())
    }
}

fn skip_separators(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', ','])
}

fn take_token(text: &str) -> Option<(&str, &str)> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let end = text.bytes().position(|byte| !is_token(byte)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn starts_parameter(text: &str) -> bool {
    take_token(text).is_some_and(|(_, after)| after.trim_start_matches([' ', '\t']).starts_with('='))
}

/// A `token68` that fills the rest of its challenge; `name=value` is none.
fn take_token68(text: &str) -> Option<(&str, &str)> {
    let is_body = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let body = text.bytes().position(|byte| !is_body(byte)).unwrap_or(text.len());
    let padding = text[body..].bytes().take_while(|byte| *byte == b'=').count();
    let (token, after) = text.split_at(body + padding);
    let ends = after.trim_start_matches([' ', '\t']);
    (body > 0 && (ends.is_empty() || ends.starts_with(','))).then_some((token, after))
}

fn take_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return take_token(text).map(|(value, after)| (value.to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[index + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests;
