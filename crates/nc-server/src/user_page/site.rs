use async_trait::async_trait;
use axum::response::Response;
use http::HeaderMap;
use nc_access::PersonRules;
use nc_proto::oauth::scope_list::ScopeList;
use nc_web::ClientAddress;

/// What everybody may know about this server.
pub(crate) struct About {
    /// Who issues tokens.
    pub(crate) issuer: String,
    /// As `MCP_DEPLOYMENT_MODE` names it.
    pub(crate) mode: &'static str,
    /// The host of the Nextcloud.
    pub(crate) nextcloud: String,
    /// Whether this server issues the tokens, so that what it ends stays ended.
    pub(crate) is_issuer: bool,
}

/// A client of a person.
pub(crate) struct KnownClient {
    /// What names it in addresses.
    pub(crate) key: String,
    /// Its id on the wire.
    pub(crate) client_id: String,
    /// What it calls itself, or its id.
    pub(crate) name: String,
    /// The host that says most about who it is.
    pub(crate) host: Option<String>,
    /// What may be ticked.
    pub(crate) scopes: ScopeList,
    /// What is ticked.
    pub(crate) allowed: ScopeList,
    /// When the person allowed it, Unix seconds, where that is known.
    pub(crate) since: Option<i64>,
    /// When that ends.
    pub(crate) until: Option<i64>,
}

/// What this server has for the Nextcloud.
pub(crate) struct Provisioned {
    /// `app_password`, `refresh_token`, `token_exchange` or `none`.
    pub(crate) kind: &'static str,
    /// `active`, `revoked`, `expired` or `none`.
    pub(crate) state: &'static str,
    /// The account there.
    pub(crate) account: Option<String>,
    /// When it was given, Unix seconds.
    pub(crate) since: Option<i64>,
    /// When it ends.
    pub(crate) until: Option<i64>,
    /// What it is limited to.
    pub(crate) scopes: Option<Vec<String>>,
    /// Whether the person can give it.
    pub(crate) can_give: bool,
    /// Whether there is something to take back.
    pub(crate) can_take_back: bool,
    /// Whether that ends all clients.
    pub(crate) ends_clients: bool,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// Done.
    Done,
    /// There is no such client.
    Unknown,
    /// Something has to stay ticked.
    NothingLeft,
}

/// How people sign in to see the page.
#[async_trait]
pub(crate) trait Site: Send + Sync + 'static {
    fn about(&self) -> About;

    /// Who is signed in with the browser of a request.
    async fn find(&self, headers: &HeaderMap) -> anyhow::Result<Option<Box<dyn Visitor>>>;

    /// To the sign-in, and then to `next`, a path of this server.
    async fn sign_in(&self, headers: &HeaderMap, next: &str) -> anyhow::Result<Response>;
}

/// Somebody who is signed in.
#[async_trait]
pub(crate) trait Visitor: Send + Sync {
    fn subject(&self) -> &str;

    /// What people call the account.
    fn name(&self) -> &str;

    /// When the session began and when it ends, Unix seconds.
    fn lasts(&self) -> (i64, i64);

    /// The token of every form.
    fn csrf(&self) -> String;

    fn is_own_post(&self, headers: &HeaderMap, token: &str) -> bool;

    /// Adds to a page with forms what the browser needs for them.
    fn remember(&self, response: &mut Response);

    async fn clients(&self, rules: &PersonRules) -> anyhow::Result<Vec<KnownClient>>;

    /// Leaves a client no more than these.
    async fn narrow(
        &self,
        client: &KnownClient,
        wanted: &ScopeList,
        address: Option<ClientAddress>,
    ) -> anyhow::Result<Changed>;

    /// Ends what a client was given.
    async fn disconnect(&self, client: &KnownClient, address: Option<ClientAddress>) -> anyhow::Result<Changed>;

    async fn provisioned(&self) -> anyhow::Result<Provisioned>;

    /// To where the person gives access. `None`: there is nothing to give.
    async fn give(&self, headers: &HeaderMap) -> anyhow::Result<Option<Response>>;

    /// Takes access back. What was there may be none.
    async fn take_back(&self) -> anyhow::Result<()>;

    /// Ends the session, and takes the cookie with this answer.
    async fn sign_out(&self, address: Option<ClientAddress>, response: &mut Response) -> anyhow::Result<()>;
}
