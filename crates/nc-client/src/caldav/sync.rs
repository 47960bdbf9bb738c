use nc_proto::dav::{DavPath, Depth, ETag, Multistatus, SyncCollection, props};

use super::{Calendar, Calendars, query::subject_of};
use crate::{Error, principal::place_of};

/// What changed in a calendar since a token was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarChanges {
    /// These objects are new, changed or gone.
    Since {
        /// The objects.
        objects: Vec<SyncedObject>,
        /// From where on to ask the next time.
        token: String,
    },
    /// The token is of no use: forget what is known and ask without one.
    ResyncNeeded,
}

/// An object in an answer about changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncedObject {
    /// Its place.
    pub path: DavPath,
    /// Its version; none if it is gone.
    pub etag: Option<ETag>,
}

impl Calendars<'_> {
    /// What changed in a calendar since `token` was given out; without one, all that is in it (RFC 6578).
    ///
    /// # Errors
    /// As for every call.
    pub async fn changes(&self, calendar: &Calendar, token: Option<&str>) -> Result<CalendarChanges, Error> {
        let report = SyncCollection {
            token: token.unwrap_or_default().to_owned(),
            properties: vec![props::GETETAG],
            ..SyncCollection::default()
        };
        let request = self
            .request("REPORT", &calendar.path, subject_of(calendar))?
            .slash()
            .depth(Depth::Zero)
            .xml(report.to_xml());
        let whole = match request.read().await {
            Ok(whole) => whole,
            // `valid-sync-token`; 507 where a first answer would be too long.
            Err(Error::Forbidden { .. } | Error::Quota { .. }) if token.is_some() => {
                return Ok(CalendarChanges::ResyncNeeded);
            }
            Err(error) => return Err(error),
        };
        let answer = Multistatus::parse(&whole.body).map_err(|_| whole.bad("changes that break off"))?;
        let next = answer.sync_token.unwrap_or_default();
        if next.is_empty() {
            return Err(whole.bad("changes without a token"));
        }
        // A token that the server has not given out yet is answered with nothing and an older one (32): a restored
        // backup. Taking it for "no changes" would lose changes.
        if let (Some(asked), Some(told)) = (token.and_then(number), number(&next))
            && told < asked
        {
            return Ok(CalendarChanges::ResyncNeeded);
        }
        let objects = answer.responses.iter().filter_map(|response| {
            let path = place_of(&response.href).filter(|path| calendar.holds(path))?;
            let gone = response.status == Some(404);
            let etag = response.prop_text(&props::GETETAG).and_then(|etag| ETag::parse(&etag));
            Some(SyncedObject {
                path,
                etag: etag.filter(|_| !gone),
            })
        });
        Ok(CalendarChanges::Since {
            objects: objects.collect(),
            token: next,
        })
    }
}

/// The number at the end of a token of Nextcloud, `http://sabre.io/ns/sync/12`.
fn number(token: &str) -> Option<u64> {
    token.rsplit('/').next()?.parse().ok()
}
