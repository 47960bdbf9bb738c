use crate::dav::{CALENDARSERVER, DAV, Element, Name, OWNCLOUD, XmlError};

const SHARE: Name = Name::oc("share");
const SET: Name = Name::oc("set");
const REMOVE: Name = Name::oc("remove");
const HREF: Name = Name::dav("href");
const COMMON_NAME: Name = Name::oc("common-name");
const SUMMARY: Name = Name::oc("summary");
const READ: Name = Name::oc("read");
const READ_WRITE: Name = Name::oc("read-write");

/// The body of a POST that shares a calendar or address book: `oc:share` of Nextcloud, `cs:share` of Apple's clients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShareRequest {
    /// Who gets access, or other access.
    pub set: Vec<ShareSet>,
    /// Whose access ends, as addresses like those of [`ShareSet::href`].
    pub remove: Vec<String>,
}

/// One who gets access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareSet {
    /// `principal:principals/users/dave`, a principal's address, or `mailto:`.
    pub href: String,
    /// What they may do.
    pub access: ShareAccess,
    /// The name that the sharer knows them by.
    pub common_name: Option<String>,
    /// What the sharer says about the calendar.
    pub summary: Option<String>,
}

/// What somebody may do with what is shared with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareAccess {
    /// Look.
    Read,
    /// Look and change.
    ReadWrite,
}

impl ShareRequest {
    /// The root of the body that Nextcloud's own clients send.
    pub const ROOT: Name = SHARE;

    /// Whether a body with this root is one.
    pub fn is_root(name: &Name) -> bool {
        name.local() == "share" && [OWNCLOUD, CALENDARSERVER].contains(&name.namespace())
    }

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse(body)?)
    }

    /// Reads a body that was parsed to find out what is wanted.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        if !Self::is_root(&root.name) {
            return Err(XmlError::WrongRoot {
                expected: SHARE,
                found: root.name.clone(),
            });
        }
        let href = |element: &Element| {
            let href = element.find_text(&HREF).filter(|href| !href.is_empty());
            href.ok_or_else(|| XmlError::Invalid("a share without href".to_owned()))
        };
        let mut request = Self::default();
        for step in root.elements() {
            match step.name.local() {
                "set" => request.set.push(ShareSet {
                    href: href(step)?,
                    access: if has(step, "read-write") {
                        ShareAccess::ReadWrite
                    } else {
                        ShareAccess::Read
                    },
                    common_name: text(step, "common-name"),
                    summary: text(step, "summary"),
                }),
                "remove" => request.remove.push(href(step)?),
                _ => {}
            }
        }
        Ok(request)
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        let set = self.set.iter().map(|share| {
            let access = match share.access {
                ShareAccess::Read => READ,
                ShareAccess::ReadWrite => READ_WRITE,
            };
            Element::new(SET)
                .with(Element::text(HREF, &*share.href))
                .with_all(
                    share
                        .common_name
                        .as_ref()
                        .map(|name| Element::text(COMMON_NAME, &**name)),
                )
                .with_all(share.summary.as_ref().map(|text| Element::text(SUMMARY, &**text)))
                .with(Element::new(access))
        });
        let remove = self.remove.iter();
        let remove = remove.map(|href| Element::new(REMOVE).with(Element::text(HREF, &**href)));
        Element::new(SHARE).with_all(set).with_all(remove).to_document()
    }
}

fn child<'a>(element: &'a Element, local: &str) -> Option<&'a Element> {
    element
        .elements()
        .find(|child| child.name.local() == local && child.name.namespace() != DAV)
}

fn has(element: &Element, local: &str) -> bool {
    child(element, local).is_some()
}

fn text(element: &Element, local: &str) -> Option<String> {
    let text = child(element, local)?.content().trim().to_owned();
    (!text.is_empty()).then_some(text)
}
