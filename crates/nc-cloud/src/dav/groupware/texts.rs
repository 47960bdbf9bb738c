//! The texts of objects in an answer: in the form that is wanted, and no more of them than fit into memory many times over.

use nc_proto::dav::{
    CALDAV, CARDDAV, Element, Name,
    addressbook::{AddressDataRequest, props as card},
    calendar::{CalendarDataRequest, props as cal},
};

use super::{super::DavError, calendar_data, card_data, reports::bad_filter, view::View};
use crate::{Error, collections::Object};

/// Most text in one answer, in bytes.
const MOST_BYTES: usize = 64 << 20;

/// What a report wants of the texts of objects.
#[derive(Debug, Clone)]
pub(super) enum DataRequest {
    Calendar(CalendarDataRequest),
    Card(AddressDataRequest),
}

impl DataRequest {
    /// What the `d:prop` of a report wants.
    pub(super) fn of(root: &Element, view: &View) -> Result<Option<Self>, DavError> {
        let prop = root.find(&Name::dav("prop"));
        let find = |name: &Name| prop.and_then(|prop| prop.find(name));
        if view.is_calendar() {
            let data = find(&cal::CALENDAR_DATA).map(CalendarDataRequest::from_element);
            return Ok(data
                .transpose()
                .map_err(|error| bad_filter(CALDAV, &error))?
                .map(Self::Calendar));
        }
        let data = find(&card::ADDRESS_DATA).map(AddressDataRequest::from_element);
        Ok(data
            .transpose()
            .map_err(|error| bad_filter(CARDDAV, &error))?
            .map(Self::Card))
    }

    /// Whether a property is the text.
    pub(super) fn is_data(name: &Name) -> bool {
        *name == cal::CALENDAR_DATA || *name == card::ADDRESS_DATA
    }

    fn name(&self) -> Name {
        match self {
            Self::Calendar(_) => cal::CALENDAR_DATA,
            Self::Card(_) => card::ADDRESS_DATA,
        }
    }

    fn select(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Calendar(wanted) => calendar_data::select(data, wanted),
            Self::Card(wanted) => card_data::select(data, wanted),
        }
    }

    /// Whether more may come out than goes in.
    fn may_grow(&self) -> bool {
        matches!(self, Self::Calendar(wanted) if wanted.expand.is_some())
    }
}

/// The texts of one answer.
pub(super) struct Texts {
    wanted: Option<DataRequest>,
    left: usize,
}

impl Texts {
    pub(super) const fn new(wanted: Option<DataRequest>) -> Self {
        Self {
            wanted,
            left: MOST_BYTES,
        }
    }

    /// Whether texts are wanted at all.
    pub(super) const fn are_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// The text of an object, if wanted.
    ///
    /// # Errors
    /// When it does not fit any more: RFC 4791 §7.8, RFC 6352 §8.6.
    pub(super) async fn of(&mut self, object: &Object) -> Result<Option<Element>, DavError> {
        match self.next(object).await? {
            Fit::Text(text) => Ok(Some(text)),
            Fit::NotWanted => Ok(None),
            Fit::TooMuch => {
                let message = format!(
                    "The answer would have more than {} MiB of text; ask for fewer objects, or for a shorter time",
                    MOST_BYTES >> 20
                );
                let condition = Element::new(Name::dav("number-of-matches-within-limits"));
                Err(DavError::violates("Forbidden", message, condition))
            }
        }
    }

    /// The same for reports that can say how far they came.
    pub(super) async fn next(&mut self, object: &Object) -> Result<Fit, DavError> {
        let Some(wanted) = &self.wanted else {
            return Ok(Fit::NotWanted);
        };
        let data = if wanted.may_grow() {
            // Apart from the threads that answer requests: a series may have thousands of occurrences.
            let (wanted, data) = (wanted.clone(), object.data.clone());
            let selected = tokio::task::spawn_blocking(move || wanted.select(&data)).await;
            selected.map_err(|_| DavError::from(Error::Internal("a task was lost")))?
        } else {
            wanted.select(&object.data)
        };
        let Some(left) = self.left.checked_sub(data.len()) else {
            return Ok(Fit::TooMuch);
        };
        self.left = left;
        let text = String::from_utf8_lossy(&data);
        // A text with characters that XML has no place for cannot be told in XML.
        let text: String = text
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\t' | '\r' | '\n'))
            .collect();
        Ok(Fit::Text(Element::text(wanted.name(), text)))
    }
}

/// What became of a text.
pub(super) enum Fit {
    NotWanted,
    Text(Element),
    /// It does not fit beside those before it.
    TooMuch,
}
