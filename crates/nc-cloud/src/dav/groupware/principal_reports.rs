use axum::response::Response;
use nc_proto::dav::{
    CALDAV, CALENDARSERVER, DAV, Element, ExpandProperty, ExpandedProperty, Multistatus, Name, PrincipalPropertySearch,
    Response as Entry,
};

use super::{
    super::{DavError, answer},
    describe::{self, Wanted},
    node::Node,
    resolve,
    wire::{Session, multistatus},
};
use crate::accounts::Account;

/// Most people in one answer.
const MOST_PEOPLE: u8 = 100;

/// Most conditions of a search.
const MOST_CONDITIONS: usize = 20;

/// How deep addresses in properties are followed.
const MOST_LEVELS: u8 = 3;

/// Most addresses that are followed for one request.
const MOST_FOLLOWED: u16 = 200;

/// Answers `d:expand-property` (RFC 3253 §3.8).
pub(super) async fn expand(session: &Session, node: &Node, root: &Element) -> Result<Response, DavError> {
    let report = ExpandProperty::from_element(root)?;
    let mut left = MOST_FOLLOWED;
    let response = expanded(session, node, &report.properties, MOST_LEVELS, &mut left).await?;
    Ok(multistatus(&Multistatus {
        responses: vec![response],
        sync_token: None,
    }))
}

async fn expanded(
    session: &Session,
    node: &Node,
    properties: &[ExpandedProperty],
    levels: u8,
    left: &mut u16,
) -> Result<Entry, DavError> {
    let names = properties.iter().map(|property| property.name.clone()).collect();
    let mut response = describe::of_node(session, node, &Wanted::of_names(names)).await?;
    if levels == 0 {
        return Ok(response);
    }
    for element in response
        .propstats
        .iter_mut()
        .filter(|propstat| propstat.status == 200)
        .flat_map(|p| &mut p.props)
    {
        let wanted = properties.iter().find(|property| property.name == element.name);
        let Some(wanted) = wanted.filter(|wanted| !wanted.inside.is_empty()) else {
            continue;
        };
        let hrefs: Vec<String> = element
            .elements()
            .filter(|child| child.name == Name::dav("href"))
            .map(|href| href.content().trim().to_owned())
            .collect();
        let mut followed = Vec::new();
        for href in hrefs {
            let Some(rest) = left.checked_sub(1) else { break };
            *left = rest;
            let found = match session.names_of(&href) {
                Ok(names) => resolve::find_names(session, &names).await.ok(),
                Err(_) => None,
            };
            followed.push(match found {
                Some(node) => Box::pin(expanded(session, &node, &wanted.inside, levels - 1, left)).await?,
                None => Entry::of_status(href, 404),
            });
        }
        *element = Element::new(element.name.clone()).with_all(followed.iter().map(Entry::to_element));
    }
    Ok(response)
}

/// Answers `d:principal-property-search` (RFC 3744 §9.4): people by name or mail address.
pub(super) async fn search(session: &Session, root: &Element) -> Result<Response, DavError> {
    let report = PrincipalPropertySearch::from_element(root)?;
    // Without a text everybody would be found, which is what the address book of accounts is for.
    let texts: Vec<&str> = report.searches.iter().map(|(_, text)| text.trim()).collect();
    if texts.iter().all(|text| text.is_empty()) || texts.len() > MOST_CONDITIONS {
        return Ok(multistatus(&Multistatus::default()));
    }
    let mut people: Vec<Account> = Vec::new();
    // Where each condition must hold, those who fulfil the first are enough to look at.
    let looked_for = if report.any_of { &texts[..] } else { &texts[..1] };
    for text in looked_for {
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        for account in session.cloud.accounts().search(text, MOST_PEOPLE).await? {
            if people.iter().all(|known| known.id != account.id) {
                people.push(account);
            }
        }
    }
    let wanted = Wanted::of_names(report.properties.clone());
    let mut responses = Vec::new();
    for account in people {
        if fits(&report, &account) {
            responses.push(describe::of_node(session, &Node::User(account), &wanted).await?);
        }
    }
    Ok(multistatus(&Multistatus {
        responses,
        sync_token: None,
    }))
}

fn fits(report: &PrincipalPropertySearch, account: &Account) -> bool {
    let mut searches = report.searches.iter().map(|(names, text)| {
        let text = text.trim().to_lowercase();
        let text = text.strip_prefix("mailto:").unwrap_or(&text).to_owned();
        names.iter().any(|name| {
            let value = match (name.namespace(), name.local()) {
                (DAV, "displayname") => Some(account.display_name.as_str()),
                (CALENDARSERVER, "email-address-set")
                | (CALDAV, "calendar-user-address-set")
                | ("http://sabredav.org/ns", "email-address") => account.email.as_deref(),
                _ => None,
            };
            value.is_some_and(|value| value.to_lowercase().contains(&text))
        })
    });
    if report.any_of {
        searches.any(|holds| holds)
    } else {
        searches.all(|holds| holds)
    }
}

/// Answers `d:principal-match` (RFC 3744 §9.3): the one who asks.
pub(super) async fn match_self(session: &Session, root: &Element) -> Result<Response, DavError> {
    let names = root.find(&Name::dav("prop")).map(Element::names).unwrap_or_default();
    let account = session.cloud.find_user(session.user()?).await?;
    let account = account.ok_or_else(|| DavError::missing("Principal not found"))?;
    let response = describe::of_node(session, &Node::User(account), &Wanted::of_names(names)).await?;
    Ok(multistatus(&Multistatus {
        responses: vec![response],
        sync_token: None,
    }))
}

/// Answers `d:principal-search-property-set` (RFC 3744 §9.5).
pub(super) fn searchable() -> Response {
    let all = [
        (Name::dav("displayname"), "Display name"),
        (Name::constant(CALENDARSERVER, "email-address-set"), "Email address"),
        (Name::constant(CALDAV, "calendar-user-address-set"), "Calendar address"),
    ];
    let properties = all.map(|(name, description)| {
        let prop = Element::new(Name::dav("prop")).with(Element::new(name));
        Element::new(Name::dav("principal-search-property"))
            .with(prop)
            .with(Element::text(Name::dav("description"), description))
    });
    let root = Element::new(Name::dav("principal-search-property-set")).with_all(properties);
    answer::xml(root.to_document())
}
