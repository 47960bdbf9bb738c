use super::{AddressbookFilter, props::ADDRESS_DATA};
use crate::dav::{
    CARDDAV, Element, Name, XmlError,
    calendar::{attribute, hrefs, requested, with_attribute},
};

const ADDRESSBOOK_QUERY: Name = Name::constant(CARDDAV, "addressbook-query");
const ADDRESSBOOK_MULTIGET: Name = Name::constant(CARDDAV, "addressbook-multiget");
const FILTER: Name = Name::constant(CARDDAV, "filter");
const LIMIT: Name = Name::constant(CARDDAV, "limit");
const NRESULTS: Name = Name::constant(CARDDAV, "nresults");
const CARD_PROP: Name = Name::constant(CARDDAV, "prop");
const ALLPROP: Name = Name::constant(CARDDAV, "allprop");
const PROP: Name = Name::dav("prop");
const HREF: Name = Name::dav("href");

/// What is wanted of the text of a card: `address-data` in a request, RFC 6352 §10.4.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressDataRequest {
    /// The format; none is `text/vcard`.
    pub content_type: Option<String>,
    /// The format's version; none is as stored.
    pub version: Option<String>,
    /// Names of the properties that are wanted, in capitals; none is all.
    pub properties: Option<Vec<String>>,
}

/// The report `addressbook-query`: the cards that a filter finds. RFC 6352 §8.6.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressbookQuery {
    /// Properties to be given, without `address-data`.
    pub properties: Vec<Name>,
    /// What is wanted of the text, if it is wanted.
    pub data: Option<AddressDataRequest>,
    /// The condition.
    pub filter: AddressbookFilter,
    /// At most so many cards.
    pub limit: Option<u32>,
}

/// The report `addressbook-multiget`: the cards with these addresses. RFC 6352 §8.7.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressbookMultiget {
    /// Properties to be given, without `address-data`.
    pub properties: Vec<Name>,
    /// What is wanted of the text, if it is wanted.
    pub data: Option<AddressDataRequest>,
    /// The addresses, encoded.
    pub hrefs: Vec<String>,
}

impl AddressDataRequest {
    /// Reads the element from within `d:prop`.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        let names = element.elements().filter(|child| child.name == CARD_PROP).map(|child| {
            let name = attribute(child, "name").map(str::trim).filter(|name| !name.is_empty());
            name.map(str::to_ascii_uppercase)
                .ok_or_else(|| XmlError::Invalid("a property of a card without name".to_owned()))
        });
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let all = names.is_empty() || element.find(&ALLPROP).is_some();
        Ok(Self {
            content_type: attribute(element, "content-type").map(str::to_owned),
            version: attribute(element, "version").map(str::to_owned),
            properties: (!all).then_some(names),
        })
    }

    /// Writes the element.
    pub fn to_element(&self) -> Element {
        let mut element = Element::new(ADDRESS_DATA);
        if let Some(content_type) = &self.content_type {
            element = with_attribute(element, "content-type", &**content_type);
        }
        if let Some(version) = &self.version {
            element = with_attribute(element, "version", &**version);
        }
        let names = self.properties.iter().flatten();
        element.with_all(names.map(|name| with_attribute(Element::new(CARD_PROP), "name", &**name)))
    }
}

impl AddressbookQuery {
    /// The root of the report's body.
    pub const ROOT: Name = ADDRESSBOOK_QUERY;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &ADDRESSBOOK_QUERY)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let filter = root.find(&FILTER).map(AddressbookFilter::from_element).transpose()?;
        let limit = root.find(&LIMIT).and_then(|limit| limit.find_text(&NRESULTS));
        let limit = limit.map(|text| {
            text.parse()
                .map_err(|_| XmlError::Invalid(format!("{text} is no number of results")))
        });
        let (properties, data) = properties_and_data(root)?;
        Ok(Self {
            properties,
            data,
            filter: filter.unwrap_or_default(),
            limit: limit.transpose()?,
        })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        let limit = self
            .limit
            .map(|limit| Element::new(LIMIT).with(Element::text(NRESULTS, limit.to_string())));
        Element::new(ADDRESSBOOK_QUERY)
            .with(prop(&self.properties, self.data.as_ref()))
            .with(self.filter.to_element())
            .with_all(limit)
            .to_document()
    }
}

impl AddressbookMultiget {
    /// The root of the report's body.
    pub const ROOT: Name = ADDRESSBOOK_MULTIGET;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &ADDRESSBOOK_MULTIGET)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let (properties, data) = properties_and_data(root)?;
        Ok(Self {
            properties,
            data,
            hrefs: hrefs(root),
        })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        Element::new(ADDRESSBOOK_MULTIGET)
            .with(prop(&self.properties, self.data.as_ref()))
            .with_all(self.hrefs.iter().map(|href| Element::text(HREF, &**href)))
            .to_document()
    }
}

fn properties_and_data(root: &Element) -> Result<(Vec<Name>, Option<AddressDataRequest>), XmlError> {
    let mut properties = requested(root);
    properties.retain(|name| *name != ADDRESS_DATA);
    let data = root.find(&PROP).and_then(|prop| prop.find(&ADDRESS_DATA));
    Ok((properties, data.map(AddressDataRequest::from_element).transpose()?))
}

fn prop(properties: &[Name], data: Option<&AddressDataRequest>) -> Element {
    Element::of_names(PROP, properties).with_all(data.map(AddressDataRequest::to_element))
}
