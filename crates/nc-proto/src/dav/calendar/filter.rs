use super::{TimeRange, data::named, with_attribute};
use crate::dav::{CALDAV, Collation, Element, Name, TextMatch, XmlError};

const COMP_FILTER: Name = Name::constant(CALDAV, "comp-filter");
const PROP_FILTER: Name = Name::constant(CALDAV, "prop-filter");
const PARAM_FILTER: Name = Name::constant(CALDAV, "param-filter");
const IS_NOT_DEFINED: Name = Name::constant(CALDAV, "is-not-defined");
const TIME_RANGE: Name = Name::constant(CALDAV, "time-range");
const TEXT_MATCH: Name = Name::constant(CALDAV, "text-match");

/// A condition on a component, RFC 4791 §9.7.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompFilter {
    /// The component's name.
    pub name: String,
    /// What must hold.
    pub test: CompTest,
}

/// What must hold of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompTest {
    /// There is none.
    IsNotDefined,
    /// There is one of which all of these hold.
    All {
        /// It touches this time.
        time_range: Option<TimeRange>,
        /// Conditions on its properties.
        properties: Vec<PropFilter>,
        /// Conditions on the components inside.
        components: Vec<CompFilter>,
    },
}

/// A condition on a property, RFC 4791 §9.7.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropFilter {
    /// The property's name.
    pub name: String,
    /// What must hold.
    pub test: PropTest,
}

/// What must hold of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropTest {
    /// There is none.
    IsNotDefined,
    /// There is one of which all of these hold.
    All {
        /// It lies in this time.
        time_range: Option<TimeRange>,
        /// Its value has this text.
        text: Option<TextMatch>,
        /// Conditions on its parameters.
        parameters: Vec<ParamFilter>,
    },
}

/// A condition on a parameter, RFC 4791 §9.7.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamFilter {
    /// The parameter's name.
    pub name: String,
    /// What must hold.
    pub test: ParamTest,
}

/// What must hold of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamTest {
    /// There is none.
    IsNotDefined,
    /// There is one.
    IsDefined,
    /// Its value has this text.
    Text(TextMatch),
}

impl CompFilter {
    /// There is such a component.
    pub fn exists(name: impl Into<String>) -> Self {
        Self::all(name, None, Vec::new(), Vec::new())
    }

    /// There is such a component, and it touches this time.
    pub fn within(name: impl Into<String>, range: impl Into<TimeRange>) -> Self {
        Self::all(name, Some(range.into()), Vec::new(), Vec::new())
    }

    /// There is such a component of which all of these hold.
    pub fn all(
        name: impl Into<String>,
        time_range: Option<TimeRange>,
        properties: Vec<PropFilter>,
        components: Vec<Self>,
    ) -> Self {
        Self {
            name: name.into(),
            test: CompTest::All {
                time_range,
                properties,
                components,
            },
        }
    }

    /// An object with a component for which `inner` holds.
    pub fn calendar(inner: Self) -> Self {
        Self::all("VCALENDAR", None, Vec::new(), vec![inner])
    }

    /// Reads the element.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        let name = named(element)?;
        if element.find(&IS_NOT_DEFINED).is_some() {
            let test = CompTest::IsNotDefined;
            return Ok(Self { name, test });
        }
        let inside = |name: Name| element.elements().filter(move |child| child.name == name);
        Ok(Self {
            name,
            test: CompTest::All {
                time_range: time_range(element)?,
                properties: inside(PROP_FILTER)
                    .map(PropFilter::from_element)
                    .collect::<Result<_, _>>()?,
                components: inside(COMP_FILTER).map(Self::from_element).collect::<Result<_, _>>()?,
            },
        })
    }

    /// Writes the element.
    pub fn to_element(&self) -> Element {
        let element = with_attribute(Element::new(COMP_FILTER), "name", &*self.name);
        match &self.test {
            CompTest::IsNotDefined => element.with(Element::new(IS_NOT_DEFINED)),
            CompTest::All {
                time_range,
                properties,
                components,
            } => element
                .with_all(time_range.map(|range| range.to_element(TIME_RANGE)))
                .with_all(properties.iter().map(PropFilter::to_element))
                .with_all(components.iter().map(Self::to_element)),
        }
    }

    /// A collation in the filter that we do not know.
    pub fn unknown_collation(&self) -> Option<&str> {
        let CompTest::All {
            properties, components, ..
        } = &self.test
        else {
            return None;
        };
        let texts = properties.iter().flat_map(PropFilter::texts);
        let unknown = texts.map(|text| &text.collation).find_map(|collation| match collation {
            Collation::Other(name) => Some(name.as_str()),
            _ => None,
        });
        unknown.or_else(|| components.iter().find_map(Self::unknown_collation))
    }
}

