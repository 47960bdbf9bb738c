//! Which clients there may be at all, where an operator lists them.

use nc_proto::oauth::{
    allowed_client::{AllowedClient, names_host},
    cimd::ClientIdUrl,
};
use nc_store::{ClientKind, ClientRecord};
use url::Url;

use crate::{Client, ClientDocument, Error, Provider};

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
    list.is_empty() || about(list, id.as_str()).next().is_some()
}

/// The client with the redirect URIs that the list leaves to it; `None` when it is not listed.
pub(super) fn allowed(list: &[String], mut client: Client) -> Option<Client> {
    let is_open = list.is_empty()
        || match client.record.kind {
            ClientKind::Dynamic => allows_registration(list, &client.document),
            ClientKind::Document | ClientKind::Admin | ClientKind::FirstParty | ClientKind::Service => false,
        };
    if !is_open {
        let entries: Vec<AllowedClient> = about(list, client.id()).collect();
        if entries.is_empty() {
            return None;
        }
        let is_left = |uri: &String| entries.iter().any(|entry| entry.allows_redirect(uri));
        client.document.redirect_uris.retain(is_left);
    }
    Some(client)
}

/// The entries about a client.
fn about(list: &[String], client_id: &str) -> impl Iterator<Item = AllowedClient> {
    let entries = list.iter().filter_map(|entry| AllowedClient::parse(entry).ok());
    entries.filter(move |entry| entry.is(client_id))
}

impl Provider {
    /// The client with this id, if it is stored, enabled, has not ended, and is one of those that there may be.
    pub(crate) async fn find_stored_client(&self, client_id: &str) -> Result<Option<Client>, Error> {
        match self.store().find_client(client_id).await? {
            Some(record) => self.usable_client(record),
            None => Ok(None),
        }
    }

    /// The client of a record, under the same conditions.
    pub(crate) fn usable_client(&self, record: ClientRecord) -> Result<Option<Client>, Error> {
        let client = Client::usable(record, self.now())?;
        Ok(client.and_then(|client| allowed(&self.config().allowed_clients, client)))
    }
}
