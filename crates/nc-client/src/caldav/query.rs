use std::ops::Range;

use chrono::{DateTime, Utc};
use nc_proto::{
    content::Document,
    dav::{
        Collation, DavPath, Depth, ETag, MatchKind, Name, Response, TextMatch,
        calendar::{CalendarDataRequest, CalendarMultiget, CalendarQuery, CompFilter, PropFilter, props as cal},
        props,
    },
};

use super::{Calendar, CalendarObject, Calendars, ComponentKind};
use crate::{
    Error, Subject,
    files::{read_multistatus, read_whole_multistatus},
    principal::place_of,
};

/// Most objects that are asked for with one multiget.
const AT_ONCE: usize = 50;

/// Which objects of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFilter {
    /// Of this kind.
    pub kind: ComponentKind,
    /// With an occurrence in this time.
    pub range: Option<Range<DateTime<Utc>>>,
    /// With this UID.
    pub uid: Option<String>,
}

impl ObjectFilter {
    /// All of a kind.
    pub const fn all(kind: ComponentKind) -> Self {
        Self {
            kind,
            range: None,
            uid: None,
        }
    }

    fn query(&self, data: bool) -> CalendarQuery {
        let uid = self.uid.iter().map(|uid| {
            let text = TextMatch {
                text: uid.clone(),
                collation: Collation::Octet,
                negate: false,
                kind: MatchKind::Contains,
            };
            PropFilter::text("UID", text)
        });
        let range = self.range.clone().map(Into::into);
        let component = CompFilter::all(self.kind.as_str(), range, uid.collect(), Vec::new());
        CalendarQuery {
            properties: vec![props::GETETAG],
            data: data.then(CalendarDataRequest::default),
            filter: CompFilter::calendar(component),
            timezone: None,
        }
    }
}

/// An object that was found.
///
/// Its text came inside of XML, which keeps no carriage returns: to change an object, read it with
/// [`Calendars::get`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundObject {
    /// Its place.
    pub path: DavPath,
    /// Its version.
    pub etag: Option<ETag>,
    /// Its text; what is wrong with it, if it could not be read.
    pub document: Result<Document, String>,
}

impl FoundObject {
    fn read(response: &Response) -> Option<Self> {
        let path = place_of(&response.href)?;
        let etag = response.prop_text(&props::GETETAG).and_then(|etag| ETag::parse(&etag));
        let status = response.status.filter(|status| *status >= 400).or_else(|| {
            let data = |name: &Name| *name == cal::CALENDAR_DATA;
            let failed = response.propstats.iter().filter(|propstat| propstat.status >= 400);
            let mut failed = failed.filter(|propstat| propstat.props.iter().any(|prop| data(&prop.name)));
            failed.next().map(|propstat| propstat.status)
        });
        let document = match (status, response.prop_text(&cal::CALENDAR_DATA)) {
            (Some(404), _) => Err("it is not there any more".to_owned()),
            (Some(status), _) => Err(format!("Nextcloud answers with status {status}")),
            (None, None) => Err("its text is missing".to_owned()),
            (None, Some(text)) => Document::parse(text.as_bytes()).map_err(|error| error.to_string()),
        };
        Some(Self { path, etag, document })
    }
}

impl Calendars<'_> {
    /// The objects of a calendar that fit, series as one object each. Those that cannot be read are among them.
    ///
    /// # Errors
    /// As for every call.
    pub async fn query(&self, calendar: &Calendar, filter: &ObjectFilter) -> Result<Vec<FoundObject>, Error> {
        if let Some(range) = &filter.range
            && range.start >= range.end
        {
            return Err(Error::invalid("range", "it must end after it starts"));
        }
        let mut found = Vec::new();
        let limit = self.0.nextcloud().config().limits.listing_bytes;
        let request = self
            .request("REPORT", &calendar.path, subject_of(calendar))?
            .slash()
            .depth(Depth::One)
            .xml(filter.query(true).to_xml());
        read_multistatus(request.send().await?, limit, |response| {
            found.extend(FoundObject::read(&response).filter(|object| calendar.holds(&object.path)));
        })
        .await?;
        Ok(found)
    }

    /// The object of a calendar with this UID, wherever its address is: RFC 4791 lets clients choose names.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn find_uid(
        &self,
        calendar: &Calendar,
        kind: ComponentKind,
        uid: &str,
        subject: &Subject,
    ) -> Result<CalendarObject, Error> {
        let path = self.find_path(calendar, kind, uid, subject).await?;
        self.get(&path, subject).await
    }

    /// Where the object of a calendar with this UID is.
    ///
    /// # Errors
    /// As for [`Self::find_uid`].
    pub async fn find_path(
        &self,
        calendar: &Calendar,
        kind: ComponentKind,
        uid: &str,
        subject: &Subject,
    ) -> Result<DavPath, Error> {
        let uid = uid.trim();
        if uid.is_empty() {
            return Err(Error::invalid("uid", "it must not be empty"));
        }
        let filter = ObjectFilter {
            uid: Some(uid.to_owned()),
            ..ObjectFilter::all(kind)
        };
        // Servers look for a part of the value, so others may be found too.
        let found = self.query(calendar, &filter).await?;
        let path = found.into_iter().find_map(|object| {
            let document = object.document.as_ref().ok()?;
            let mut components = document.root()?.components_named(kind.as_str());
            components
                .any(|component| component.text("UID").is_some_and(|own| own.trim() == uid))
                .then_some(object.path)
        });
        path.ok_or_else(|| Error::not_found(subject.clone()))
    }

    /// The objects with these places; those that are not there are told one by one.
    ///
    /// # Errors
    /// As for every call.
    pub async fn multiget(&self, calendar: &Calendar, paths: &[DavPath]) -> Result<Vec<FoundObject>, Error> {
        let mut found: Vec<FoundObject> = Vec::new();
        for paths in paths.chunks(AT_ONCE) {
            let mut hrefs = Vec::new();
            for path in paths {
                hrefs.push(self.request("GET", path, subject_of(calendar))?.path()?);
            }
            let report = CalendarMultiget {
                properties: vec![props::GETETAG],
                data: Some(CalendarDataRequest::default()),
                hrefs,
            };
            let request = self
                .request("REPORT", &calendar.path, subject_of(calendar))?
                .slash()
                .xml(report.to_xml());
            let responses = read_whole_multistatus(&request.read().await?)?;
            let answered: Vec<FoundObject> = responses.iter().filter_map(FoundObject::read).collect();
            // Nextcloud leaves out what is not there, others mark it 404.
            for path in paths {
                let object = answered.iter().find(|object| object.path == *path).cloned();
                found.push(object.unwrap_or_else(|| FoundObject {
                    path: path.clone(),
                    etag: None,
                    document: Err("it is not there any more".to_owned()),
                }));
            }
        }
        Ok(found)
    }
}

pub(super) fn subject_of(calendar: &Calendar) -> Subject {
    Subject::new(format!("the calendar \"{}\"", calendar.name))
}
