//! Which clients there may be at all, where an operator lists them.

use nc_proto::oauth::cimd::ClientIdUrl;
use nc_store::ClientKind;
use url::Url;

use crate::{Client, ClientDocument, Error, Provider};

/// Whether an entry of a list of hosts names a host: itself, or `.example.org` for all below it.
pub(super) fn names_host(entry: &str, host: &str) -> bool {
    match entry.strip_prefix('.') {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => host.eq_ignore_ascii_case(entry),
    }
}

/// Whether a client that registers itself is listed: its id is a new one, so all its redirect URIs must lead to hosts that
/// are. What leads to a program on a device leads to any.
pub(crate) fn allows_registration(list: &[String], document: &ClientDocument) -> bool {
    let is_listed = |uri: &String| {
        let Ok(url) = Url::parse(uri) else { return false };
        let host = url.host_str().filter(|_| url.scheme() == "https");
        host.is_some_and(|host| list.iter().any(|entry| names_host(entry, host)))
    };
    list.is_empty() || (!document.redirect_uris.is_empty() && document.redirect_uris.iter().all(is_listed))
}

/// Whether a client that is known by its document is listed.
pub(super) fn allows_document(list: &[String], id: &ClientIdUrl) -> bool {
    let is_listed = |entry: &String| entry == id.as_str() || names_host(entry, id.host());
    list.is_empty() || list.iter().any(is_listed)
}

fn allows(list: &[String], client: &Client) -> bool {
    if list.is_empty() || list.iter().any(|entry| entry == client.id()) {
        return true;
    }
    match client.record.kind {
        ClientKind::Document => ClientIdUrl::parse(client.id()).is_some_and(|id| allows_document(list, &id)),
        ClientKind::Dynamic => allows_registration(list, &client.document),
        ClientKind::Admin | ClientKind::FirstParty | ClientKind::Service => false,
    }
}

impl Provider {
    /// The client with this id, if it is stored, enabled, has not ended, and is one of those that there may be.
    pub(crate) async fn find_stored_client(&self, client_id: &str) -> Result<Option<Client>, Error> {
        let found = Client::find_stored(self.store(), client_id, self.now()).await?;
        Ok(found.filter(|client| allows(&self.config().allowed_clients, client)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_itself_and_a_dot_all_below() {
        assert!(names_host("a.example", "a.example") && names_host("A.example", "a.example"));
        assert!(names_host(".a.example", "x.a.example") && !names_host(".a.example", "a.example"));
        assert!(!names_host(".a.example", "xa.example") && !names_host("a.example", "x.a.example"));
    }
}
