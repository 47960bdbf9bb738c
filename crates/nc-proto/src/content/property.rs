use super::{
    escape::{escape, split, unescape},
    line,
};

/// A parameter of a property: its name and its values, without quotes. RFC 6868's carets are read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// As it was written; compared without regard to case.
    pub name: String,
    /// At least one; a parameter of vCard 2.1 without `=` has its name as the only value of `TYPE`.
    pub values: Vec<String>,
}

/// One property. Until it is changed it is written as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The bytes it was read from, with folding and line end; gone once it is changed.
    written: Option<Vec<u8>>,
    group: Option<String>,
    name: String,
    parameters: Vec<Parameter>,
    value: String,
}

impl Property {
    /// A property with its value as the wire has it.
    ///
    /// Characters that would end the line are left out of the value.
    pub fn new(name: &str, value: impl Into<String>) -> Self {
        let mut property = Self {
            written: None,
            group: None,
            name: name.to_owned(),
            parameters: Vec::new(),
            value: String::new(),
        };
        property.set_value(value);
        property
    }

    /// A property with a text.
    pub fn text(name: &str, text: &str) -> Self {
        Self::new(name, escape(text))
    }

    /// With a parameter more.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: &str) -> Self {
        self.set_parameter(parameter, value);
        self
    }

    /// In a group: `item1` of `item1.TEL`.
    #[must_use]
    pub fn in_group(mut self, group: &str) -> Self {
        self.group = Some(group.to_owned());
        self.written = None;
        self
    }

    /// Reads a logical line. [`None`] if it is not a property.
    pub(super) fn read(written: &[u8], said: &[u8]) -> Option<Self> {
        // Text in another charset than UTF-8 still has a name and is written back as it was.
        let said = String::from_utf8_lossy(said);
        let mut cursor = Cursor { rest: &said };
        let mut name = cursor.name()?;
        let mut group = None;
        if cursor.take('.') {
            group = Some(name.to_owned());
            name = cursor.name()?;
        }
        let mut parameters = Vec::new();
        while cursor.take(';') {
            parameters.push(cursor.parameter()?);
        }
        cursor.take(':').then(|| Self {
            written: Some(written.to_vec()),
            group,
            name: name.to_owned(),
            parameters,
            value: cursor.rest.to_owned(),
        })
    }

    /// Its name, as it was written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has this name; case does not count.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its group in a vCard.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Its value, as the wire has it, unfolded.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Its value as one text.
    pub fn text_value(&self) -> String {
        unescape(&self.value)
    }

    /// Its value as a list of texts.
    pub fn texts(&self) -> Vec<String> {
        split(&self.value, ',').into_iter().map(unescape).collect()
    }

    /// The components of a structured value, each a list: `N`, `ADR`, `ORG`.
    pub fn parts(&self) -> Vec<Vec<String>> {
        split(&self.value, ';')
            .into_iter()
            .map(|part| split(part, ',').into_iter().map(unescape).collect())
            .collect()
    }

    /// Its parameters, in their order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameter_values(name).next()
    }

    /// All values of a parameter, also of one that is written several times.
    pub fn parameter_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.parameters
            .iter()
            .filter(move |parameter| parameter.name.eq_ignore_ascii_case(name))
            .flat_map(|parameter| parameter.values.iter().map(String::as_str))
    }

    /// Replaces the value, as the wire has it. The parameters stay.
    pub fn set_value(&mut self, value: impl Into<String>) {
        let mut value = value.into();
        if value.contains(|character: char| character.is_control() && character != '\t') {
            value.retain(|character| !character.is_control() || character == '\t');
        }
        if self.value != value {
            self.value = value;
            self.written = None;
        }
    }

    /// Replaces the value by a text. The parameters stay.
    pub fn set_text(&mut self, text: &str) {
        self.set_value(escape(text));
    }

    /// Sets a parameter to one value.
    pub fn set_parameter(&mut self, name: &str, value: &str) {
        self.set_parameter_values(name, vec![value.to_owned()]);
    }

    /// Sets a parameter: in its place, or behind the others.
    pub fn set_parameter_values(&mut self, name: &str, values: Vec<String>) {
        let place = self
            .parameters
            .iter()
            .position(|parameter| parameter.name.eq_ignore_ascii_case(name));
        if let Some(place) = place {
            if self.parameters[place].values == values && self.parameter_values(name).count() == values.len() {
                return;
            }
            let written_name = self.parameters[place].name.clone();
            let mut is_first = true;
            self.parameters.retain(|parameter| {
                !parameter.name.eq_ignore_ascii_case(name) || std::mem::replace(&mut is_first, false)
            });
            self.parameters[place] = Parameter {
                name: written_name,
                values,
            };
        } else {
            self.parameters.push(Parameter {
                name: name.to_owned(),
                values,
            });
        }
        self.written = None;
    }

    /// Takes a parameter away. Gives whether it was there.
    pub fn remove_parameter(&mut self, name: &str) -> bool {
        let before = self.parameters.len();
        self.parameters
            .retain(|parameter| !parameter.name.eq_ignore_ascii_case(name));
        let is_gone = self.parameters.len() < before;
        if is_gone {
            self.written = None;
        }
        is_gone
    }

    /// Whether it is still as it was read.
    pub fn is_as_written(&self) -> bool {
        self.written.is_some()
    }

    pub(super) fn write(&self, line_end: &[u8], to: &mut Vec<u8>) {
        if let Some(written) = &self.written {
            to.extend_from_slice(written);
            // The last line of a text may lack its end; what follows must not run into it.
            if !written.ends_with(b"\n") {
                to.extend_from_slice(line_end);
            }
            return;
        }
        let mut line = String::new();
        if let Some(group) = &self.group {
            line.push_str(group);
            line.push('.');
        }
        line.push_str(&self.name);
        for parameter in &self.parameters {
            line.push(';');
            line.push_str(&parameter.name);
            for (at, value) in parameter.values.iter().enumerate() {
                line.push(if at == 0 { '=' } else { ',' });
                push_parameter_value(value, &mut line);
            }
        }
        line.push(':');
        line.push_str(&self.value);
        to.extend_from_slice(&line::folded(&line, line_end));
    }
}

