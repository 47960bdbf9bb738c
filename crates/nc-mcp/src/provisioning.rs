use nc_auth::Caller;
use nc_mcp_kit::{BoxFuture, ToolError};

/// What people gave for the cloud, where this server keeps it for them.
pub trait Provisioning: Send + Sync + 'static {
    /// The cloud refused the caller's credential: makes sure, and if it is so, notes that it is worth nothing. Whether it is
    /// so.
    fn refused<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, bool>;

    /// What the person has to do to give a new one: a sentence for the model.
    fn how_to_give_one(&self) -> String;
}

/// The answer to a caller who gave no credential, or whose credential the cloud no longer takes.
pub(crate) fn required(provisioning: Option<&dyn Provisioning>) -> ToolError {
    let how = provisioning.map_or_else(|| "sign in again".to_owned(), Provisioning::how_to_give_one);
    let message = format!("this server has no access to the Nextcloud for this person, or it was taken back; {how}");
    ToolError::new("provisioning_required", message)
}
