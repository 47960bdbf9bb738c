use super::Property;

/// What a component holds, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A property.
    Property(Property),
    /// A component inside.
    Component(Component),
    /// Bytes that are neither: empty lines, lines without a colon. Written back as they are.
    Other(Vec<u8>),
}

/// `BEGIN:NAME` to `END:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub(super) begin: Property,
    /// What it holds.
    pub entries: Vec<Entry>,
    pub(super) end: Property,
}

impl Component {
    /// An empty component.
    pub fn new(name: &str) -> Self {
        Self {
            begin: Property::new("BEGIN", name),
            entries: Vec::new(),
            end: Property::new("END", name),
        }
    }

    /// Its name, as it was written.
    pub fn name(&self) -> &str {
        self.begin.value().trim()
    }

    /// Whether it has this name; case does not count.
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Its own properties.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Property(property) => Some(property),
            _ => None,
        })
    }

    /// Its own properties, to be changed.
    pub fn properties_mut(&mut self) -> impl Iterator<Item = &mut Property> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Property(property) => Some(property),
            _ => None,
        })
    }

    /// Its own properties of a name.
    pub fn properties_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Property> {
        self.properties().filter(move |property| property.is(name))
    }

    /// The first property of a name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties().find(|property| property.is(name))
    }

    /// The first property of a name, to be changed.
    pub fn property_mut(&mut self, name: &str) -> Option<&mut Property> {
        self.properties_mut().find(|property| property.is(name))
    }

    /// The text of the first property of a name.
    pub fn text(&self, name: &str) -> Option<String> {
        self.property(name).map(Property::text_value)
    }

    /// The components inside.
    pub fn components(&self) -> impl Iterator<Item = &Self> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Component(component) => Some(component),
            _ => None,
        })
    }

    /// The components inside, to be changed.
    pub fn components_mut(&mut self) -> impl Iterator<Item = &mut Self> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Component(component) => Some(component),
            _ => None,
        })
    }

    /// The components inside of a name.
    pub fn components_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        self.components().filter(move |component| component.is(name))
    }

    /// Sets a property: in the place of the first of its name, the others of that name go; or as a new one.
    pub fn set(&mut self, property: Property) {
        let is_same = |entry: &Entry| matches!(entry, Entry::Property(other) if other.name().eq_ignore_ascii_case(property.name()));
        match self.entries.iter().position(is_same) {
            None => self.add(property),
            Some(place) => {
                let mut at = 0;
                self.entries.retain(|entry| {
                    at += 1;
                    at - 1 <= place || !is_same(entry)
                });
                self.entries[place] = Entry::Property(property);
            }
        }
    }

    /// Sets the text of a property in its place, its parameters kept; or adds it. No text takes it away.
    pub fn set_text(&mut self, name: &str, text: Option<&str>) {
        match (text, self.property_mut(name)) {
            (None, _) => {
                self.remove(name);
            }
            (Some(text), Some(property)) if property.text_value() == text => {}
            (Some(text), Some(property)) => property.set_text(text),
            (Some(text), None) => self.add(Property::text(name, text)),
        }
    }

    /// Adds a property behind the others, before the first component inside.
    pub fn add(&mut self, property: Property) {
        let place = self
            .entries
            .iter()
            .position(|entry| matches!(entry, Entry::Component(_)))
            .or_else(|| {
                let last = self
                    .entries
                    .iter()
                    .rposition(|entry| matches!(entry, Entry::Property(_)))?;
                Some(last + 1)
            })
            .unwrap_or(0);
        self.entries.insert(place, Entry::Property(property));
    }

    /// Adds a component behind everything else.
    pub fn add_component(&mut self, component: Self) {
        self.entries.push(Entry::Component(component));
    }

    /// Takes away all properties of a name. Gives how many there were.
    pub fn remove(&mut self, name: &str) -> usize {
        let before = self.entries.len();
        self.entries
            .retain(|entry| !matches!(entry, Entry::Property(property) if property.is(name)));
        before - self.entries.len()
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.entries.retain(keep);
    }

    /// As text, new lines ended by `\r\n`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(b"\r\n", &mut bytes);
        bytes
    }

    pub(super) fn write(&self, line_end: &[u8], to: &mut Vec<u8>) {
        self.begin.write(line_end, to);
        for entry in &self.entries {
            match entry {
                Entry::Property(property) => property.write(line_end, to),
                Entry::Component(component) => component.write(line_end, to),
                Entry::Other(bytes) => to.extend_from_slice(bytes),
            }
        }
        self.end.write(line_end, to);
    }
}
