use crate::dav::{
    CARDDAV, Collation, Element, Name, TextMatch, XmlError,
    calendar::{attribute, with_attribute},
};

const FILTER: Name = Name::constant(CARDDAV, "filter");
const PROP_FILTER: Name = Name::constant(CARDDAV, "prop-filter");
const PARAM_FILTER: Name = Name::constant(CARDDAV, "param-filter");
const IS_NOT_DEFINED: Name = Name::constant(CARDDAV, "is-not-defined");
const TEXT_MATCH: Name = Name::constant(CARDDAV, "text-match");

/// The condition of an address book query, RFC 6352 §10.5. Without conditions it holds for every card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressbookFilter {
    /// How many of the conditions must hold.
    pub test: FilterTest,
    /// The conditions.
    pub properties: Vec<CardPropFilter>,
}

/// How many conditions must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FilterTest {
    /// At least one.
    #[default]
    AnyOf,
    /// Each.
    AllOf,
}

/// A condition on a property of a card, RFC 6352 §10.5.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPropFilter {
    /// The property's name, in capitals; with a group before a dot if it must have that one.
    pub name: String,
    /// What must hold.
    pub test: CardPropTest,
}

/// What must hold of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardPropTest {
    /// There is none.
    IsNotDefined,
    /// There is one, and of these conditions as many hold as must.
    Matches {
        /// How many must hold.
        test: FilterTest,
        /// Texts in the value.
        texts: Vec<TextMatch>,
        /// Conditions on parameters.
        parameters: Vec<CardParamFilter>,
    },
}

/// A condition on a parameter, RFC 6352 §10.5.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardParamFilter {
    /// The parameter's name.
    pub name: String,
    /// What must hold.
    pub test: CardParamTest,
}

/// What must hold of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardParamTest {
    /// There is none.
    IsNotDefined,
    /// There is one.
    IsDefined,
    /// Its value has this text.
    Text(TextMatch),
}

impl FilterTest {
    fn of(element: &Element) -> Result<Self, XmlError> {
        match attribute(element, "test").map(str::trim) {
            None | Some("anyof") => Ok(Self::AnyOf),
            Some("allof") => Ok(Self::AllOf),
            Some(other) => Err(XmlError::Invalid(format!("{other} is no test"))),
        }
    }

    fn mark(self, element: Element) -> Element {
        match self {
            Self::AnyOf => element,
            Self::AllOf => with_attribute(element, "test", "allof"),
        }
    }

    /// Whether enough conditions hold. None at all are enough.
    pub fn holds(self, mut conditions: impl ExactSizeIterator<Item = bool>) -> bool {
        match self {
            Self::AnyOf => conditions.len() == 0 || conditions.any(|holds| holds),
            Self::AllOf => conditions.all(|holds| holds),
        }
    }
}

impl AddressbookFilter {
    /// Any of these properties has `text`.
    pub fn any_contains<'a>(properties: impl IntoIterator<Item = &'a str>, text: &str) -> Self {
        let properties = properties.into_iter().map(|name| CardPropFilter {
            name: name.to_owned(),
            test: CardPropTest::Matches {
                test: FilterTest::AnyOf,
                texts: vec![TextMatch::contains(text)],
                parameters: Vec::new(),
            },
        });
        Self {
            test: FilterTest::AnyOf,
            properties: properties.collect(),
        }
    }

    /// Reads the element.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        let properties = element.elements().filter(|child| child.name == PROP_FILTER);
        Ok(Self {
            test: FilterTest::of(element)?,
            properties: properties.map(CardPropFilter::from_element).collect::<Result<_, _>>()?,
        })
    }

    /// Writes the element.
    pub fn to_element(&self) -> Element {
        let filter = Element::new(FILTER).with_all(self.properties.iter().map(CardPropFilter::to_element));
        self.test.mark(filter)
    }

    /// A collation in the filter that we do not know.
    pub fn unknown_collation(&self) -> Option<&str> {
        let texts = self.properties.iter().flat_map(CardPropFilter::texts);
        texts.map(|text| &text.collation).find_map(|collation| match collation {
            Collation::Other(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

impl CardPropFilter {
    fn texts(&self) -> Vec<&TextMatch> {
        let CardPropTest::Matches { texts, parameters, .. } = &self.test else {
            return Vec::new();
        };
        let of_parameters = parameters.iter().filter_map(|parameter| match &parameter.test {
            CardParamTest::Text(text) => Some(text),
            _ => None,
        });
        texts.iter().chain(of_parameters).collect()
    }

    fn from_element(element: &Element) -> Result<Self, XmlError> {
        let name = named(element)?;
        if element.find(&IS_NOT_DEFINED).is_some() {
            let test = CardPropTest::IsNotDefined;
            return Ok(Self { name, test });
        }
        let inside = |name: Name| element.elements().filter(move |child| child.name == name);
        Ok(Self {
            name,
            test: CardPropTest::Matches {
                test: FilterTest::of(element)?,
                texts: inside(TEXT_MATCH).map(text).collect::<Result<_, _>>()?,
                parameters: inside(PARAM_FILTER)
                    .map(CardParamFilter::from_element)
                    .collect::<Result<_, _>>()?,
            },
        })
    }

    fn to_element(&self) -> Element {
        let element = with_attribute(Element::new(PROP_FILTER), "name", &*self.name);
        match &self.test {
            CardPropTest::IsNotDefined => element.with(Element::new(IS_NOT_DEFINED)),
            CardPropTest::Matches {
                test,
                texts,
                parameters,
            } => test
                .mark(element)
                .with_all(texts.iter().map(|text| text.to_element(TEXT_MATCH)))
                .with_all(parameters.iter().map(CardParamFilter::to_element)),
        }
    }
}

impl CardParamFilter {
    fn from_element(element: &Element) -> Result<Self, XmlError> {
        let test = if element.find(&IS_NOT_DEFINED).is_some() {
            CardParamTest::IsNotDefined
        } else {
            let found = element.find(&TEXT_MATCH).map(text).transpose()?;
            found.map_or(CardParamTest::IsDefined, CardParamTest::Text)
        };
        Ok(Self {
            name: named(element)?,
            test,
        })
    }

    fn to_element(&self) -> Element {
        let element = with_attribute(Element::new(PARAM_FILTER), "name", &*self.name);
        match &self.test {
            CardParamTest::IsNotDefined => element.with(Element::new(IS_NOT_DEFINED)),
            CardParamTest::IsDefined => element,
            CardParamTest::Text(text) => element.with(text.to_element(TEXT_MATCH)),
        }
    }
}

fn named(element: &Element) -> Result<String, XmlError> {
    let name = attribute(element, "name")
        .map(str::trim)
        .filter(|name| !name.is_empty());
    name.map(str::to_ascii_uppercase)
        .ok_or_else(|| XmlError::Invalid(format!("{} without a name", element.name)))
}

fn text(element: &Element) -> Result<TextMatch, XmlError> {
    TextMatch::from_element(element, Collation::UnicodeCasemap)
}
