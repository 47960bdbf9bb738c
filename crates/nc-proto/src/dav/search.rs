use super::{Depth, Element, Name, XmlError};

#[cfg(test)]
mod tests;

const SEARCHREQUEST: Name = Name::dav("searchrequest");
const BASICSEARCH: Name = Name::dav("basicsearch");
const PROP: Name = Name::dav("prop");
const LITERAL: Name = Name::dav("literal");
const NRESULTS: Name = Name::dav("nresults");
const FIRSTRESULT: Name = Name::nc("firstresult");

/// The body of SEARCH: `d:basicsearch` of RFC 5323, as far as Nextcloud understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Properties to be given.
    pub select: Vec<Name>,
    /// Where to look; Nextcloud takes one.
    pub scope: Scope,
    /// What to look for. Nextcloud fails without.
    pub condition: Option<Condition>,
    /// How to sort.
    pub order: Vec<Order>,
    /// At most so many entries.
    pub limit: Option<u32>,
    /// So many entries are skipped (Nextcloud's extension).
    pub offset: Option<u32>,
}

/// A folder to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `/files/{user}/{path}`, encoded, without the prefix `/remote.php/dav`.
    pub href: String,
    /// How deep to look.
    pub depth: Depth,
}

/// A condition on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// All hold.
    And(Vec<Condition>),
    /// At least one holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A property compares with a literal.
    Compare(Comparison, Name, String),
    /// The resource is a folder.
    IsCollection,
    /// The property is there.
    IsDefined(Name),
}

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Pattern with `%` and `_`, without regard to case; see [`escape_like`].
    Like,
}

/// One key to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The property.
    pub property: Name,
    /// The direction.
    pub direction: Direction,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest comes first.
    Ascending,
    /// The largest comes first.
    Descending,
}

impl Comparison {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Equal, "eq"),
        (Self::Less, "lt"),
        (Self::LessOrEqual, "lte"),
        (Self::Greater, "gt"),
        (Self::GreaterOrEqual, "gte"),
        (Self::Like, "like"),
    ];

    fn name(self) -> Name {
        let known = Self::ALL.iter().find(|(comparison, _)| *comparison == self);
        Name::dav(known.map_or("eq", |(_, name)| *name))
    }
}

/// Escapes `%`, `_` and the backslash, so that user text means itself inside of a `like`.
pub fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

impl Condition {
    /// Holds for every resource: what an unfiltered search must send.
    pub fn anything() -> Self {
        Self::Compare(Comparison::Like, super::props::DISPLAYNAME, "%".to_owned())
    }

    fn parse(element: &Element) -> Result<Self, XmlError> {
        let invalid = || XmlError::Invalid(format!("{} is no search condition", element.name));
        if element.name.namespace() != super::DAV {
            return Err(invalid());
        }
        let many = || element.elements().map(Self::parse).collect::<Result<Vec<_>, _>>();
        let property = || {
            element
                .find(&PROP)
                .and_then(|prop| prop.elements().next())
                .map(|prop| prop.name.clone())
        };
        match element.name.local() {
            "and" => many().map(Self::And),
            "or" => many().map(Self::Or),
            "not" => {
                let inner = element.elements().next().ok_or_else(invalid)?;
                Ok(Self::Not(Box::new(Self::parse(inner)?)))
            }
            "is-collection" => Ok(Self::IsCollection),
            "is-defined" => property().map(Self::IsDefined).ok_or_else(invalid),
            local => {
                let known = Comparison::ALL.iter().find(|(_, name)| *name == local);
                let (comparison, _) = known.ok_or_else(invalid)?;
                let literal = element.find(&LITERAL).map(Element::content);
                match (property(), literal) {
                    (Some(property), Some(literal)) => Ok(Self::Compare(*comparison, property, literal)),
                    _ => Err(invalid()),
                }
            }
        }
    }