/// RFC 6868: a quote, a caret and a line end inside of a parameter.
fn push_parameter_value(value: &str, line: &mut String) {
    let needs_quotes = value.contains([':', ';', ',']);
    if needs_quotes {
        line.push('"');
    }
    for character in value.chars() {
        match character {
            '"' => line.push_str("^'"),
            '^' => line.push_str("^^"),
            '\n' => line.push_str("^n"),
            other if other.is_control() && other != '\t' => {}
            other => line.push(other),
        }
    }
    if needs_quotes {
        line.push('"');
    }
}

fn read_parameter_value(value: &str) -> String {
    if !value.contains('^') {
        return value.to_owned();
    }
    let mut read = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let meant = match (character, characters.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('^')) => '^',
            ('^', Some('\'')) => '"',
            (other, _) => {
                read.push(other);
                continue;
            }
        };
        characters.next();
        read.push(meant);
    }
    read
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest.strip_prefix(wanted).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    fn until(&mut self, stops: &[char]) -> &'a str {
        let at = self.rest.find(stops).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(at);
        self.rest = rest;
        taken
    }

    /// A name: letters, digits, `-`; also `_` and `/`, which some programs write.
    fn name(&mut self) -> Option<&'a str> {
        let at = self
            .rest
            .find(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '/')))?;
        let (name, rest) = self.rest.split_at(at);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn parameter(&mut self) -> Option<Parameter> {
        let name = self.until(&['=', ';', ':']).trim();
        if name.is_empty() {
            return None;
        }
        if !self.take('=') {
            // vCard 2.1: `TEL;HOME;VOICE:…`
            return Some(Parameter {
                name: "TYPE".to_owned(),
                values: vec![name.to_owned()],
            });
        }
        let mut values = Vec::new();
        loop {
            let value = if self.take('"') {
                let quoted = self.until(&['"']);
                if !self.take('"') {
                    return None;
                }
                // Some programs go on behind the quotes; nothing of that has a meaning.
                self.until(&[',', ';', ':']);
                quoted
            } else {
                self.until(&[',', ';', ':'])
            };
            values.push(read_parameter_value(value));
            if !self.take(',') {
                break;
            }
        }
        Some(Parameter {
            name: name.to_owned(),
            values,
        })
    }
}
