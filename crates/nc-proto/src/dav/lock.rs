use std::time::Duration;

use super::{Depth, Element, Name, Node, XmlError, props};

const LOCKINFO: Name = Name::dav("lockinfo");
const LOCKSCOPE: Name = Name::dav("lockscope");
const LOCKTYPE: Name = Name::dav("locktype");
const EXCLUSIVE: Name = Name::dav("exclusive");
const SHARED: Name = Name::dav("shared");
const WRITE: Name = Name::dav("write");
const OWNER: Name = Name::dav("owner");
const ACTIVELOCK: Name = Name::dav("activelock");
const TIMEOUT: Name = Name::dav("timeout");
const LOCKTOKEN: Name = Name::dav("locktoken");
const LOCKROOT: Name = Name::dav("lockroot");
const HREF: Name = Name::dav("href");
const DEPTH: Name = Name::dav("depth");
const PROP: Name = Name::dav("prop");

/// Whether others may hold a lock too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockScope {
    /// Nobody else.
    Exclusive,
    /// Others with a shared lock.
    Shared,
}

impl LockScope {
    const fn name(self) -> Name {
        match self {
            Self::Exclusive => EXCLUSIVE,
            Self::Shared => SHARED,
        }
    }

    fn find_in(element: &Element) -> Option<Self> {
        let scope = element.find(&LOCKSCOPE)?;
        [Self::Exclusive, Self::Shared]
            .into_iter()
            .find(|known| scope.find(&known.name()).is_some())
    }
}

/// How long a lock is asked for or lasts: the header `Timeout`, RFC 4918 §10.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockTimeout {
    /// Until it is taken back.
    Infinite,
    /// So long.
    After(Duration),
}

impl LockTimeout {
    /// Reads the first wish of the header that can be understood.
    pub fn parse(value: &str) -> Option<Self> {
        value.split(',').map(str::trim).find_map(|wish| {
            if wish.eq_ignore_ascii_case("infinite") {
                return Some(Self::Infinite);
            }
            let seconds = wish.strip_prefix("Second-")?.parse::<u32>().ok()?;
            Some(Self::After(Duration::from_secs(seconds.into())))
        })
    }

    /// The header's value.
    pub fn header(self) -> String {
        match self {
            Self::Infinite => "Infinite".to_owned(),
            Self::After(duration) => format!("Second-{}", duration.as_secs()),
        }
    }
}

/// The body of LOCK: a wish for a write lock, the only type there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockInfo {
    /// Exclusive or shared.
    pub scope: LockScope,
    /// What the client says about who it is: text or elements, given back as they are.
    pub owner: Vec<Node>,
}

impl LockInfo {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_as(body, &LOCKINFO)?;
        let write = root.find(&LOCKTYPE).is_some_and(|kind| kind.find(&WRITE).is_some());
        match LockScope::find_in(&root) {
            Some(scope) if write => Ok(Self {
                scope,
                owner: root
                    .find(&OWNER)
                    .map(|owner| owner.children.clone())
                    .unwrap_or_default(),
            }),
            _ => Err(XmlError::Invalid(
                "Invalid lock type or scope specified in the request".to_owned(),
            )),
        }
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        Element::new(LOCKINFO)
            .with(Element::new(LOCKSCOPE).with(Element::new(self.scope.name())))
            .with(Element::new(LOCKTYPE).with(Element::new(WRITE)))
            .with_all((!self.owner.is_empty()).then(|| owner_element(&self.owner)))
            .to_document()
    }
}

/// A lock that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveLock {
    /// Exclusive or shared.
    pub scope: LockScope,
    /// Whether it covers what is inside.
    pub depth: Depth,
    /// As given in [`LockInfo`].
    pub owner: Vec<Node>,
    /// What is left of its time.
    pub timeout: LockTimeout,
    /// The token, a URI such as `opaquelocktoken:…`.
    pub token: String,
    /// Address of the resource that was locked, encoded.
    pub root: String,
}

impl ActiveLock {
    /// Writes `d:lockdiscovery`.
    pub fn discovery(locks: &[Self]) -> Element {
        Element::new(props::LOCKDISCOVERY).with_all(locks.iter().map(Self::to_element))
    }

    /// The body of the answer to LOCK.
    pub fn to_document(&self) -> Vec<u8> {
        Element::new(PROP)
            .with(Self::discovery(std::slice::from_ref(self)))
            .to_document()
    }

