//! The shape of DAV answers: which properties have which status, what elements their values are made of.

use std::collections::{BTreeMap, BTreeSet};

use nc_proto::dav::{DavPath, Element, Multistatus, Name, Response};

/// What is there of one property: its status, and the names inside of its value.
type Shape = BTreeMap<Name, (u16, BTreeSet<Name>)>;

/// The differences between two multistatus answers. Entries are compared by address; with `any_entry`, where the request
/// leaves open which entries are found, by kind.
pub(crate) fn multistatus(recorded: &[u8], ours: &[u8], any_entry: bool) -> Vec<String> {
    let recorded = Multistatus::parse(recorded).unwrap();
    let ours = match Multistatus::parse(ours) {
        Ok(ours) => ours,
        Err(error) => return vec![format!("body is no multistatus: {error}")],
    };
    let mut found = Vec::new();
    if !any_entry && recorded.responses.len() != ours.responses.len() {
        found.push(format!(
            "{} entries in the recording, {} here",
            recorded.responses.len(),
            ours.responses.len()
        ));
    }
    for theirs in &recorded.responses {
        let path = DavPath::decode(&theirs.href).unwrap();
        let same = ours.responses.iter().find(|response| {
            if any_entry {
                response.href.ends_with('/') == theirs.href.ends_with('/')
            } else {
                DavPath::decode(&response.href).as_ref() == Ok(&path)
            }
        });
        match same {
            None => found.push(format!("entry {path} is missing")),
            Some(response) => {
                if !any_entry && response.href.ends_with('/') != theirs.href.ends_with('/') {
                    found.push(format!("entry {path} differs in its slash"));
                }
                found.extend(properties(&path, &shape(theirs), &shape(response)));
            }
        }
    }
    found
}

fn properties(path: &DavPath, recorded: &Shape, ours: &Shape) -> Vec<String> {
    let mut found = Vec::new();
    for (name, theirs) in recorded {
        match ours.get(name) {
            None => found.push(format!("property {name} of {path} is missing")),
            Some(here) if here != theirs => {
                found.push(format!(
                    "property {name} of {path} is {theirs:?} in the recording, {here:?} here"
                ));
            }
            Some(_) => {}
        }
    }
    let extra = ours.keys().filter(|name| !recorded.contains_key(name));
    found.extend(extra.map(|name| format!("property {name} of {path} is not in the recording")));
    found
}

fn shape(response: &Response) -> Shape {
    let properties = response.propstats.iter().flat_map(|propstat| {
        propstat.props.iter().map(move |property| {
            let inside = property.names().into_iter().collect();
            (property.name.clone(), (propstat.status, inside))
        })
    });
    properties.collect()
}

/// The differences between two errors: sabre's exception, and which elements there are.
pub(crate) fn error(recorded: &[u8], ours: &[u8]) -> Vec<String> {
    let (theirs, here) = (Element::parse(recorded).unwrap(), Element::parse(ours));
    let here = match here {
        Ok(here) => here,
        Err(error) => return vec![format!("body is no error: {error}")],
    };
    let exception = Name::constant(nc_proto::dav::SABRE, "exception");
    let mut found = Vec::new();
    if theirs.find_text(&exception) != here.find_text(&exception) {
        found.push(format!(
            "exception {:?} in the recording, {:?} here",
            theirs.find_text(&exception),
            here.find_text(&exception)
        ));
    }
    let names = |element: &Element| element.names().into_iter().collect::<BTreeSet<_>>();
    if names(&theirs) != names(&here) {
        found.push(format!(
            "error has {:?} in the recording, {:?} here",
            names(&theirs),
            names(&here)
        ));
    }
    found
}

#[test]
fn a_property_that_moves_to_another_status_is_a_difference() {
    let with = |status: &str| {
        format!(
            "<d:multistatus xmlns:d='DAV:'><d:response><d:href>/a</d:href><d:propstat><d:prop><d:getetag/></d:prop>\
             <d:status>HTTP/1.1 {status}</d:status></d:propstat></d:response></d:multistatus>"
        )
    };
    let (found, missing) = (with("200 OK"), with("404 Not Found"));
    assert!(multistatus(found.as_bytes(), found.as_bytes(), false).is_empty());
    assert_eq!(multistatus(found.as_bytes(), missing.as_bytes(), false).len(), 1);
}
