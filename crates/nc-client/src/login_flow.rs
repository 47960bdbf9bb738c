//! Login Flow v2: an app password for this program, without seeing the account's password.

use std::time::Duration;

use http::Method;
use nc_proto::{
    account::CloudUser,
    login_flow::{Granted, LIFETIME_S, Started},
};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use url::Url;

use crate::{BaseUrl, Client, Credential, Error, Subject, nextcloud::Nextcloud, request::Request};

/// First wait between two polls; grows to [`SLOWEST`].
const FASTEST: Duration = Duration::from_secs(2);
const SLOWEST: Duration = Duration::from_secs(5);

/// A login flow that was started.
#[derive(Debug)]
pub struct LoginFlow {
    nextcloud: Nextcloud,
    login_url: Url,
    token: SecretString,
    expires: OffsetDateTime,
}

/// What a poll finds.
#[derive(Debug)]
pub enum Poll {
    /// The person has not finished yet.
    Pending,
    /// The app password. It is given once, so store it before anything else.
    Granted(Grant),
}

/// An app password.
#[derive(Debug)]
pub struct Grant {
    /// Name to sign in with; not always the user's id.
    pub login_name: String,
    /// The app password.
    pub app_password: SecretString,
}

impl LoginFlow {
    /// Starts a flow. `name` becomes the app password's name in the person's settings, so it should tell program and
    /// machine.
    ///
    /// # Errors
    /// [`Error::BadAnswer`] if the server names another place to sign in than itself; otherwise as for every call.
    pub async fn start(nextcloud: &Nextcloud, name: &str) -> Result<Self, Error> {
        let subject = Subject::named("the sign-in");
        let path = ["index.php", "login", "v2"].map(str::to_owned).to_vec();
        let mut request = Request::new(nextcloud, None, Method::POST, path, subject);
        request.area = "login";
        request.name = Some(name.to_owned());
        let started: Started = request.read_object().await?;
        let config = nextcloud.config();
        let public = config.public_url.as_ref().unwrap_or(&config.base_url);
        let login_url = rebase(&started.login, &config.base_url, public).ok_or_else(foreign)?;
        // The place to poll is ours in any case; that it is named elsewhere would mean a misconfigured server.
        rebase(&started.poll.endpoint, &config.base_url, public).ok_or_else(foreign)?;
        Ok(Self {
            nextcloud: nextcloud.clone(),
            login_url,
            token: started.poll.token.into(),
            expires: nextcloud.clock().now() + lifetime(),
        })
    }

    /// A flow that was started earlier, perhaps by another process, by its [`Self::token`]. When it began is for the caller
    /// to know: the Nextcloud says of one that has ended the same as of one that is pending.
    pub fn resume(nextcloud: &Nextcloud, token: SecretString) -> Self {
        let config = nextcloud.config();
        let address = config.public_url.as_ref().unwrap_or(&config.base_url);
        Self {
            nextcloud: nextcloud.clone(),
            login_url: address.as_url().clone(),
            token,
            expires: nextcloud.clock().now() + lifetime(),
        }
    }

    /// What the flow is polled with. A secret: whoever has it gets the app password.
    pub const fn token(&self) -> &SecretString {
        &self.token
    }

    /// The page for the person to open in a browser.
    pub const fn login_url(&self) -> &Url {
        &self.login_url
    }

    /// When the flow ends by itself.
    pub const fn expires(&self) -> OffsetDateTime {
        self.expires
    }

    /// Asks once whether it is granted. Not more often than every two seconds.
    ///
    /// # Errors
    /// [`Error::Timeout`] when the flow has ended; otherwise as for every call.
    pub async fn poll(&self) -> Result<Poll, Error> {
        if self.nextcloud.clock().now() >= self.expires {
            return Err(Error::Timeout {
                subject: Subject::named("the sign-in"),
            });
        }
        // Always through `/index.php`: the address that the server names may need a rewrite that is not set up.
        let path = ["index.php", "login", "v2", "poll"].map(str::to_owned).to_vec();
        let mut request = Request::new(&self.nextcloud, None, Method::POST, path, Subject::named("the sign-in"));
        request.area = "login";
        match request
            .form(&[("token", self.token.expose_secret())])
            .read_object::<Granted>()
            .await
        {
            Ok(granted) => Ok(Poll::Granted(self.read(granted))),
            Err(Error::NotFound { .. }) => Ok(Poll::Pending),
            Err(error) => Err(error),
        }
    }

