use super::{Admin, AdminError, LEGACY_CLIENTS, LOGOUT_URIS};
use crate::{Audit, Event, Settings};

impl Admin<'_> {
    /// Every setting that was changed, as stored.
    pub async fn list_settings(&self) -> Result<Vec<(String, String)>, AdminError> {
        let mut settings = self.store.list_settings().await?;
        settings.retain(|(key, _)| key != LOGOUT_URIS && key != LEGACY_CLIENTS);
        Ok(settings)
    }

    /// Changes a setting; `None` goes back to the built-in value. A bad value is refused and nothing changes.
    pub async fn put_setting(&self, key: &str, value: Option<&str>) -> Result<(), AdminError> {
        if !Settings::KEYS.contains(&key) {
            return Err(AdminError::Missing("setting"));
        }
        if let Some(value) = value {
            Settings::check(key, value)?;
        }
        let unit = self.store.begin().await?;
        unit.put_setting(key, value).await?;
        // Settings hold no secrets.
        let audit = Audit::new(Event::Administration).with("what", "setting");
        self.finish(unit, audit.with("key", key).with("value", value)).await
    }
}
