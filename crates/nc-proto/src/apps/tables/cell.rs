//! Values of cells: what a column takes, in the words of people; what goes on the wire; and back.
//!
//! Nextcloud 32 stores what does not fit as nothing, without an error. So what is to be written is looked at before, and what
//! was stored is compared after.

use serde_json::{Map, Value, json};
use url::Url;

use super::{Column, Kind, is_date, is_date_time, is_time};

/// How many members a list in a cell may have.
const MOST_ITEMS: usize = 100;

/// What stands for an option that the column has no more.
pub const REMOVED_OPTION: &str = "removed option";

/// Why a value cannot be written into a column: names the column and says what it takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {title:?} ({id}) {why}")]
pub struct CellError {
    /// The column's title.
    pub title: String,
    /// Its number.
    pub id: i64,
    /// What is wrong and what is allowed.
    pub why: String,
}

impl Column {
    /// A refusal of a value for this column.
    pub fn refuse(&self, why: impl Into<String>) -> CellError {
        CellError {
            title: self.title.clone(),
            id: self.id.0,
            why: why.into(),
        }
    }

    /// The value on the wire for what a person wrote: labels become numbers of options, names accounts. Nothing clears.
    ///
    /// # Errors
    /// When the column does not take it.
    pub fn to_wire(&self, given: &Value) -> Result<Value, CellError> {
        let wire = match self.kind() {
            _ if given.is_null() => Value::Null,
            Kind::Line | Kind::Long | Kind::Rich => self.text(given)?.into(),
            Kind::Link => self.link(given)?,
            Kind::Number => self.number(given)?,
            Kind::Stars => self.count(given, 5, "stars")?,
            Kind::Progress => self.count(given, 100, "percent")?,
            Kind::Select => self.choice(given)?.into(),
            Kind::Multi => self.choices(given)?,
            Kind::Check => self.check(given)?,
            Kind::DateTime => self.when(given, is_date_time, "a date with time as YYYY-MM-DD HH:MM")?,
            Kind::Date => self.when(given, is_date, "a date as YYYY-MM-DD")?,
            Kind::Time => self.when(given, is_time, "a time as HH:MM")?,
            Kind::UserGroup => self.people(given)?,
            Kind::Other => {
                let (kind, subtype) = (&self.kind, &self.subtype);
                return Err(self.refuse(format!("is of the type {kind} {subtype}, which is not known here")));
            }
        };
        if self.mandatory && is_blank(&wire) {
            return Err(self.refuse("is mandatory and needs a value"));
        }
        Ok(wire)
    }

    /// A stored value in the words of people: labels of options, truth values, addresses.
    pub fn to_shown(&self, stored: &Value) -> Value {
        match self.kind() {
            Kind::Select => self.label(stored),
            Kind::Multi => match stored {
                Value::Array(ids) => ids.iter().map(|id| self.label(id)).collect(),
                other => other.clone(),
            },
            Kind::Check => truth(stored).map_or_else(|| stored.clone(), Value::Bool),
            Kind::Link => match link_parts(stored) {
                Some((title, url)) if title == url => url.into(),
                Some((title, url)) => json!({ "title": title, "url": url }),
                None => stored.clone(),
            },
            _ => stored.clone(),
        }
    }

    /// Whether what is stored is what was sent.
    pub fn is_same(&self, sent: &Value, stored: Option<&Value>) -> bool {
        let stored = stored.unwrap_or(&Value::Null);
        if is_blank(sent) {
            // A cleared number is stored as nothing and read as 0 (32).
            return is_blank(stored) || (sent.is_null() && stored.as_f64() == Some(0.0));
        }
        match self.kind() {
            Kind::Number | Kind::Stars | Kind::Progress => match (number_of(sent), number_of(stored)) {
                (Some(sent), Some(stored)) => (sent - stored).abs() <= f64::EPSILON * sent.abs().max(1.0),
                _ => false,
            },
            Kind::Select => option_id(sent).is_some() && option_id(sent) == option_id(stored),
            Kind::Multi => match (sent, stored) {
                (Value::Array(sent), Value::Array(stored)) => ids(sent) == ids(stored),
                _ => false,
            },
            Kind::Check => truth(sent).is_some() && truth(sent) == truth(stored),
            Kind::Link => link_parts(sent).is_some() && link_parts(sent) == link_parts(stored),
            Kind::UserGroup => match (sent, stored) {
                (Value::Array(sent), Value::Array(stored)) => members(sent) == members(stored),
                _ => false,
            },
            _ => sent == stored,
        }
    }

