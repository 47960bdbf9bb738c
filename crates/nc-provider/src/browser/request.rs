//! Judges an authorization request (the order of checks is that of the specification: the first failure wins).
//!
//! A waiting request is judged again at every step, since client, scopes and resources may have changed meanwhile.

use nc_proto::oauth::{
    authorize::{Addressed, AuthorizeRequest, ResponseMode, STATE_MAX_BYTES},
    error::{AuthorizeError, PageError},
    form::Form,
    pkce::PlainMethod,
    scope_list::{ScopeError, ScopeList},
};

use super::answer::Return;
use crate::{Client, Endpoint, Error, GrantType, Provider, Resource, resources::is_about_the_user};

/// A request that may be put to a user.
pub(crate) struct Checked {
    /// Who asks.
    pub(crate) client: Client,
    /// Where the answer goes.
    pub(crate) back: Return,
    /// The redirect URI as the request named it.
    pub(crate) named_redirect_uri: Option<String>,
    /// Its values.
    pub(crate) request: AuthorizeRequest,
    /// What it asks for, of what the client may have and the resources define.
    pub(crate) scopes: ScopeList,
    /// For which resources; none means user info only.
    pub(crate) resources: Vec<Resource>,
}

/// Why a request is not put to a user.
pub(crate) enum Fault {
    /// Nobody is known to tell it to: a page.
    Page(PageError),
    /// Told to the client.
    Told(Box<Return>, AuthorizeError),
    /// We failed.
    Failed(Error),
}

impl From<PageError> for Fault {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through the browser.
    Browser,
    /// From the client itself (RFC 9126).
    Pushed,
}

/// Who asks, and where an answer goes: steps 2 and 3, after which errors may be told to the client.
pub(crate) async fn address(provider: &Provider, form: &Form) -> Result<(Client, Return), Fault> {
    let addressed = Addressed::read(form)?;
    let client = provider.find_client(addressed.client_id).await?;
    let client = client.ok_or(PageError::UnknownClient)?;
    let redirect_uri = client
        .redirect_uri(addressed.redirect_uri)
        .ok_or(PageError::RedirectUri)?;
    let back = Return {
        redirect_uri,
        mode: ResponseMode::of(form, client.flows()),
        state: addressed.state.map(str::to_owned),
        client: client.document.name.clone(),
    };
    Ok((client, back))
}

/// Judges a request whose parameters are all here.
pub(crate) async fn check(provider: &Provider, form: &Form, way: Way) -> Result<Checked, Fault> {
    let (client, back) = address(provider, form).await?;
    match read(provider, form, way, &client).await {
        Ok((request, scopes, resources)) => Ok(Checked {
            named_redirect_uri: form.get("redirect_uri").map(str::to_owned),
            client,
            back,
            request,
            scopes,
            resources,
        }),
        Err(Unfit::Told(error)) => Err(Fault::Told(Box::new(back), error)),
        Err(Unfit::Failed(error)) => Err(Fault::Failed(error)),
    }
}

enum Unfit {
    Told(AuthorizeError),
    Failed(Error),
}

impl From<AuthorizeError> for Unfit {
    fn from(error: AuthorizeError) -> Self {
        Self::Told(error)
    }
}

impl From<ScopeError> for Unfit {
    fn from(error: ScopeError) -> Self {
        Self::Told(error.into())
    }
}

async fn read(
    provider: &Provider,
    form: &Form,
    way: Way,
    client: &Client,
) -> Result<(AuthorizeRequest, ScopeList, Vec<Resource>), Unfit> {
    let settings = provider.settings().await.map_err(Unfit::Failed)?;
    let plain = if settings.allow_plain_challenge {
        PlainMethod::On
    } else {
        PlainMethod::Off
    };
    let request = AuthorizeRequest::read(form, plain, client.flows());
    if let Err(error) = &request
        && !comes_after_resources(*error, form)
    {
        return Err((*error).into());
    }
    if !client.document.grants.contains(&GrantType::AuthorizationCode) {
        return Err(AuthorizeError::UnauthorizedClient.into());
    }
    if client.document.require_par && way != Way::Pushed {
        return Err(AuthorizeError::InvalidRequest.into());
    }
    let asked = form.get("scope").map(ScopeList::parse).transpose()?;
    let scopes = scopes(provider, client, asked.as_ref()).await?;
    let named: Vec<&str> = form.resources().collect();
    let resources = resources(
        provider,
        client,
        &named,
        settings.default_resource_identifier.as_deref(),
    )
    .await?;
    let scopes = narrow(scopes, &resources)?;
    let request = request?;
    // There is no ID token without it (OpenID Connect Core §3.1.2.1).
    if request.response_type.has_id_token() && !scopes.contains("openid") {
        return Err(AuthorizeError::InvalidScope.into());
    }
    Ok((request, scopes, resources))
}