    /// Reads the answer to LOCK.
    pub fn parse(body: &[u8]) -> Result<Vec<Self>, XmlError> {
        let root = Element::parse_as(body, &PROP)?;
        let discovery = root.find(&props::LOCKDISCOVERY);
        discovery.map_or_else(|| Ok(Vec::new()), Self::parse_discovery)
    }

    /// Reads `d:lockdiscovery`.
    pub fn parse_discovery(discovery: &Element) -> Result<Vec<Self>, XmlError> {
        let locks = discovery.elements().filter(|child| child.name == ACTIVELOCK);
        locks.map(Self::from_element).collect()
    }

    /// The property `d:supportedlock` of resources that take both kinds of lock.
    pub fn supported() -> Element {
        let entries = [LockScope::Exclusive, LockScope::Shared].map(|scope| {
            Element::new(Name::dav("lockentry"))
                .with(Element::new(LOCKSCOPE).with(Element::new(scope.name())))
                .with(Element::new(LOCKTYPE).with(Element::new(WRITE)))
        });
        Element::new(props::SUPPORTEDLOCK).with_all(entries)
    }

    fn from_element(element: &Element) -> Result<Self, XmlError> {
        let href = |name: &Name| element.find(name).and_then(|child| child.find_text(&HREF));
        let timeout = element.find_text(&TIMEOUT).and_then(|text| LockTimeout::parse(&text));
        match (LockScope::find_in(element), href(&LOCKTOKEN)) {
            (Some(scope), Some(token)) => Ok(Self {
                scope,
                depth: element
                    .find_text(&DEPTH)
                    .and_then(|text| Depth::parse(&text))
                    .unwrap_or(Depth::Infinity),
                owner: element
                    .find(&OWNER)
                    .map(|owner| owner.children.clone())
                    .unwrap_or_default(),
                timeout: timeout.unwrap_or(LockTimeout::Infinite),
                token,
                root: href(&LOCKROOT).unwrap_or_default(),
            }),
            _ => Err(XmlError::Invalid("a lock without scope or token".to_owned())),
        }
    }

    fn to_element(&self) -> Element {
        Element::new(ACTIVELOCK)
            .with(Element::new(LOCKTYPE).with(Element::new(WRITE)))
            .with(Element::new(LOCKSCOPE).with(Element::new(self.scope.name())))
            .with(Element::text(DEPTH, self.depth.as_str()))
            .with_all((!self.owner.is_empty()).then(|| owner_element(&self.owner)))
            .with(Element::text(TIMEOUT, self.timeout.header()))
            .with(Element::new(LOCKTOKEN).with(Element::text(HREF, &*self.token)))
            .with(Element::new(LOCKROOT).with(Element::text(HREF, &*self.root)))
    }
}

fn owner_element(owner: &[Node]) -> Element {
    Element {
        children: owner.to_vec(),
        ..Element::new(OWNER)
    }
}

/// The token in the header `Lock-Token`: `<opaquelocktoken:…>`.
pub fn lock_token(header: &str) -> Option<&str> {
    header.trim().strip_prefix('<')?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_and_a_lock_survive_a_round_trip() {
        for owner in [
            vec![Node::Text("carol & <co>".to_owned())],
            vec![Node::Element(Element::text(HREF, "mailto:carol@example.org"))],
            Vec::new(),
        ] {
            for scope in [LockScope::Exclusive, LockScope::Shared] {
                let wish = LockInfo {
                    scope,
                    owner: owner.clone(),
                };
                assert_eq!(LockInfo::parse(&wish.to_document()), Ok(wish));
                let lock = ActiveLock {
                    scope,
                    depth: Depth::Infinity,
                    owner: owner.clone(),
                    timeout: LockTimeout::After(Duration::from_mins(1)),
                    token: "opaquelocktoken:1".to_owned(),
                    root: "/a%20b".to_owned(),
                };
                assert_eq!(ActiveLock::parse(&lock.to_document()), Ok(vec![lock]));
            }
        }
    }

    #[test]
    fn the_first_timeout_that_is_understood_counts() {
        assert_eq!(
            LockTimeout::parse("Extend, Second-5, Infinite"),
            Some(LockTimeout::After(Duration::from_secs(5)))
        );
        assert_eq!(
            LockTimeout::parse("Infinite, Second-4100000000"),
            Some(LockTimeout::Infinite)
        );
        assert_eq!(LockTimeout::parse("soon"), None);
    }

    #[test]
    fn a_lock_token_stands_in_angle_brackets() {
        assert_eq!(lock_token(" <opaquelocktoken:1> "), Some("opaquelocktoken:1"));
        assert_eq!(lock_token("opaquelocktoken:1"), None);
    }
}
