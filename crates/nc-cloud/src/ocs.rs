//! OCS, version 1 and 2: the envelope interface for accounts and capabilities.

mod app_passwords;
mod autocomplete;
mod capabilities;
mod envelope;
mod sub_admins;
mod users;
mod xml;

use std::borrow::Cow;

use axum::routing::{any, delete, get, post, put};
use http::StatusCode;
use nc_auth::Scope;

pub(crate) use envelope::Ocs;

use crate::{
    Cloud, Error,
    content::ContentError,
    routes::{Access, Routes, Surface},
};

/// What Nextcloud says about a route that it does not have, word by word.
const UNKNOWN_ROUTE: &str = "Invalid query, please check the syntax. API specifications are here: \
                             http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n";

/// Why an OCS call failed: the envelope's status code and text.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u16,
    message: Cow<'static, str>,
}

impl Failure {
    /// 998: nothing of that name, or nothing that the caller may know of.
    pub(crate) const NOT_FOUND: Self = Self::new(998, "");

    pub(crate) const fn new(code: u16, message: &'static str) -> Self {
        Self {
            code,
            message: Cow::Borrowed(message),
        }
    }

    /// With a text made at run time.
    pub(crate) fn saying(code: u16, message: String) -> Self {
        Self {
            code,
            message: Cow::Owned(message),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(message) => Self::new(400, message),
            Error::Exists(message) => Self::new(409, message),
            Error::NotFound(_) => Self::NOT_FOUND,
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "OCS call failed");
                Self::new(996, "Internal Server Error\n")
            }
        }
    }
}

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Storage(error) => error.into(),
            error => Self::saying(400, error.to_string()),
        }
    }
}

/// Who may look for people: whoever shares with them.
const SHARING: Access = Access::scoped(Scope::SharingRead, Scope::SharingWrite);

/// The routes below `/ocs/v1.php` and `/ocs/v2.php`.
pub(crate) fn routes(cloud: &Cloud) -> Routes {
    Routes::new(Surface::Ocs, cloud)
        .at("/config", Access::Public, get(capabilities::config))
        .at("/cloud/capabilities", Access::Optional, get(capabilities::get))
        .at("/cloud/user", Access::Own, get(users::me))
        .at("/cloud/user/fields", Access::Own, get(users::fields))
        .at("/cloud/users", Access::Administration, get(users::list))
        .at("/cloud/users/details", Access::Administration, get(users::list_details))
        .at("/cloud/users/{id}", Access::Administration, get(users::get))
        .at("/cloud/users/{id}", Access::Unscoped, put(users::update))
        .at("/cloud/users/{id}/groups", Access::Administration, get(users::groups))
        .at(
            "/cloud/users/{id}/subadmins",
            Access::Administration,
            get(sub_admins::groups_of)
                .post(sub_admins::add)
                .delete(sub_admins::remove),
        )
        .at(
            "/cloud/users/{id}/{collection}",
            Access::Unscoped,
            put(users::remove_from_collection),
        )
        .at("/cloud/groups", Access::Administration, get(users::list_groups))
        .at(
            "/cloud/groups/details",
            Access::Administration,
            get(users::list_group_details),
        )
        .at("/cloud/groups/{group}", Access::Administration, get(users::members))
        .at(
            "/cloud/groups/{group}/users",
            Access::Administration,
            get(users::members),
        )
        .at(
            "/cloud/groups/{group}/subadmins",
            Access::Administration,
            get(sub_admins::of_group),
        )
        .at("/core/getapppassword", Access::Unscoped, get(app_passwords::create))
        .at("/core/apppassword", Access::Password, delete(app_passwords::revoke))
        .at(
            "/core/apppassword/rotate",
            Access::Unscoped,
            post(app_passwords::rotate),
        )
        .at(
            "/core/apppassword/confirm",
            Access::Unscoped,
            put(app_passwords::confirm),
        )
        .at("/core/autocomplete/get", SHARING, get(autocomplete::get))
        .at("/{*rest}", Access::Public, any(unknown))
}

async fn unknown(ocs: Ocs) -> axum::response::Response {
    ocs.fail(&Failure::new(998, UNKNOWN_ROUTE))
}

/// The HTTP status that goes with an envelope's code in version 2, where the status tells the truth.
fn http_status(code: u16) -> StatusCode {
    match code {
        100 | 200 => StatusCode::OK,
        997 => StatusCode::UNAUTHORIZED,
        998 => StatusCode::NOT_FOUND,
        996 | 999 => StatusCode::INTERNAL_SERVER_ERROR,
        code => match StatusCode::from_u16(code) {
            Ok(status) if (200..600).contains(&code) => status,
            _ => StatusCode::BAD_REQUEST,
        },
    }
}
