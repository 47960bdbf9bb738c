//! Tokens of this server for people who sign in at an issuer elsewhere, which cannot make tokens for this server itself.
//! Clients never see a token of that issuer.

use async_trait::async_trait;
use http::StatusCode;
use nc_access::{
    NewRefresh, Vault,
    external::{Arrived, Purpose, Refreshed, SignInError, SignIns},
};
use nc_auth::{
    UserId,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_proto::oauth::{
    form::{Form, Limits},
    scope_list::ScopeList,
};
use nc_provider::{CameBack, Directory, DirectoryError, IssuerAccounts, NotBack, Person, Provider};

use super::giving::told;
use crate::config::CloudAccessKind;

/// The sign-in of the authorization server.
pub(super) struct AtIssuer {
    pub(super) host: String,
    pub(super) sign_ins: SignIns,
    pub(super) vault: Vault,
    pub(super) refreshed: Option<Refreshed>,
    /// Scopes that are asked for beside who it is.
    pub(super) asked: ScopeList,
    /// Named to issuers that understand it.
    pub(super) resource: Option<String>,
}

impl AtIssuer {
    /// Keeps what came for the Nextcloud, where that is how it is reached; anything else is given up.
    async fn keep(&self, arrived: &Arrived) -> Result<(), NotBack> {
        let (party, tokens) = (self.sign_ins.party(), &arrived.believed.tokens);
        let (Some(refreshed), Some(token)) = (&self.refreshed, &tokens.refresh_token) else {
            party.give_up(tokens).await;
            return Ok(());
        };
        let subject = &arrived.believed.subject;
        let granted = tokens.scope.as_ref().unwrap_or(&arrived.asked);
        let new = NewRefresh {
            token,
            expires_at: tokens.refresh_ends_at,
            scopes: granted.iter().map(str::to_owned).collect(),
            client: String::new(),
            name: arrived.believed.name.clone(),
        };
        match self.vault.keep_refresh(subject, new).await {
            Ok(_) => {
                refreshed
                    .note(subject, &tokens.access_token, tokens.access_ends_at)
                    .await;
                Ok(())
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a refresh token could not be kept"
                );
                party.give_up(tokens).await;
                Err(NotBack {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    title: "This server could not keep that",
                    text: "You signed in, but this server could not keep that. Nothing has been shared. Try again in a minute."
                        .to_owned(),
                })
            }
        }
    }
}

#[async_trait]
impl Directory for AtIssuer {
    /// Whoever the issuer signs in exists. More than the name is not known here.
    async fn find_person(&self, uid: &UserId) -> Result<Option<Person>, DirectoryError> {
        Ok(Some(Person {
            uid: uid.as_str().to_owned(),
            display_name: uid.as_str().to_owned(),
            ..Person::default()
        }))
    }

    fn lacks(&self) -> &'static [&'static str] {
        &[
            "updated_at",
            "website",
            "phone_number",
            "address",
            "picture",
            "quota",
            "email",
            "email_verified",
            "groups",
            "roles",
        ]
    }
}

#[async_trait]
impl IssuerAccounts for AtIssuer {
    fn host(&self) -> String {
        self.host.clone()
    }

    fn origin(&self) -> String {
        self.sign_ins.party().origin()
    }

    async fn begin(&self, browser: &str, rid: &str) -> Result<String, DirectoryError> {
        let purpose = Purpose::Client { rid: rid.to_owned() };
        let begun = self
            .sign_ins
            .begin(browser, purpose, &self.asked, self.resource.as_deref())
            .await;
        let url = begun.map_err(|error| DirectoryError(Box::new(error)))?;
        Ok(url.into())
    }

    async fn finish(&self, browser: &str, query: &str) -> Result<CameBack, NotBack> {
        let answer =
            Form::parse(query.as_bytes(), Limits::AUTHORIZE).map_err(|_| not_back(&SignInError::Incomplete))?;
        let arrived = self.sign_ins.finish(browser, &answer).await;
        let arrived = arrived.map_err(|error| not_back(&error))?;
        let Purpose::Client { rid } = &arrived.purpose else {
            self.sign_ins.party().give_up(&arrived.believed.tokens).await;
            return Err(not_back(&SignInError::Unknown));
        };
        self.keep(&arrived).await?;
        Ok(CameBack {
            rid: rid.clone(),
            uid: UserId::new(arrived.believed.subject.as_str()),
        })
    }
}

fn not_back(error: &SignInError) -> NotBack {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "a sign-in at the issuer did not end well"
    );
    let (status, title, text) = told(error);
    NotBack {
        status,
        title,
        text: text.to_owned(),
    }
}

/// What people are asked for at the issuer. The scopes of the tools are this server's; the issuer gets those that the operator
/// names.
pub(super) fn asked(kind: CloudAccessKind, requested: Option<&str>) -> ScopeList {
    let mut names = vec!["openid", "profile"];
    if kind == CloudAccessKind::RefreshToken {
        names.push("offline_access");
        names.extend(requested.unwrap_or_default().split(' ').filter(|name| !name.is_empty()));
    }
    ScopeList::from_tokens(names).unwrap_or_default()
}

/// The tokens of the authorization server, for the person as the issuer names them.
pub(super) struct ProxyTokens(pub(super) Provider);

#[async_trait]
impl VerifyToken for ProxyTokens {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let mut context = self.0.verify(token).await?;
        context.subject = context.user.as_str().into();
        Ok(context)
    }
}
