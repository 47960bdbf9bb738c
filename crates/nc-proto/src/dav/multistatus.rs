use super::{Element, Name, XmlError, date, props};

mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::MultistatusReader;
pub use writer::MultistatusWriter;

pub(super) const MULTISTATUS: Name = Name::dav("multistatus");
const RESPONSE: Name = Name::dav("response");
const HREF: Name = Name::dav("href");
const PROPSTAT: Name = Name::dav("propstat");
const PROP: Name = Name::dav("prop");
const STATUS: Name = Name::dav("status");
const ERROR: Name = Name::dav("error");
const DESCRIPTION: Name = Name::dav("responsedescription");
const SYNC_TOKEN: Name = Name::dav("sync-token");

/// The answer 207, RFC 4918 §14.16.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Multistatus {
    /// One entry per resource.
    pub responses: Vec<Response>,
    /// Token of a `sync-collection` report.
    pub sync_token: Option<String>,
}

/// What a [`Multistatus`] says about one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The address as it was sent, encoded; read it with [`super::DavPath::decode`].
    pub href: String,
    /// Status of the whole resource, where the answer is not about properties.
    pub status: Option<u16>,
    /// Properties by status.
    pub propstats: Vec<PropStat>,
    /// Conditions that failed.
    pub errors: Vec<Element>,
    /// Words for people.
    pub description: Option<String>,
}

/// Properties that share a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropStat {
    /// HTTP status.
    pub status: u16,
    /// The properties; without value unless the status is 200.
    pub props: Vec<Element>,
    /// Conditions that failed.
    pub errors: Vec<Element>,
}

impl PropStat {
    /// Properties that share a status, without a failed condition.
    pub const fn new(status: u16, props: Vec<Element>) -> Self {
        Self {
            status,
            props,
            errors: Vec::new(),
        }
    }
}

impl Multistatus {
    /// Reads a whole answer. For folders of any size use [`MultistatusReader`].
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let mut reader = MultistatusReader::default();
        reader.feed(body);
        let mut responses = Vec::new();
        while let Some(response) = reader.next_response()? {
            responses.push(response);
        }
        let sync_token = reader.finish()?;
        Ok(Self { responses, sync_token })
    }

    /// Writes a whole answer.
    pub fn to_document(&self) -> Vec<u8> {
        let mut writer = MultistatusWriter::default();
        self.responses.iter().for_each(|response| writer.response(response));
        writer.finish(self.sync_token.as_deref())
    }
}

impl Response {
    /// An entry that only tells a status, as in the answer to a DELETE that failed half-way.
    pub fn of_status(href: impl Into<String>, status: u16) -> Self {
        Self {
            href: href.into(),
            status: Some(status),
            ..Self::default()
        }
    }

    /// An entry that tells properties. Empty lists are left out; at least one entry stays, for the RFC demands it.
    pub fn of_props(href: impl Into<String>, mut propstats: Vec<PropStat>) -> Self {
        propstats.retain(|propstat| !propstat.props.is_empty());
        if propstats.is_empty() {
            propstats.push(PropStat::new(200, Vec::new()));
        }
        Self {
            href: href.into(),
            propstats,
            ..Self::default()
        }
    }

    /// A property that is there, i.e. has status 200.
    pub fn prop(&self, name: &Name) -> Option<&Element> {
        let present = self.propstats.iter().filter(|propstat| propstat.status == 200);
        present
            .flat_map(|propstat| &propstat.props)
            .find(|prop| prop.name == *name)
    }

    /// The text of a property that is there, trimmed; `None` also if it is empty.
    pub fn prop_text(&self, name: &Name) -> Option<String> {
        let text = self.prop(name)?.content();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A property that is a number.
    pub fn prop_number<N: std::str::FromStr>(&self, name: &Name) -> Option<N> {
        self.prop_text(name)?.parse().ok()
    }

    /// Whether `d:resourcetype` says that this is a folder.
    pub fn is_collection(&self) -> bool {
        let kind = self.prop(&props::RESOURCETYPE);
        kind.is_some_and(|kind| kind.find(&Name::dav("collection")).is_some())
    }

    /// The time of the last change.
    pub fn last_modified(&self) -> Option<time::OffsetDateTime> {
        date::parse_http(&self.prop_text(&props::GETLASTMODIFIED)?)
    }

    pub(super) fn from_element(element: &Element) -> Result<Self, XmlError> {
        let href = element.find_text(&HREF).filter(|href| !href.is_empty());
        let mut response = Self {
            href: href.ok_or_else(|| XmlError::Invalid("a response without href".to_owned()))?,
            status: status_of(element)?,
            errors: children_of(element, &ERROR),
            description: element.find_text(&DESCRIPTION),
            propstats: Vec::new(),
        };
        for propstat in element.elements().filter(|child| child.name == PROPSTAT) {
            let status = status_of(propstat)?;
            response.propstats.push(PropStat {
                status: status.ok_or_else(|| XmlError::Invalid("a propstat without status".to_owned()))?,
                props: children_of(propstat, &PROP),
                errors: children_of(propstat, &ERROR),
            });
        }
        Ok(response)
    }

    /// Writes the entry alone, as it stands inside of a property that was expanded.
    pub fn to_element(&self) -> Element {
        let mut element = Element::new(RESPONSE).with(Element::text(HREF, &*self.href));
        if let Some(status) = self.status {
            element = element.with(status_element(status));
        }
        for propstat in &self.propstats {
            let mut child = Element::new(PROPSTAT)
                .with(Element::new(PROP).with_all(propstat.props.iter().cloned()))
                .with(status_element(propstat.status));
            if !propstat.errors.is_empty() {
                child = child.with(Element::new(ERROR).with_all(propstat.errors.iter().cloned()));
            }
            element = element.with(child);
        }
        if !self.errors.is_empty() {
            element = element.with(Element::new(ERROR).with_all(self.errors.iter().cloned()));
        }
        let description = self.description.iter();
        element.with_all(description.map(|text| Element::text(DESCRIPTION, &**text)))
    }
}

fn children_of(element: &Element, name: &Name) -> Vec<Element> {
    let child = element.find(name);
    child
        .map(|child| child.elements().cloned().collect())
        .unwrap_or_default()
}

/// Reads `HTTP/1.1 404 Not Found`.
fn status_of(element: &Element) -> Result<Option<u16>, XmlError> {
    let Some(line) = element.find_text(&STATUS) else {
        return Ok(None);
    };
    let code = line.split_ascii_whitespace().nth(1).and_then(|code| code.parse().ok());
    let code = code.filter(|code| (100..600).contains(code));
    code.map(Some)
        .ok_or_else(|| XmlError::Invalid(format!("{line} is no status line")))
}

fn status_element(status: u16) -> Element {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    Element::text(
        STATUS,
        format!("HTTP/1.1 {status} {}", reason.unwrap_or_default()).trim_end(),
    )
}
