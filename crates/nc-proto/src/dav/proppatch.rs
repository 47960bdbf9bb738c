use super::{Element, Name, XmlError};

const PROPERTYUPDATE: Name = Name::dav("propertyupdate");
const SET: Name = Name::dav("set");
const REMOVE: Name = Name::dav("remove");
const PROP: Name = Name::dav("prop");

/// The body of PROPPATCH: steps that are done in order, all or none. RFC 4918 §14.19.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PropPatch {
    /// The steps.
    pub updates: Vec<PropUpdate>,
}

/// One step of a PROPPATCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropUpdate {
    /// Sets a property; the element is its name and value.
    Set(Element),
    /// Removes a property.
    Remove(Name),
}

impl PropUpdate {
    /// The property's name.
    pub const fn name(&self) -> &Name {
        match self {
            Self::Set(element) => &element.name,
            Self::Remove(name) => name,
        }
    }
}

impl PropPatch {
    /// Adds a step that sets a property to text.
    #[must_use]
    pub fn set(mut self, name: Name, text: impl Into<String>) -> Self {
        self.updates.push(PropUpdate::Set(Element::text(name, text)));
        self
    }

    /// Adds a step that removes a property.
    #[must_use]
    pub fn remove(mut self, name: Name) -> Self {
        self.updates.push(PropUpdate::Remove(name));
        self
    }

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_as(body, &PROPERTYUPDATE)?;
        let mut updates = Vec::new();
        for action in root.elements() {
            let properties = action
                .elements()
                .filter(|child| child.name == PROP)
                .flat_map(Element::elements);
            if action.name == SET {
                updates.extend(properties.cloned().map(PropUpdate::Set));
            } else if action.name == REMOVE {
                updates.extend(properties.map(|property| PropUpdate::Remove(property.name.clone())));
            }
        }
        Ok(Self { updates })
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        let steps = self.updates.iter().map(|update| match update {
            PropUpdate::Set(element) => Element::new(SET).with(Element::new(PROP).with(element.clone())),
            PropUpdate::Remove(name) => Element::new(REMOVE).with(Element::new(PROP).with(Element::new(name.clone()))),
        });
        Element::new(PROPERTYUPDATE).with_all(steps).to_document()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dav::props;

    #[test]
    fn steps_keep_their_order() {
        let patch = PropPatch::default()
            .set(props::FAVORITE, "1")
            .remove(Name::new("http://x/", "colour"))
            .set(Name::new("", "bare"), "a & b");
        assert_eq!(PropPatch::parse(&patch.to_document()), Ok(patch));
    }
}