    fn to_element(&self) -> Element {
        let with_property = |name: Name, property: &Name| Element::new(name).with(Element::of_names(PROP, [property]));
        match self {
            Self::And(all) => Element::new(Name::dav("and")).with_all(all.iter().map(Self::to_element)),
            Self::Or(any) => Element::new(Name::dav("or")).with_all(any.iter().map(Self::to_element)),
            Self::Not(inner) => Element::new(Name::dav("not")).with(inner.to_element()),
            Self::Compare(comparison, property, literal) => {
                with_property(comparison.name(), property).with(Element::text(LITERAL, &**literal))
            }
            Self::IsCollection => Element::new(Name::dav("is-collection")),
            Self::IsDefined(property) => with_property(Name::dav("is-defined"), property),
        }
    }
}

impl Search {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_as(body, &SEARCHREQUEST)?;
        let missing = |what: &str| XmlError::Invalid(format!("the search has no {what}"));
        let search = root.find(&BASICSEARCH).ok_or_else(|| missing("basicsearch"))?;
        let select = search.find(&Name::dav("select")).and_then(|select| select.find(&PROP));
        let scope = search
            .find(&Name::dav("from"))
            .and_then(|from| from.find(&Name::dav("scope")));
        let scope = scope.ok_or_else(|| missing("scope"))?;
        let href = scope.find_text(&Name::dav("href")).ok_or_else(|| missing("scope"))?;
        let depth = scope.find_text(&Name::dav("depth"));
        let filter = search
            .find(&Name::dav("where"))
            .and_then(|filter| filter.elements().next());
        let limit = search.find(&Name::dav("limit"));
        let number = |name| {
            limit
                .and_then(|limit| limit.find_text(name))
                .and_then(|text| text.parse().ok())
        };
        let order = search
            .find(&Name::dav("orderby"))
            .into_iter()
            .flat_map(Element::elements);
        Ok(Self {
            select: select.map(Element::names).unwrap_or_default(),
            scope: Scope {
                href,
                depth: depth.and_then(|depth| Depth::parse(&depth)).unwrap_or(Depth::Infinity),
            },
            condition: filter.map(Condition::parse).transpose()?,
            order: order.map(Order::parse).collect::<Result<_, _>>()?,
            limit: number(&NRESULTS),
            offset: number(&FIRSTRESULT),
        })
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        let scope = Element::new(Name::dav("scope"))
            .with(Element::text(Name::dav("href"), &*self.scope.href))
            .with(Element::text(Name::dav("depth"), self.scope.depth.as_str()));
        let mut search = Element::new(BASICSEARCH)
            .with(Element::new(Name::dav("select")).with(Element::of_names(PROP, &self.select)))
            .with(Element::new(Name::dav("from")).with(scope));
        if let Some(condition) = &self.condition {
            search = search.with(Element::new(Name::dav("where")).with(condition.to_element()));
        }
        if !self.order.is_empty() {
            search = search.with(Element::new(Name::dav("orderby")).with_all(self.order.iter().map(Order::to_element)));
        }
        if self.limit.is_some() || self.offset.is_some() {
            let limit = self.limit.map(|number| Element::text(NRESULTS, number.to_string()));
            let offset = self.offset.map(|number| Element::text(FIRSTRESULT, number.to_string()));
            search = search.with(Element::new(Name::dav("limit")).with_all(limit.into_iter().chain(offset)));
        }
        Element::new(SEARCHREQUEST).with(search).to_document()
    }
}

impl Order {
    fn parse(element: &Element) -> Result<Self, XmlError> {
        let property = element.find(&PROP).and_then(|prop| prop.elements().next());
        let property = property.ok_or_else(|| XmlError::Invalid("an order without property".to_owned()))?;
        let descending = element.find(&Name::dav("descending")).is_some();
        Ok(Self {
            property: property.name.clone(),
            direction: if descending {
                Direction::Descending
            } else {
                Direction::Ascending
            },
        })
    }

    fn to_element(&self) -> Element {
        let direction = match self.direction {
            Direction::Ascending => Name::dav("ascending"),
            Direction::Descending => Name::dav("descending"),
        };
        Element::new(Name::dav("order"))
            .with(Element::of_names(PROP, [&self.property]))
            .with(Element::new(direction))
    }
}
