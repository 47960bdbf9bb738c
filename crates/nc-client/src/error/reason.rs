use std::fmt;

use nc_proto::dav::ErrorBody;
use serde::Deserialize;

/// Longest text that is passed on, in characters.
const LONGEST: usize = 300;

/// Words for a failure, fit to be shown: Nextcloud's, or ours where it says nothing that helps; often there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason(Option<Words>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Words {
    Nextclouds(String),
    Ours(&'static str),
}

impl Reason {
    /// No words.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Our own words.
    pub(crate) const fn ours(words: &'static str) -> Self {
        Self(Some(Words::Ours(words)))
    }

    /// The words, if there are any.
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_ref().map(|words| match words {
            Words::Nextclouds(words) => words.as_str(),
            Words::Ours(words) => words,
        })
    }

    /// Takes words that are fit to be shown: one line, not too long, no markup, no addresses and no names of code.
    pub(crate) fn from_words(words: &str) -> Self {
        // Terminals and logs obey control characters.
        let seen: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        let internal = ["://", ".php", "<", "#0 ", "SQLSTATE", "Exception"];
        // A class name of PHP, such as OCA\Notes\…; a lone backslash may be what the words are about.
        let class = line
            .split(' ')
            .any(|word| word.trim_matches('"').split('\\').filter(|p| !p.is_empty()).count() > 1);
        if line.is_empty() || class || internal.iter().any(|sign| line.contains(sign)) {
            return Self(None);
        }
        let cut = line
            .char_indices()
            .nth(LONGEST)
            .map_or(line.len(), |(position, _)| position);
        Self(Some(Words::Nextclouds(line[..cut].to_owned())))
    }

    /// Finds the words in the body of an answer, whichever part of Nextcloud it comes from.
    pub(crate) fn find(content_type: &str, body: &[u8]) -> Self {
        match content_type {
            kind if kind.contains("json") => from_json(body),
            kind if kind.contains("xml") => from_xml(body),
            kind if kind.starts_with("text/plain") => Self::from_words(&String::from_utf8_lossy(body)),
            _ => Self::none(),
        }
    }
}

fn from_json(body: &[u8]) -> Reason {
    #[derive(Deserialize)]
    struct Words {
        #[serde(default)]
        ocs: Option<Ocs>,
        #[serde(default)]
        message: Option<String>,
        /// Of Cookbook.
        #[serde(default)]
        msg: Option<String>,
        #[serde(default)]
        error: Option<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Ocs {
        meta: Meta,
    }
    #[derive(Deserialize)]
    struct Meta {
        #[serde(default)]
        message: Option<String>,
    }
    // Cookbook refuses an import with a bare text.
    if let Ok(text) = serde_json::from_slice::<String>(body) {
        return Reason::from_words(&text);
    }
    let Ok(words) = serde_json::from_slice::<Words>(body) else {
        return Reason::none();
    };
    words
        .ocs
        .and_then(|ocs| ocs.meta.message)
        .or(words.message)
        .or(words.msg)
        .or_else(|| words.error?.as_str().map(str::to_owned))
        .map(|text| Reason::from_words(&text))
        .unwrap_or_default()
}

fn from_xml(body: &[u8]) -> Reason {
    let Ok(text) = std::str::from_utf8(body) else {
        return Reason::none();
    };
    // The search of DAV writes a bare sentence and calls it XML.
    if !text.trim_start().starts_with('<') {
        return Reason::from_words(text);
    }
    ErrorBody::parse(body)
        .map(|error| Reason::from_words(&error.message))
        .unwrap_or_default()
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Words::Nextclouds(words)) => write!(formatter, " (Nextcloud says: {words})"),
            Some(Words::Ours(words)) => write!(formatter, ": {words}"),
            None => Ok(()),
        }
    }
}
