//! Which browsers have opened which links with their passwords.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, header};
use moka::sync::Cache;
use nc_web::{cookies, csrf};
use sha2::{Digest, Sha256};

use super::{Refused, forged};
use crate::{BaseUrl, Error, random, sharing::Share};

const COOKIE: &str = "nc_link";

/// How long a browser need not give the password again.
const OPEN_FOR: Duration = Duration::from_hours(1);

/// So many are remembered.
const MOST: u64 = 10_000;

/// Length of what a browser proves itself with: 190 bits.
const SECRET_LENGTH: usize = 32;

/// Links that browsers have opened. In memory only: after a restart the password is asked for again.
pub(crate) struct OpenedLinks(Cache<([u8; 32], i64), String>);

impl Default for OpenedLinks {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(OPEN_FOR).build())
    }
}

impl OpenedLinks {
    /// Whether a link has no password, or this browser gave the one that it has now.
    pub(super) fn has(&self, browser: &Browser, share: &Share) -> bool {
        let Some(hash) = &share.password_hash else {
            return true;
        };
        self.0.get(&(browser.key(), share.id)).as_ref() == Some(hash)
    }

    pub(super) fn add(&self, browser: &Browser, share: &Share) {
        if let Some(hash) = &share.password_hash {
            self.0.insert((browser.key(), share.id), hash.clone());
        }
    }
}

/// A browser, by the secret in its cookie.
pub(super) struct Browser {
    secret: String,
    is_new: bool,
}

impl Browser {
    /// The one that sent a request; one without a secret gets one.
    pub(super) fn of(headers: &HeaderMap, base: &BaseUrl) -> Result<Self, Error> {
        let known = cookies::find(headers, COOKIE, base.is_https());
        match known.filter(|secret| secret.len() == SECRET_LENGTH) {
            Some(secret) => Ok(Self {
                secret: secret.to_owned(),
                is_new: false,
            }),
            None => Self::fresh(),
        }
    }

    /// One with a new secret: after a password was given, nobody who knew the former one comes along.
    pub(super) fn fresh() -> Result<Self, Error> {
        Ok(Self {
            secret: random::secret_text(SECRET_LENGTH)?,
            is_new: true,
        })
    }

    fn key(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }

    /// The token for a form.
    pub(super) fn csrf(&self, purpose: &str) -> String {
        csrf::token(&self.secret, purpose)
    }

    /// Fails unless a form came from a page of ours in this browser.
    pub(super) fn check(&self, base: &BaseUrl, headers: &HeaderMap, purpose: &str, token: &str) -> Result<(), Refused> {
        let own = csrf::is_valid(&self.secret, purpose, token) && !csrf::is_cross_site(headers, base.authority());
        own.then_some(()).ok_or_else(forged)
    }

    /// Gives the browser its secret, if that is new.
    pub(super) fn keep(&self, base: &BaseUrl, mut response: Response) -> Response {
        let cookie = cookies::Cookie {
            name: COOKIE,
            value: &self.secret,
            max_age_s: u32::try_from(OPEN_FOR.as_secs()).unwrap_or(u32::MAX),
            secure: base.is_https(),
        };
        if self.is_new
            && let Some(value) = cookie.header_value()
        {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }
}
