use super::{Element, Name, XmlError, calendar};

const SYNC_COLLECTION: Name = Name::dav("sync-collection");
const SYNC_TOKEN: Name = Name::dav("sync-token");
const SYNC_LEVEL: Name = Name::dav("sync-level");
const LIMIT: Name = Name::dav("limit");
const NRESULTS: Name = Name::dav("nresults");

/// The report `d:sync-collection` of RFC 6578: what changed in a collection since a token was given out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncCollection {
    /// The token of the last answer; empty at the first time.
    pub token: String,
    /// How deep to look.
    pub level: SyncLevel,
    /// At most so many changes.
    pub limit: Option<u32>,
    /// Properties to be given of what changed.
    pub properties: Vec<Name>,
}

/// How deep changes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncLevel {
    /// Directly inside of the collection.
    #[default]
    One,
    /// At any depth.
    Infinite,
}

impl SyncCollection {
    /// The root of the report's body.
    pub const ROOT: Name = SYNC_COLLECTION;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &SYNC_COLLECTION)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let level = match root.find_text(&SYNC_LEVEL).as_deref() {
            // Clients of the drafts before the RFC, macOS among them, send no level and mean 1.
            None | Some("" | "1") => SyncLevel::One,
            Some("infinite" | "infinity") => SyncLevel::Infinite,
            Some(other) => return Err(XmlError::Invalid(format!("{other} is no sync-level"))),
        };
        let limit = root.find(&LIMIT).and_then(|limit| limit.find_text(&NRESULTS));
        let limit = limit.map(|text| {
            text.parse()
                .map_err(|_| XmlError::Invalid(format!("{text} is no number of results")))
        });
        Ok(Self {
            token: root.find_text(&SYNC_TOKEN).unwrap_or_default(),
            level,
            limit: limit.transpose()?,
            properties: calendar::requested(root),
        })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        let level = match self.level {
            SyncLevel::One => "1",
            SyncLevel::Infinite => "infinite",
        };
        let limit = self
            .limit
            .map(|limit| Element::new(LIMIT).with(Element::text(NRESULTS, limit.to_string())));
        Element::new(SYNC_COLLECTION)
            .with(Element::text(SYNC_TOKEN, &*self.token))
            .with(Element::text(SYNC_LEVEL, level))
            .with_all(limit)
            .with(Element::of_names(Name::dav("prop"), &self.properties))
            .to_document()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_report_survives_a_round_trip(
            token in "([a-z0-9:/]{1,30})?",
            infinite in any::<bool>(),
            limit in any::<Option<u32>>(),
            properties in prop::collection::vec("[a-z][a-z-]{0,9}", 0..4),
        ) {
            let report = SyncCollection {
                token,
                level: if infinite { SyncLevel::Infinite } else { SyncLevel::One },
                limit,
                properties: properties.iter().map(|name| Name::new("DAV:", name)).collect(),
            };
            prop_assert_eq!(SyncCollection::parse(&report.to_xml()), Ok(report));
        }
    }

    #[test]
    fn a_level_or_limit_that_makes_no_sense_is_refused() {
        for inside in [
            "<d:sync-level>7</d:sync-level>",
            "<d:limit><d:nresults>x</d:nresults></d:limit>",
        ] {
            let body = format!("<d:sync-collection xmlns:d='DAV:'>{inside}</d:sync-collection>");
            assert!(SyncCollection::parse(body.as_bytes()).is_err(), "{inside}");
        }
    }
}
