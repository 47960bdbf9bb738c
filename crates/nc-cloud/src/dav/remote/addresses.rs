use nc_proto::dav::{DavPath, Element, Multistatus, Name, Node};

use super::Remote;
use crate::dav::place::Place;

const HREF: Name = Name::dav("href");

/// Turns addresses on the other server into those of the place here.
#[derive(Clone)]
pub(super) struct Addresses {
    base: DavPath,
    place: Place,
    at: DavPath,
}

impl Addresses {
    /// `base` is what stands for the share on the other server.
    pub(super) fn new(place: &Place, remote: &Remote, base: DavPath) -> Self {
        Self {
            base,
            place: place.clone(),
            at: remote.at.clone(),
        }
    }

    /// Where in the share an address leads; `None` for one outside.
    pub(super) fn below(&self, href: &str) -> Option<DavPath> {
        DavPath::decode(href.trim()).ok()?.strip_prefix(&self.base)
    }

    /// The address here.
    pub(super) fn here(&self, below: &DavPath, is_folder: bool) -> String {
        self.place.href(&self.at.join(below), is_folder)
    }

    /// Turns every address in a property. One that leads out of the share says nothing here and becomes empty.
    pub(super) fn turn(&self, element: &mut Element) {
        if element.name == HREF {
            let href = element.content();
            let href = href.trim();
            // Lock tokens and mail addresses lead nowhere.
            if href.starts_with('/') || href.starts_with("http://") || href.starts_with("https://") {
                let here = self.below(href).map(|below| self.here(&below, href.ends_with('/')));
                *element = Element::text(HREF, here.unwrap_or_default());
            }
            return;
        }
        for child in &mut element.children {
            if let Node::Element(child) = child {
                self.turn(child);
            }
        }
    }

    /// Turns a small answer as a whole; entries about what is not in the share are left out.
    pub(super) fn turn_all(&self, mut answer: Multistatus) -> Multistatus {
        answer.responses.retain_mut(|response| {
            let Some(below) = self.below(&response.href) else {
                return false;
            };
            response.href = self.here(&below, response.href.ends_with('/'));
            let props = response.propstats.iter_mut().flat_map(|propstat| &mut propstat.props);
            props.chain(&mut response.errors).for_each(|element| self.turn(element));
            // A stranger's words.
            response.description = None;
            true
        });
        answer.sync_token = None;
        answer
    }
}