/// Whether a fault is one of step 8 and later, so that unknown scopes and resources are told before it.
fn comes_after_resources(error: AuthorizeError, form: &Form) -> bool {
    let state_fits = form.get("state").is_none_or(|state| state.len() <= STATE_MAX_BYTES);
    match error {
        AuthorizeError::Prompt | AuthorizeError::MaxAge | AuthorizeError::Claims | AuthorizeError::DpopThumbprint => {
            true
        }
        AuthorizeError::TooLong => state_fits,
        _ => false,
    }
}

/// Step 6: what it asks for, or its default; never more than it may have, and never nothing.
async fn scopes(provider: &Provider, client: &Client, asked: Option<&ScopeList>) -> Result<ScopeList, Unfit> {
    let public = &provider.config().public_scopes;
    let allowed = if let Some(asked) = asked {
        let known = known_scopes(provider, client).await.map_err(Unfit::Failed)?;
        if asked.iter().any(|scope| !known.iter().any(|known| known == scope)) {
            return Err(AuthorizeError::InvalidScope.into());
        }
        client.allowed(asked, public)
    } else {
        let document = &client.document;
        let all = document.allowed_scopes.as_ref().unwrap_or(public);
        let tokens = document.default_scopes.as_ref().unwrap_or(all);
        client.allowed(&ScopeList::from_tokens(tokens.iter().map(String::as_str))?, public)
    };
    if allowed.is_empty() {
        return Err(AuthorizeError::InvalidScope.into());
    }
    Ok(allowed)
}

/// Every scope that means something here.
async fn known_scopes(provider: &Provider, client: &Client) -> Result<Vec<String>, Error> {
    let config = provider.config();
    let mut known = config.public_scopes.clone();
    known.extend(config.resources.iter().flat_map(|(_, scopes)| scopes.iter().cloned()));
    for record in provider.store().list_resources().await? {
        known.extend(Resource::from_record(record)?.document.scopes);
    }
    known.extend(client.document.allowed_scopes.iter().flatten().cloned());
    known.extend(client.document.custom_claims.iter().map(|claim| claim.scope.clone()));
    Ok(known)
}

/// Step 7: the resources that it names and may name; else its default one, else that of the settings.
async fn resources(
    provider: &Provider,
    client: &Client,
    named: &[&str],
    fallback: Option<&str>,
) -> Result<Vec<Resource>, Unfit> {
    let find = async |uri: &str| {
        let found = Resource::find(provider.config(), provider.store(), uri).await;
        let found = found.map_err(Unfit::Failed)?;
        Ok::<_, Unfit>(found.filter(|resource| client.may_name(resource)))
    };
    if !named.is_empty() {
        let user_info = provider.config().url(Endpoint::UserInfo);
        let mut found: Vec<Resource> = Vec::new();
        // Our own user info needs no naming, but may be.
        for uri in named.iter().filter(|uri| **uri != user_info) {
            let resource = find(uri).await?.ok_or(AuthorizeError::InvalidTarget)?;
            if found.iter().all(|known| known.uri != resource.uri) {
                found.push(resource);
            }
        }
        return Ok(found);
    }
    let default = client.document.default_resource.as_deref().or(fallback);
    let Some(uri) = default else { return Ok(Vec::new()) };
    let found = find(uri).await?;
    if found.is_none() {
        // Without it the token is good for user info only, which is never too much.
        tracing::warn!(
            client = client.id(),
            "the default resource is unknown or not open to this client"
        );
    }
    Ok(found.into_iter().collect())
}

/// What the resources define, and what is about the user. Without a resource nothing is taken away: then no resource
/// server but our own user info will take the token.
fn narrow(scopes: ScopeList, resources: &[Resource]) -> Result<ScopeList, Unfit> {
    if resources.is_empty() {
        return Ok(scopes);
    }
    let about_the_user = ScopeList::from_tokens(scopes.iter().filter(|scope| is_about_the_user(scope)))?;
    let narrowed = resources
        .iter()
        .fold(about_the_user, |sum, resource| sum.union(&resource.narrow(&scopes)));
    if narrowed.is_empty() {
        return Err(AuthorizeError::InvalidScope.into());
    }
    Ok(narrowed)
}
