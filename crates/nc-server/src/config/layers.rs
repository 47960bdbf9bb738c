//! Values as written, each with the place it came from: defaults < file < environment < flags.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    peer,
    setting::{self, Kind, SETTINGS, Setting},
};

/// The process environment as a value, so that tests bring their own.
pub type Environment = BTreeMap<String, String>;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// The command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Why the settings cannot be used. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {cause}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        cause: String,
    },
    /// A key that does not exist.
    #[error("unknown setting `{key}` in {place}{suggestion}")]
    Unknown {
        /// The key as written.
        key: String,
        /// Where it stands.
        place: String,
        /// The nearest known one.
        suggestion: String,
    },
    /// A value that cannot be used.
    #[error("{name} {problem}{given}")]
    Invalid {
        /// Key or variable.
        name: String,
        /// What is allowed.
        problem: String,
        /// What was given; empty for secrets.
        given: String,
    },
    /// Settings that do not fit together.
    #[error("{0}")]
    Conflict(String),
}

/// Values as written.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    values: BTreeMap<&'static str, (String, Source)>,
    /// What the operator should know: hints and near misses.
    pub notices: Vec<String>,
}

impl Layers {
    /// Reads the file, the environment and the flags, in this order.
    ///
    /// # Errors
    /// [`ConfigError`] for unreadable files, unknown keys and values of the wrong kind.
    pub fn read(
        file: Option<&Path>,
        environment: &Environment,
        flags: &[(&'static str, &'static str, String)],
    ) -> Result<Self, ConfigError> {
        let mut layers = Self::default();
        if let Some(path) = file {
            layers.read_file(path)?;
        }
        layers.read_environment(environment)?;
        for (flag, key, value) in flags {
            layers.put(key, value.clone(), Source::Flag(flag))?;
        }
        Ok(layers)
    }

    /// The value of `key` and its source; the default when nobody set it; `None` without one.
    pub fn get(&self, key: &str) -> Option<(&str, Source)> {
        match self.values.get(key) {
            Some((value, source)) => Some((value, source.clone())),
            None => setting::find(key)
                .map(|setting| setting.default)
                .filter(|text| !text.is_empty())
                .map(|text| (text, Source::Default)),
        }
    }