    /// The server of the answer is what the Nextcloud believes to be called, which is wrong behind many a proxy. The flow ran
    /// at the configured address, so that is where the app password is used, and nowhere else.
    fn read(&self, granted: Granted) -> Grant {
        let config = self.nextcloud.config();
        let public = config.public_url.as_ref().unwrap_or(&config.base_url);
        if !granted.server.is_empty() && rebase(&granted.server, &config.base_url, public).is_none() {
            tracing::warn!("the Nextcloud calls itself by another address than the configured one, which is kept");
        }
        Grant {
            login_name: granted.login_name,
            app_password: granted.app_password.into(),
        }
    }

    /// Polls until it is granted or the flow ends. Short failures of the network are sat out.
    ///
    /// # Errors
    /// As for [`Self::poll`].
    pub async fn wait(&self) -> Result<Grant, Error> {
        let mut pause = FASTEST;
        loop {
            tokio::time::sleep(pause).await;
            match self.poll().await {
                Ok(Poll::Granted(grant)) => return Ok(grant),
                Ok(Poll::Pending) => {}
                Err(error) if error.is_passing() && self.nextcloud.clock().now() < self.expires => {}
                Err(error) => return Err(error),
            }
            pause = (pause + Duration::from_millis(500)).min(SLOWEST);
        }
    }
}

impl Grant {
    /// The credential to work with.
    pub fn credential(&self) -> Credential {
        Credential::Basic {
            login: self.login_name.clone(),
            password: self.app_password.clone(),
        }
    }
}

impl Client {
    /// Checks who signed in: with `expected`, it must be that user's id; somebody else's app password is taken back.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is somebody else; otherwise as for every call.
    pub async fn confirm_user(&self, expected: Option<&str>) -> Result<std::sync::Arc<CloudUser>, Error> {
        let user = self.user().await?;
        match expected {
            Some(expected) if expected != user.id => {
                self.revoke_app_password().await?;
                let reason = crate::error::Reason::ours("somebody else signed in");
                Err(Error::Forbidden {
                    subject: Subject::named("the account"),
                    reason,
                })
            }
            _ => Ok(user),
        }
    }

    /// Takes the app password of this handle back, at the cloud. It is unusable afterwards.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the credential is an account's password; otherwise as for every call.
    pub async fn revoke_app_password(&self) -> Result<(), Error> {
        let request = self.ocs(
            Method::DELETE,
            &["core", "apppassword"],
            Subject::named("the app password"),
        );
        let (_, _): (serde_json::Value, _) = crate::nextcloud::read_ocs(request).await?;
        self.nextcloud.accounts().reject(&self.account);
        Ok(())
    }
}

fn lifetime() -> time::Duration {
    time::Duration::seconds(LIFETIME_S.try_into().unwrap_or(i64::MAX))
}

/// The address as people's browsers reach it, if it is one of this Nextcloud: the server may be known by an internal
/// address, a public one, or both.
fn rebase(address: &str, internal: &BaseUrl, public: &BaseUrl) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let known = [public, internal].into_iter().find(|base| {
        let base_url = base.as_url();
        base_url.scheme() == url.scheme()
            && base_url.host() == url.host()
            && base_url.port_or_known_default() == url.port_or_known_default()
    })?;
    // A server below a subpath may name it or not.
    let path = url.path().strip_prefix(known.subpath()).unwrap_or(url.path());
    let mut rebased = public.as_url().clone();
    rebased.set_path(&format!("{}{path}", public.subpath()));
    rebased.set_query(url.query());
    Some(rebased)
}

fn foreign() -> Error {
    let what = "it names another address to sign in at; check the server's overwrite settings or the public address";
    Error::bad_answer(Subject::named("the sign-in"), 200, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_nextcloud_is_a_place_to_sign_in_at() {
        let internal = BaseUrl::parse("http://nextcloud:80/cloud").expect("internal");
        let public = BaseUrl::parse("https://cloud.example.org/cloud").expect("public");
        let rebased = |address| rebase(address, &internal, &public).map(|url| url.to_string());
        let expected = Some("https://cloud.example.org/cloud/login/v2/flow/abc".to_owned());
        assert_eq!(rebased("https://cloud.example.org/cloud/login/v2/flow/abc"), expected);
        assert_eq!(rebased("http://nextcloud/cloud/login/v2/flow/abc"), expected);
        assert_eq!(rebased("https://cloud.example.org:443/login/v2/flow/abc"), expected);
        assert_eq!(rebased("https://evil.example/login/v2/flow/abc"), None);
        assert_eq!(rebased("https://cloud.example.org:8443/login"), None);
        assert_eq!(rebased("javascript:alert(1)"), None);
    }
}
