use nc_auth::{Caller, Scope, ScopeSet};
use nc_client::PendingAppPassword;
use nc_mcp_kit::{BoxFuture, Failure, ToolError};

/// What a person gave for the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The account's id at the cloud.
    pub user_id: String,
    /// The name that it signs in with.
    pub login_name: Option<String>,
    /// Whether the cloud still takes it, as far as is known.
    pub is_active: bool,
    /// Whether its time is over.
    pub is_expired: bool,
    /// `app_password`, `refresh_token`, or `access_token` where the client's own is exchanged.
    pub credential_type: &'static str,
    /// How it was given: `login_flow_v2` or `oauth`.
    pub flow_type: &'static str,
    /// When, as RFC 3339.
    pub given_at: Option<String>,
    /// When it ends, as RFC 3339, if that is known.
    pub ends_at: Option<String>,
    /// What it allows at the cloud, where it is limited.
    pub scopes: Option<Vec<String>>,
}

/// What people gave for the cloud, where this server keeps it for them. Always the caller's own.
pub trait Provisioning: Send + Sync + 'static {
    /// What the caller gave. `None`: nothing, or it was taken back.
    fn given<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<Option<Given>, Failure>>;

    /// Takes back what the caller gave and ends all that lives from it, this call's token too. Whether there was something.
    fn take_back<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<bool, Failure>>;

    /// The cloud refused the caller's credential: makes sure, and if it is so, notes that it is worth nothing. Whether it is
    /// so.
    fn refused<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, bool>;

    /// The app password that the caller gave beside a token, for interfaces that take no token. `None`: none is kept, or it
    /// was not given for what is `needed`.
    fn app_password<'a>(&'a self, _caller: &'a Caller, _needed: ScopeSet) -> PendingAppPassword<'a> {
        Box::pin(async { None })
    }

    /// Begins with asking the person for one, with `scopes`; without them, with those of the connection. The address that
    /// the person has to open; it works once and for this person only. `None`: there is no such page, and
    /// [`Self::how_to_give_one`] says what to do instead.
    fn ask<'a>(
        &'a self,
        _caller: &'a Caller,
        _scopes: Option<&'a [Scope]>,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether the person was asked lately and may be about to give one.
    fn is_asked(&self, _caller: &Caller) -> bool {
        false
    }

    /// What the person has to do to give a new one: a sentence for the model.
    fn how_to_give_one(&self) -> String;

    /// The page on which the person sees and changes what clients may do.
    fn page(&self) -> String;
}

/// The answer to a caller who gave no credential, or whose credential the cloud no longer takes.
pub(crate) fn required(provisioning: Option<&dyn Provisioning>) -> ToolError {
    let how = provisioning.map_or_else(|| "sign in again".to_owned(), Provisioning::how_to_give_one);
    let message = format!("this server has no access to the Nextcloud for this person, or it was taken back; {how}");
    ToolError::new("provisioning_required", message)
}

/// The answer to a caller whose token an app's interface does not take, and who gave no app password that opens it.
/// `refusal` says which interface that is.
pub(crate) fn app_password_required(provisioning: &dyn Provisioning, refusal: &str) -> ToolError {
    let how = provisioning.how_to_give_one();
    let message = format!("{refusal}, and this server keeps none for this person that the Nextcloud takes; {how}");
    ToolError::new("provisioning_required", message)
}
