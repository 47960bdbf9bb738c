use super::{Contact, ContactPatch, PatchError, contact, patch, value};
use crate::content::{Component, Document, ParseError, Property};

/// Versions of vCard, as far as they are written differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2.1 and what is older.
    V2,
    /// RFC 2426.
    V3,
    /// RFC 6350.
    V4,
}

/// Why bytes are no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// No text of components.
    #[error(transparent)]
    Text(#[from] ParseError),
    /// Something else than a card.
    #[error("it is no VCARD")]
    OtherKind,
}

/// One card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card(Document);

impl Card {
    /// Reads a card. Of a text with several the first is looked at; the others are kept.
    ///
    /// # Errors
    /// [`CardError`] if it is none.
    pub fn parse(text: &[u8]) -> Result<Self, CardError> {
        let document = Document::parse(text)?;
        match document.root() {
            Some(root) if root.is("VCARD") => Ok(Self(document)),
            _ => Err(CardError::OtherKind),
        }
    }

    /// A new card of version 3.0, which is what Nextcloud's own programs write.
    pub fn new(uid: &str, product: &str) -> Self {
        let mut root = Component::new("VCARD");
        root.add(Property::new("VERSION", "3.0"));
        root.add(Property::text("PRODID", product));
        root.add(Property::text("UID", uid));
        Self(Document::of(root))
    }

    /// As text: what was not changed is byte for byte as it was read.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// The card's properties.
    ///
    /// # Panics
    /// Never: a card has a component.
    pub fn root(&self) -> &Component {
        static NONE: std::sync::LazyLock<Component> = std::sync::LazyLock::new(|| Component::new("VCARD"));
        self.0.root().unwrap_or(&NONE)
    }

    pub(super) fn root_mut(&mut self) -> Option<&mut Component> {
        self.0.root_mut()
    }

    /// Its version; 3.0 if it does not say.
    pub fn version(&self) -> Version {
        match self.root().property("VERSION").map(|version| version.value().trim()) {
            Some("4.0") => Version::V4,
            Some("2.1" | "2.0" | "1.0") => Version::V2,
            _ => Version::V3,
        }
    }

    /// Its UID, as it is written.
    pub fn uid(&self) -> Option<String> {
        self.root()
            .property("UID")
            .map(value::text)
            .filter(|uid| !uid.trim().is_empty())
    }

    /// What it says of the person.
    pub fn contact(&self) -> Contact {
        contact::read(self.root())
    }

    /// Changes what `patch` names, and nothing else.
    ///
    /// # Errors
    /// [`PatchError`] if the patch leaves a card without a name; the card is unchanged then.
    pub fn apply(&mut self, patch: &ContactPatch) -> Result<(), PatchError> {
        let mut changed = self.clone();
        patch::apply(&mut changed, patch)?;
        *self = changed;
        Ok(())
    }
}