    fn text<'a>(&self, given: &'a Value) -> Result<&'a str, CellError> {
        let Value::String(text) = given else {
            return Err(self.refuse(format!("takes text, not {}", kind_of(given))));
        };
        if self.kind() == Kind::Line && text.contains(['\n', '\r']) {
            return Err(self.refuse("takes one line of text"));
        }
        let length = text.chars().count();
        match self.text_max_length.and_then(|most| usize::try_from(most).ok()) {
            Some(most) if most > 0 && length > most => {
                Err(self.refuse(format!("takes at most {most} characters, not {length}")))
            }
            _ => Ok(text),
        }
    }

    fn link(&self, given: &Value) -> Result<Value, CellError> {
        let (title, address) = match given {
            Value::String(address) if address.is_empty() => return Ok("".into()),
            Value::String(address) => (address.as_str(), address.as_str()),
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str);
                match text("url").or_else(|| text("value")) {
                    Some(address) => (text("title").unwrap_or(address), address),
                    None => ("", ""),
                }
            }
            _ => ("", ""),
        };
        let is_web = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_web {
            return Err(self.refuse("takes an address that begins with http:// or https://, or title and url of one"));
        }
        let link = json!({ "title": title, "value": address, "providerId": "url" });
        // The web interface stores a link as JSON in the text.
        Ok(link.to_string().into())
    }

    fn number(&self, given: &Value) -> Result<Value, CellError> {
        let allowed = self.allowed_numbers();
        let Value::Number(number) = given else {
            let unit = if self.number_prefix.is_empty() && self.number_suffix.is_empty() {
                ""
            } else {
                " without its unit"
            };
            return Err(self.refuse(format!("takes {allowed}{unit}, not {}", kind_of(given))));
        };
        let value = number.as_f64().unwrap_or(f64::NAN);
        let below = bound(self.number_min.as_ref()).is_some_and(|least| value < least);
        let above = bound(self.number_max.as_ref()).is_some_and(|most| value > most);
        let too_fine = self
            .number_decimals
            .is_some_and(|most| decimals(&number.to_string()) > most);
        if below || above || too_fine || !value.is_finite() {
            return Err(self.refuse(format!("takes {allowed}, not {number}")));
        }
        Ok(given.clone())
    }

    fn allowed_numbers(&self) -> String {
        let kind = match self.number_decimals {
            Some(0) => "a whole number".to_owned(),
            Some(most) => format!("a number with at most {most} decimals"),
            None => "a number".to_owned(),
        };
        match (&self.number_min, &self.number_max) {
            (Some(least), Some(most)) => format!("{kind} from {least} to {most}"),
            (Some(least), None) => format!("{kind} from {least}"),
            (None, Some(most)) => format!("{kind} up to {most}"),
            (None, None) => kind,
        }
    }

    fn count(&self, given: &Value, most: i64, unit: &str) -> Result<Value, CellError> {
        match given.as_i64() {
            Some(count) if (0..=most).contains(&count) => Ok(count.into()),
            _ => Err(self.refuse(format!("takes whole {unit} from 0 to {most}, not {given}"))),
        }
    }

    /// The number of the option that a label or a number names. A label that looks like a number is a label first.
    fn choice(&self, given: &Value) -> Result<i64, CellError> {
        let options = || self.selection_options.iter().filter(|option| !option.deleted);
        let by_number = |id: i64| options().find(|option| option.id == id).map(|option| option.id);
        let found = match given {
            Value::String(label) => {
                let named: Vec<i64> = options()
                    .filter(|option| option.label == *label)
                    .map(|option| option.id)
                    .collect();
                match named.as_slice() {
                    [id] => Some(*id),
                    [] => label.parse().ok().and_then(by_number),
                    several => {
                        let ids = join(several.iter().map(ToString::to_string));
                        return Err(self.refuse(format!("has several options {label:?}: name one by its id, of {ids}")));
                    }
                }
            }
            other => option_id(other).and_then(by_number),
        };
        found.ok_or_else(|| {
            let labels = join(options().map(|option| format!("{:?} ({})", option.label, option.id)));
            self.refuse(format!("takes one of its options {labels}, not {given}"))
        })
    }

    fn choices(&self, given: &Value) -> Result<Value, CellError> {
        let Value::Array(items) = given else {
            return Err(self.refuse(format!("takes a list of options, not {}", kind_of(given))));
        };
        let mut chosen = Vec::new();
        for item in items.iter().take(MOST_ITEMS) {
            let id = self.choice(item)?;
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        Ok(chosen.into())
    }

    fn check(&self, given: &Value) -> Result<Value, CellError> {
        match given {
            Value::Bool(true) => Ok("true".into()),
            Value::Bool(false) => Ok("false".into()),
            Value::String(text) if matches!(text.as_str(), "true" | "false") => Ok(given.clone()),
            _ => Err(self.refuse(format!("takes true or false, not {given}"))),
        }
    }

    fn when(&self, given: &Value, fits: fn(&str) -> bool, form: &str) -> Result<Value, CellError> {
        match given {
            Value::String(text) if text.is_empty() || fits(text) => Ok(given.clone()),
            _ => Err(self.refuse(format!("takes {form}, without zone, not {given}"))),
        }
    }

    fn people(&self, given: &Value) -> Result<Value, CellError> {
        let single = [given.clone()];
        let items = match given {
            Value::Array(items) => items.as_slice(),
            _ => single.as_slice(),
        };
        if self.usergroup_multiple_items != Some(true) && items.len() > 1 {
            return Err(self.refuse("takes one member, not several"));
        }
        if items.len() > MOST_ITEMS {
            return Err(self.refuse(format!("takes at most {MOST_ITEMS} members")));
        }
        let people: Result<Vec<Value>, CellError> = items.iter().map(|item| self.member(item)).collect();
        Ok(Value::Array(people?))
    }

    fn member(&self, given: &Value) -> Result<Value, CellError> {
        let takes = [
            self.usergroup_select_users == Some(true),
            self.usergroup_select_groups == Some(true),
            self.usergroup_select_teams == Some(true),
        ];
        // One made without a choice takes accounts, as the web interface does.
        let takes = if takes == [false; 3] {
            [true, false, false]
        } else {
            takes
        };
        let names = ["user", "group", "team"];
        let (id, kind) = match given {
            Value::String(id) => (Some(id.as_str()), takes.iter().position(|taken| *taken)),
            Value::Object(fields) => {
                let kind = match fields.get("type") {
                    None => takes.iter().position(|taken| *taken),
                    Some(Value::String(name)) if name == "circle" => Some(2),
                    Some(Value::String(name)) => names.iter().position(|known| known == name),
                    Some(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
                };
                (fields.get("id").and_then(Value::as_str), kind)
            }
            _ => (None, None),
        };
        let kind = kind.filter(|kind| takes.get(*kind) == Some(&true));
        if let (Some(id), Some(kind)) = (id.filter(|id| !id.is_empty()), kind) {
            return Ok(json!({ "id": id, "type": kind }));
        }
        let allowed = names.iter().zip(takes).filter(|(_, taken)| *taken);
        let allowed = join(allowed.map(|(name, _)| (*name).to_owned()));
        Err(self.refuse(format!(
            "takes the id of: {allowed}, as text or as id and type, not {given}"
        )))
    }

    fn label(&self, stored: &Value) -> Value {
        match option_id(stored) {
            Some(id) => self.option(id).map_or_else(
                || format!("{REMOVED_OPTION} {id}").into(),
                |option| option.label.as_str().into(),
            ),
            None => stored.clone(),
        }
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn bound(number: Option<&serde_json::Number>) -> Option<f64> {
    number.and_then(serde_json::Number::as_f64)
}

/// Digits after the point in a number as JSON writes it.
fn decimals(written: &str) -> i64 {
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((written, "0"));
    let digits = mantissa
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
    let exponent: i64 = exponent.parse().unwrap_or(0);
    i64::try_from(digits)
        .unwrap_or(i64::MAX)
        .saturating_sub(exponent)
        .max(0)
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

/// The number of an option: a number, or text that is one.
fn option_id(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

fn ids(items: &[Value]) -> Vec<Option<i64>> {
    let mut ids: Vec<_> = items.iter().map(option_id).collect();
    ids.sort_unstable();
    ids
}

/// Accounts and groups by id and type; the order has no meaning, names for people are added on the way.
fn members(items: &[Value]) -> Vec<(String, i64)> {
    let of = |fields: &Map<String, Value>| {
        let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
        (id.to_owned(), fields.get("type").and_then(Value::as_i64).unwrap_or(0))
    };
    let mut members: Vec<_> = items.iter().filter_map(Value::as_object).map(of).collect();
    members.sort_unstable();
    members
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

/// Title and address of a link: JSON in a text, or only the address.
fn link_parts(value: &Value) -> Option<(String, String)> {
    let Value::String(text) = value else {
        return None;
    };
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) else {
        return (!text.is_empty()).then(|| (text.clone(), text.clone()));
    };
    let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let address = field("value").or_else(|| field("resourceUrl"))?;
    Some((field("title").unwrap_or_else(|| address.clone()), address))
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.take(MOST_ITEMS).collect::<Vec<_>>().join(", ")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