impl PropFilter {
    /// The property has this text.
    pub fn text(name: impl Into<String>, text: TextMatch) -> Self {
        Self {
            name: name.into(),
            test: PropTest::All {
                time_range: None,
                text: Some(text),
                parameters: Vec::new(),
            },
        }
    }

    /// There is no such property.
    pub fn is_not_defined(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            test: PropTest::IsNotDefined,
        }
    }

    fn texts(&self) -> Vec<&TextMatch> {
        let PropTest::All { text, parameters, .. } = &self.test else {
            return Vec::new();
        };
        let of_parameters = parameters.iter().filter_map(|parameter| match &parameter.test {
            ParamTest::Text(text) => Some(text),
            _ => None,
        });
        text.iter().chain(of_parameters).collect()
    }

    fn from_element(element: &Element) -> Result<Self, XmlError> {
        let name = named(element)?;
        if element.find(&IS_NOT_DEFINED).is_some() {
            let test = PropTest::IsNotDefined;
            return Ok(Self { name, test });
        }
        let parameters = element.elements().filter(|child| child.name == PARAM_FILTER);
        Ok(Self {
            name,
            test: PropTest::All {
                time_range: time_range(element)?,
                text: text(element)?,
                parameters: parameters.map(ParamFilter::from_element).collect::<Result<_, _>>()?,
            },
        })
    }

    fn to_element(&self) -> Element {
        let element = with_attribute(Element::new(PROP_FILTER), "name", &*self.name);
        match &self.test {
            PropTest::IsNotDefined => element.with(Element::new(IS_NOT_DEFINED)),
            PropTest::All {
                time_range,
                text,
                parameters,
            } => element
                .with_all(time_range.map(|range| range.to_element(TIME_RANGE)))
                .with_all(text.as_ref().map(|text| text.to_element(TEXT_MATCH)))
                .with_all(parameters.iter().map(ParamFilter::to_element)),
        }
    }
}

impl ParamFilter {
    fn from_element(element: &Element) -> Result<Self, XmlError> {
        let test = if element.find(&IS_NOT_DEFINED).is_some() {
            ParamTest::IsNotDefined
        } else {
            text(element)?.map_or(ParamTest::IsDefined, ParamTest::Text)
        };
        Ok(Self {
            name: named(element)?,
            test,
        })
    }

    fn to_element(&self) -> Element {
        let element = with_attribute(Element::new(PARAM_FILTER), "name", &*self.name);
        match &self.test {
            ParamTest::IsNotDefined => element.with(Element::new(IS_NOT_DEFINED)),
            ParamTest::IsDefined => element,
            ParamTest::Text(text) => element.with(text.to_element(TEXT_MATCH)),
        }
    }
}

fn time_range(element: &Element) -> Result<Option<TimeRange>, XmlError> {
    element.find(&TIME_RANGE).map(TimeRange::from_element).transpose()
}

fn text(element: &Element) -> Result<Option<TextMatch>, XmlError> {
    let found = element.find(&TEXT_MATCH);
    found
        .map(|text| TextMatch::from_element(text, Collation::AsciiCasemap))
        .transpose()
}