    /// The value of `key`, if somebody set it.
    pub fn given(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|(value, _)| value.as_str())
    }

    fn put(&mut self, key: &str, value: String, source: Source) -> Result<(), ConfigError> {
        let setting = setting::find(key).ok_or_else(|| unknown(key, &source.to_string()))?;
        // An empty variable is an unset one: compose files write `NAME=${NAME:-}`.
        if value.is_empty() {
            return Ok(());
        }
        setting.check(&value).map_err(|problem| ConfigError::Invalid {
            name: format!("{key} ({source})"),
            problem,
            given: if setting.kind == Kind::Secret {
                String::new()
            } else {
                format!(", not `{value}`")
            },
        })?;
        self.values.insert(setting.key, (value, source));
        Ok(())
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let refuse = |cause: String| ConfigError::File {
            path: path.display().to_string(),
            cause,
        };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| refuse(error.to_string()))?;
        let source = Source::File(path.to_owned());
        for (section, value) in table {
            let toml::Value::Table(entries) = value else {
                return Err(unknown(&section, &source.to_string()));
            };
            for (name, value) in entries {
                let key = format!("{section}.{name}");
                if let Some(secret) = secret_file_of(&key) {
                    let toml::Value::String(file) = &value else {
                        return Err(refuse(format!("{key} must be the path of a file")));
                    };
                    let text = read_secret(Path::new(file))?;
                    self.put(secret.key, text, source.clone())?;
                    continue;
                }
                self.put(
                    &key,
                    as_text(&value)
                        .ok_or_else(|| refuse(format!("{key} must be a single value or a list of texts")))?,
                    source.clone(),
                )?;
            }
        }
        Ok(())
    }

    fn read_environment(&mut self, environment: &Environment) -> Result<(), ConfigError> {
        for setting in SETTINGS {
            let own = setting.own_env();
            // The first name is the preferred one, so it is read last.
            let names: Vec<&str> = setting.env.iter().copied().rev().chain([own.as_str()]).collect();
            for name in names {
                let source = Source::Environment(name.to_owned());
                if let Some(value) = environment.get(name) {
                    self.put(setting.key, value.clone(), source.clone())?;
                }
                if setting.kind == Kind::Secret
                    && let Some(file) = environment.get(&format!("{name}_FILE")).filter(|file| !file.is_empty())
                {
                    if environment.get(name).is_some_and(|value| !value.is_empty()) {
                        return Err(ConfigError::Conflict(format!("set {name} or {name}_FILE, not both")));
                    }
                    let text = read_secret(Path::new(file))?;
                    self.put(setting.key, text, Source::Environment(format!("{name}_FILE")))?;
                }
            }
        }
        // The peer's name says the opposite of ours.
        if let Some(value) = environment
            .get("MCP_DISABLE_CAPABILITY_GATING")
            .filter(|value| !value.is_empty())
        {
            let off = setting::parse_bool(value).ok_or_else(|| ConfigError::Invalid {
                name: "MCP_DISABLE_CAPABILITY_GATING".to_owned(),
                problem: "must be true or false".to_owned(),
                given: format!(", not `{value}`"),
            })?;
            let source = Source::Environment("MCP_DISABLE_CAPABILITY_GATING".to_owned());
            self.put("tools.hide_missing_apps", (!off).to_string(), source)?;
        }
        self.look_for_strangers(environment)
    }

    fn look_for_strangers(&mut self, environment: &Environment) -> Result<(), ConfigError> {
        let mut known: Vec<String> = vec!["MCP_DISABLE_CAPABILITY_GATING".into()];
        for setting in SETTINGS {
            let names = setting.env.iter().map(ToString::to_string).chain([setting.own_env()]);
            for name in names {
                if setting.kind == Kind::Secret {
                    known.push(format!("{name}_FILE"));
                }
                known.push(name);
            }
        }
        let mut foreign = Vec::new();
        for (name, value) in environment {
            if value.is_empty() || known.contains(name) {
                continue;
            }
            if name.starts_with("NEXTCLOUD_MCP__") {
                return Err(unknown_variable(name, &known));
            }
            if let Some(hint) = peer::HINTS.iter().find(|hint| hint.name == name) {
                self.notices.push(format!("{name} has no effect: {}", hint.text));
            } else if peer::FOREIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
                foreign.push(name.as_str());
            } else if peer::OUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                && let Some(near) = known.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2)
            {
                self.notices
                    .push(format!("{name} is not a setting; did you mean {near}?"));
            }
        }
        if !foreign.is_empty() {
            self.notices.push(format!(
                "ignored, for features this server does not have: {}",
                foreign.join(", ")
            ));
        }
        Ok(())
    }
}

fn secret_file_of(key: &str) -> Option<&'static Setting> {
    let secret = setting::find(key.strip_suffix("_file")?)?;
    (secret.kind == Kind::Secret).then_some(secret)
}

/// Reads a secret; one line break at the end is the editor's, not the secret's.
fn read_secret(path: &Path) -> Result<String, ConfigError> {
    let refuse = |cause: &str| ConfigError::File {
        path: path.display().to_string(),
        cause: cause.to_owned(),
    };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(&error.to_string()))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        Err(refuse("the file is empty"))
    } else {
        Ok(text.to_owned())
    }
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(on) => Some(on.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| item.as_str()).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

fn unknown(key: &str, place: &str) -> ConfigError {
    let secrets = SETTINGS
        .iter()
        .filter(|setting| setting.kind == Kind::Secret)
        .map(|setting| format!("{}_file", setting.key));
    let candidates: Vec<String> = SETTINGS
        .iter()
        .map(|setting| setting.key.to_owned())
        .chain(secrets)
        .collect();
    ConfigError::Unknown {
        key: key.to_owned(),
        place: place.to_owned(),
        suggestion: suggestion(key, &candidates),
    }
}

fn unknown_variable(name: &str, known: &[String]) -> ConfigError {
    ConfigError::Unknown {
        key: name.to_owned(),
        place: "the environment".to_owned(),
        suggestion: suggestion(name, known),
    }
}

fn suggestion(key: &str, candidates: &[String]) -> String {
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(key, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= 1 + key.len() / 3)
        .map(|(_, candidate)| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "layers/tests.rs"]
mod tests;
