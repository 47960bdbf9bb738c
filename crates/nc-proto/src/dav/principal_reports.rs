use super::{Element, Name, XmlError, calendar::attribute, calendar::with_attribute};

const EXPAND_PROPERTY: Name = Name::dav("expand-property");
const PROPERTY: Name = Name::dav("property");
const PRINCIPAL_PROPERTY_SEARCH: Name = Name::dav("principal-property-search");
const PROPERTY_SEARCH: Name = Name::dav("property-search");
const PROP: Name = Name::dav("prop");
const MATCH: Name = Name::dav("match");
const APPLY: Name = Name::dav("apply-to-principal-collection-set");

/// The report `d:expand-property`: properties, and properties of what the addresses in them lead to. RFC 3253 §3.8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpandProperty {
    /// The properties of the resource itself.
    pub properties: Vec<ExpandedProperty>,
}

/// A property whose addresses are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpandedProperty {
    /// Its name.
    pub name: Name,
    /// What is wanted of each resource that it names. Empty: the addresses are not followed.
    pub inside: Vec<Self>,
}

/// The report `d:principal-property-search`: people and groups by text in their properties. RFC 3744 §9.4.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrincipalPropertySearch {
    /// Whether one condition is enough; otherwise each must hold.
    pub any_of: bool,
    /// Properties with the text that must stand in one of them.
    pub searches: Vec<(Vec<Name>, String)>,
    /// Properties to be given.
    pub properties: Vec<Name>,
    /// Whether all principals are searched, whatever the address of the request.
    pub everywhere: bool,
}

impl ExpandProperty {
    /// The root of the report's body.
    pub const ROOT: Name = EXPAND_PROPERTY;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &EXPAND_PROPERTY)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let properties = ExpandedProperty::of_children(root)?;
        Ok(Self { properties })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        Element::new(EXPAND_PROPERTY)
            .with_all(self.properties.iter().map(ExpandedProperty::to_element))
            .to_document()
    }
}

impl ExpandedProperty {
    fn of_children(element: &Element) -> Result<Vec<Self>, XmlError> {
        let children = element.elements().filter(|child| child.name == PROPERTY);
        let read = children.map(|child| {
            let name = attribute(child, "name").filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| XmlError::Invalid("a property without name".to_owned()))?;
            Ok(Self {
                name: Name::new(attribute(child, "namespace").unwrap_or(super::DAV), name),
                inside: Self::of_children(child)?,
            })
        });
        read.collect()
    }

    fn to_element(&self) -> Element {
        let element = with_attribute(Element::new(PROPERTY), "name", self.name.local());
        with_attribute(element, "namespace", self.name.namespace()).with_all(self.inside.iter().map(Self::to_element))
    }
}

impl PrincipalPropertySearch {
    /// The root of the report's body.
    pub const ROOT: Name = PRINCIPAL_PROPERTY_SEARCH;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &PRINCIPAL_PROPERTY_SEARCH)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let searches = root.elements().filter(|child| child.name == PROPERTY_SEARCH);
        let searches = searches.map(|search| {
            let names = search.find(&PROP).map(Element::names).unwrap_or_default();
            let text = search.find_text(&MATCH);
            text.map(|text| (names, text))
                .ok_or_else(|| XmlError::Invalid("a property-search without match".to_owned()))
        });
        Ok(Self {
            any_of: attribute(root, "test") == Some("anyof"),
            searches: searches.collect::<Result<_, _>>()?,
            properties: root.find(&PROP).map(Element::names).unwrap_or_default(),
            everywhere: root.find(&APPLY).is_some(),
        })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        let mut root = Element::new(PRINCIPAL_PROPERTY_SEARCH);
        if self.any_of {
            root = with_attribute(root, "test", "anyof");
        }
        let searches = self.searches.iter().map(|(names, text)| {
            Element::new(PROPERTY_SEARCH)
                .with(Element::of_names(PROP, names))
                .with(Element::text(MATCH, &**text))
        });
        root.with_all(searches)
            .with(Element::of_names(PROP, &self.properties))
            .with_all(self.everywhere.then(|| Element::new(APPLY)))
            .to_document()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name() -> impl Strategy<Value = Name> {
        "[a-z][a-z-]{0,9}".prop_map(|name| Name::new(crate::dav::CALDAV, &name))
    }

    fn property() -> impl Strategy<Value = ExpandedProperty> {
        let leaf = name().prop_map(|name| ExpandedProperty {
            name,
            inside: Vec::new(),
        });
        leaf.prop_recursive(3, 9, 3, |inner| {
            (name(), prop::collection::vec(inner, 0..3)).prop_map(|(name, inside)| ExpandedProperty { name, inside })
        })
    }

    proptest! {
        #[test]
        fn reports_survive_a_round_trip(
            properties in prop::collection::vec(property(), 0..4),
            any_of in any::<bool>(),
            everywhere in any::<bool>(),
            searches in prop::collection::vec((prop::collection::vec(name(), 1..3), "[a-z<&]{0,9}"), 0..3),
            wanted in prop::collection::vec(name(), 0..3),
        ) {
            let report = ExpandProperty { properties };
            prop_assert_eq!(ExpandProperty::parse(&report.to_xml()), Ok(report));
            let report = PrincipalPropertySearch { any_of, searches, properties: wanted, everywhere };
            prop_assert_eq!(PrincipalPropertySearch::parse(&report.to_xml()), Ok(report));
        }
    }
}
