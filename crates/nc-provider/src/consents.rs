//! What users allowed, and whether that is enough. One record for each resource; without a resource, one for none.

use std::collections::BTreeSet;

use nc_proto::oauth::scope_list::ScopeList;
use nc_store::{ClientKind, ConsentRecord, Unit};
use serde::{Deserialize, Serialize};

use crate::{Client, Error, Provider, browser::request::Checked};

/// What the client looked like when the user allowed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ConsentDocument {
    /// What it called itself.
    pub(crate) client_name: String,
    /// Hosts that answers went to.
    pub(crate) redirect_hosts: BTreeSet<String>,
    /// Hash of its metadata document.
    pub(crate) document_hash: Option<String>,
    /// Scopes that the user took away or did not give: nobody gives them in the user's place.
    pub(crate) withheld: BTreeSet<String>,
}

/// Whether nobody has to be asked: the client is ours, an administrator said so and the user withholds nothing of this, or
/// the user allowed all of this before, not too long ago, and the client still looks the same.
pub(crate) async fn covers(provider: &Provider, checked: &Checked, subject: &str) -> Result<bool, Error> {
    let need_not_ask = is_granted_automatically(&checked.client);
    for (resource, asked) in parts(checked, &checked.scopes) {
        let client_id = checked.client.id();
        let found = provider.store().find_consent(subject, client_id, resource).await?;
        let enough = match found {
            Some(record) if need_not_ask => {
                let withheld = withheld(&record, provider.now())?;
                !asked.iter().any(|scope| withheld.contains(scope))
            }
            Some(record) => is_usable(&record, checked, provider.now())? && asked.is_subset(&scopes(&record)?),
            None => need_not_ask,
        };
        if !enough {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Notes what a user allowed now. What was allowed before and is no part of this request stays, if the client still looks
/// the same.
pub(crate) async fn put(
    provider: &Provider,
    unit: &dyn Unit,
    checked: &Checked,
    subject: &str,
    granted: &ScopeList,
) -> Result<(), Error> {
    let now = provider.now();
    let asked = parts(checked, &checked.scopes);
    for ((resource, granted), (_, asked)) in parts(checked, granted).into_iter().zip(asked) {
        let before = unit.find_consent(subject, checked.client.id(), resource).await?;
        let created_at = before.as_ref().map_or(now, |before| before.created_at);
        let mut document = ConsentDocument {
            client_name: checked.client.document.name.clone(),
            redirect_hosts: BTreeSet::from([checked.back.host()]),
            document_hash: checked.client.document.document_hash.clone(),
            withheld: words(&asked.difference(&granted)),
        };
        let mut scopes_now = granted;
        if let Some(before) = before {
            let known: ConsentDocument = serde_json::from_str(&before.document)?;
            let looks_the_same =
                known.client_name == document.client_name && known.document_hash == document.document_hash;
            if before.expires_at > now {
                let kept_back = known.withheld.into_iter();
                let kept_back = kept_back.filter(|scope| !scopes_now.contains(scope));
                document.withheld.extend(kept_back);
            }
            if before.expires_at > now && looks_the_same {
                document.redirect_hosts.extend(known.redirect_hosts);
                scopes_now = scopes(&before)?.difference(&checked.scopes).union(&scopes_now);
            }
        }
        unit.put_consent(&ConsentRecord {
            number: 0,
            subject: subject.to_owned(),
            client_id: checked.client.id().to_owned(),
            resource: resource.to_owned(),
            scopes: scopes_now.iter().map(str::to_owned).collect(),
            document: serde_json::to_string(&document)?,
            created_at,
            updated_at: now,
            expires_at: ends_at(provider, now),
        })
        .await?;
    }
    Ok(())
}

/// Notes what an administrator allowed in place of the user, so that the user sees it and can end it.
pub(crate) async fn put_automatic(
    provider: &Provider,
    unit: &dyn Unit,
    checked: &Checked,
    subject: &str,
) -> Result<(), Error> {
    if is_granted_automatically(&checked.client) {
        put(provider, unit, checked, subject, &checked.scopes).await?;
    }
    Ok(())
}

/// A consent of which the user keeps these scopes and no others: all else that it held is withheld from now on, beside what
/// was before.
pub(crate) fn narrowed(record: ConsentRecord, kept: &ScopeList, now: i64) -> Result<ConsentRecord, Error> {
    let mut document: ConsentDocument = serde_json::from_str(&record.document)?;
    document.withheld = withheld(&record, now)?;
    document.withheld.extend(words(&scopes(&record)?));
    document.withheld.retain(|scope| !kept.contains(scope));
    Ok(ConsentRecord {
        scopes: kept.iter().map(str::to_owned).collect(),
        document: serde_json::to_string(&document)?,
        ..record
    })
}

/// When a consent of now ends.
pub(crate) fn ends_at(provider: &Provider, now: i64) -> i64 {
    let lasts_s = i64::try_from(provider.config().lifetimes.consent.as_secs()).unwrap_or(i64::MAX);
    now.saturating_add(lasts_s)
}

/// The scopes of a consent.
pub(crate) fn scopes(record: &ConsentRecord) -> Result<ScopeList, Error> {
    ScopeList::from_tokens(record.scopes.iter().map(String::as_str))
        .map_err(|_| Error::Internal("a stored consent has scopes that cannot be"))
}

/// The resources of a request, each with what it defines of these scopes.
fn parts<'a>(checked: &'a Checked, scopes: &ScopeList) -> Vec<(&'a str, ScopeList)> {
    if checked.resources.is_empty() {
        return vec![("", scopes.clone())];
    }
    let of = |resource: &'a crate::Resource| (resource.uri.as_str(), resource.narrow(scopes));
    checked.resources.iter().map(of).collect()
}

/// Only for clients of ours that can prove who they are, and only by an administrator's word.
pub(crate) fn is_granted_automatically(client: &Client) -> bool {
    client.document.auto_grant && client.record.kind == ClientKind::FirstParty && !client.is_public()
}

/// What the user keeps back. An ended consent says nothing; one from before the client changed does.
fn withheld(record: &ConsentRecord, now: i64) -> Result<BTreeSet<String>, Error> {
    if record.expires_at <= now {
        return Ok(BTreeSet::new());
    }
    let known: ConsentDocument = serde_json::from_str(&record.document)?;
    Ok(known.withheld)
}

fn words(scopes: &ScopeList) -> BTreeSet<String> {
    scopes.iter().map(str::to_owned).collect()
}

fn is_usable(record: &ConsentRecord, checked: &Checked, now: i64) -> Result<bool, Error> {
    let known: ConsentDocument = serde_json::from_str(&record.document)?;
    Ok(record.expires_at > now
        && known.client_name == checked.client.document.name
        && known.document_hash == checked.client.document.document_hash
        && known.redirect_hosts.contains(&checked.back.host()))
}
