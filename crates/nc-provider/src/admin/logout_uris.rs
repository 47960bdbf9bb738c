use nc_store::{Lookup, Unit};

use super::{Admin, AdminError, clients::redirect_uri, number_of};
use crate::{Audit, Error, Event};

/// The setting that holds the places where browsers may be sent after logout from any client: a JSON list. Nextcloud's
/// `oidc` app knows only such ones; ours are of one client where that is possible.
pub const LOGOUT_URIS: &str = "logout_uris";

/// A place where browsers may be sent after logout from any client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutUri {
    /// Its number.
    pub number: i64,
    /// The place.
    pub uri: String,
}

impl LogoutUri {
    fn new(uri: String) -> Self {
        let number = number_of(0, &uri);
        Self { number, uri }
    }

    /// All of them.
    pub async fn list(store: &dyn Lookup) -> Result<Vec<Self>, Error> {
        let stored = store.find_setting(LOGOUT_URIS).await?;
        let uris: Vec<String> = stored.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json))?;
        Ok(uris.into_iter().map(Self::new).collect())
    }

    async fn store(unit: &dyn Unit, uris: &[Self]) -> Result<(), AdminError> {
        let uris: Vec<&str> = uris.iter().map(|uri| uri.uri.as_str()).collect();
        let json = serde_json::to_string(&uris)?;
        Ok(unit.put_setting(LOGOUT_URIS, Some(&json)).await?)
    }
}

impl Admin<'_> {
    /// Every place where browsers may be sent after logout from any client.
    pub async fn list_logout_uris(&self) -> Result<Vec<LogoutUri>, AdminError> {
        Ok(LogoutUri::list(self.store).await?)
    }

    /// Adds one; it.
    pub async fn add_logout_uri(&self, uri: &str) -> Result<LogoutUri, AdminError> {
        redirect_uri(uri)?;
        let unit = self.store.begin().await?;
        let mut uris = LogoutUri::list(&*unit).await?;
        let added = LogoutUri::new(uri.to_owned());
        if uris.contains(&added) {
            return Err(AdminError::Exists("URI"));
        }
        uris.push(added.clone());
        LogoutUri::store(&*unit, &uris).await?;
        let audit = Audit::new(Event::Administration).with("what", "logout_uris");
        self.finish(unit, audit).await?;
        Ok(added)
    }

    /// Removes one.
    pub async fn remove_logout_uri(&self, number: i64) -> Result<(), AdminError> {
        let unit = self.store.begin().await?;
        let mut uris = LogoutUri::list(&*unit).await?;
        let before = uris.len();
        uris.retain(|uri| uri.number != number);
        if uris.len() == before {
            return Err(AdminError::Missing("URI"));
        }
        LogoutUri::store(&*unit, &uris).await?;
        let audit = Audit::new(Event::Administration).with("what", "logout_uris");
        self.finish(unit, audit).await
    }
}
