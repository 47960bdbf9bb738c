use time::OffsetDateTime;

use super::{Element, Name, XmlError, date, props};

const FILTER_FILES: Name = Name::oc("filter-files");
const FILTER_RULES: Name = Name::oc("filter-rules");
const SYSTEMTAG: Name = Name::oc("systemtag");
const PROP: Name = Name::dav("prop");
const LIMIT: Name = Name::dav("limit");
const NRESULTS: Name = Name::dav("nresults");
const FIRSTRESULT: Name = Name::nc("firstresult");
const FILTER_COMMENTS: Name = Name::oc("filter-comments");
const COMMENTS_LIMIT: Name = Name::oc("limit");
const COMMENTS_OFFSET: Name = Name::oc("offset");
const COMMENTS_SINCE: Name = Name::oc("datetime");

/// The report `oc:filter-files`: everything below a folder that is a favourite or carries all of the tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterFiles {
    /// Properties to be given.
    pub props: Vec<Name>,
    /// Only favourites.
    pub favorite: bool,
    /// Ids of tags.
    pub system_tags: Vec<String>,
    /// At most so many entries.
    pub limit: Option<u32>,
    /// So many entries are skipped.
    pub offset: Option<u32>,
}

impl FilterFiles {
    /// The root of the report's body.
    pub const ROOT: Name = FILTER_FILES;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &FILTER_FILES)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let rules = root.find(&FILTER_RULES);
        let rules = rules.ok_or_else(|| XmlError::Invalid("Missing filter-rule block in request".to_owned()))?;
        let limit = root.find(&LIMIT);
        let number = |name| {
            limit
                .and_then(|limit| limit.find_text(name))
                .and_then(|text| text.parse().ok())
        };
        Ok(Self {
            props: root.find(&PROP).map(Element::names).unwrap_or_default(),
            favorite: rules
                .find_text(&props::FAVORITE)
                .is_some_and(|text| text == "1" || text == "true"),
            system_tags: rules
                .elements()
                .filter(|rule| rule.name == SYSTEMTAG)
                .map(|rule| rule.content().trim().to_owned())
                .collect(),
            limit: number(&NRESULTS),
            offset: number(&FIRSTRESULT),
        })
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        let favorite = self.favorite.then(|| Element::text(props::FAVORITE, "1"));
        let tags = self.system_tags.iter().map(|tag| Element::text(SYSTEMTAG, &**tag));
        let mut root = Element::new(FILTER_FILES)
            .with(Element::of_names(PROP, &self.props))
            .with(Element::new(FILTER_RULES).with_all(favorite.into_iter().chain(tags)));
        if self.limit.is_some() || self.offset.is_some() {
            let limit = self.limit.map(|number| Element::text(NRESULTS, number.to_string()));
            let offset = self.offset.map(|number| Element::text(FIRSTRESULT, number.to_string()));
            root = root.with(Element::new(LIMIT).with_all(limit.into_iter().chain(offset)));
        }
        root.to_document()
    }
}

/// The report `oc:filter-comments`: a part of the comments on something, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FilterComments {
    /// At most so many.
    pub limit: Option<u32>,
    /// So many are skipped.
    pub offset: Option<u32>,
    /// Only those that are not older.
    pub since: Option<OffsetDateTime>,
}

impl FilterComments {
    /// The root of the report's body.
    pub const ROOT: Name = FILTER_COMMENTS;

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let number = |name: &Name| match root.find_text(name) {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| XmlError::Invalid(format!("{name} is no number"))),
        };
        let since = match root.find_text(&COMMENTS_SINCE) {
            None => None,
            Some(text) => {
                let time = date::parse_rfc3339(&text).or_else(|| date::parse_http(&text));
                Some(time.ok_or_else(|| XmlError::Invalid(format!("{COMMENTS_SINCE} is no date")))?)
            }
        };
        Ok(Self {
            limit: number(&COMMENTS_LIMIT)?,
            offset: number(&COMMENTS_OFFSET)?,
            since,
        })
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        let limit = self.limit.map(|limit| Element::text(COMMENTS_LIMIT, limit.to_string()));
        let offset = self
            .offset
            .map(|offset| Element::text(COMMENTS_OFFSET, offset.to_string()));
        let since = self
            .since
            .map(|since| Element::text(COMMENTS_SINCE, date::format_creation(since)));
        Element::new(FILTER_COMMENTS)
            .with_all([limit, offset, since].into_iter().flatten())
            .to_document()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_report_survives_a_round_trip() {
        for report in [
            FilterFiles {
                props: vec![props::FILEID],
                favorite: true,
                ..FilterFiles::default()
            },
            FilterFiles {
                system_tags: vec!["7".to_owned(), "8".to_owned()],
                limit: Some(3),
                offset: Some(6),
                ..FilterFiles::default()
            },
        ] {
            assert_eq!(FilterFiles::parse(&report.to_document()), Ok(report));
        }
    }

    #[test]
    fn a_report_without_rules_is_refused() {
        let body = b"<oc:filter-files xmlns:oc='http://owncloud.org/ns'/>";
        assert!(FilterFiles::parse(body).is_err());
    }

    proptest! {
        #[test]
        fn a_report_on_comments_survives_a_round_trip(
            limit in prop::option::of(any::<u32>()), offset in prop::option::of(any::<u32>()),
            since in prop::option::of(0i64..4_000_000_000)
        ) {
            let since = since.map(|seconds| OffsetDateTime::from_unix_timestamp(seconds).expect("time"));
            let report = FilterComments { limit, offset, since };
            let root = Element::parse(&report.to_document()).expect("XML");
            prop_assert_eq!(FilterComments::from_element(&root), Ok(report));
        }
    }
}
