//! Routes that cannot be added without saying who may use them.
//!
//! ```text
//! Routes::new(Surface::App, cloud)
//!     .at("/apps/notes/api/v1/notes", Access::scoped(Scope::NotesRead, Scope::NotesWrite), get(list).post(create))
//! Routes::new(Surface::Dav, cloud)
//!     .subtree("/remote.php/dav/files", Access::scoped(Scope::FilesRead, Scope::FilesWrite), any(serve))
//! ```
//!
//! The gate runs before the handler: it reads the one credential, checks the declared access, and puts a
//! [`SignedIn`](crate::SignedIn) into the request's extensions. The handler sees the request's own, undecoded URI.

mod answers;
mod gate;

use axum::{Router, middleware, routing::MethodRouter};
use http::Method;
use nc_auth::{Scope, ScopeSet};

use crate::Cloud;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody; a credential is not even looked at.
    Public,
    /// Everybody; a good credential gives a fuller answer, a bad one counts as a failed attempt and as none (P08).
    Optional,
    /// Every signed-in user, whatever the credential's scopes. For what belongs to the credential itself.
    User,
    /// Signed-in users whose credential carries no scopes: for what changes the account itself or makes credentials, which
    /// no scope covers.
    Unscoped,
    /// Signed-in users whose credential holds the scope of the request's method.
    Scoped {
        /// For methods that only read: GET, HEAD, OPTIONS, PROPFIND, REPORT, SEARCH.
        read: Scope,
        /// For all others.
        write: Scope,
    },
}

impl Access {
    /// [`Access::Scoped`], shorter.
    pub const fn scoped(read: Scope, write: Scope) -> Self {
        Self::Scoped { read, write }
    }

    /// The scopes that a request with `method` needs.
    pub fn needed(self, method: &Method) -> ScopeSet {
        match self {
            Self::Public | Self::Optional | Self::User | Self::Unscoped => ScopeSet::EMPTY,
            Self::Scoped { read, write } => ScopeSet::EMPTY.with(if only_reads(method) { read } else { write }),
        }
    }
}

fn only_reads(method: &Method) -> bool {
    matches!(
        method.as_str(),
        "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT" | "SEARCH"
    )
}

/// How refusals look, and which extra rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// WebDAV: sabre's XML errors, a Basic challenge.
    Dav,
    /// OCS: the envelope, and the header `OCS-APIRequest` against forged requests from browsers.
    Ocs,
    /// Apps' own REST interfaces: `{"message": …}`.
    App,
    /// Pages for browsers.
    Page,
    /// Single addresses at the root, as they are.
    Plain,
}

/// Routes of one surface. See the module's text.
pub struct Routes {
    surface: Surface,
    cloud: Cloud,
    router: Router<Cloud>,
}

impl Routes {
    /// No routes yet.
    pub fn new(surface: Surface, cloud: &Cloud) -> Self {
        Self {
            surface,
            cloud: cloud.clone(),
            router: Router::new(),
        }
    }

    /// One path. `methods` decides by method; what it does not list is answered 405, after the gate.
    ///
    /// Paths of apps and pages also exist below `/index.php`, on every Nextcloud (P01). Paths of OCS are given without
    /// `/ocs/v1.php` and `/ocs/v2.php` and exist below both.
    #[must_use]
    pub fn at(mut self, path: &str, access: Access, methods: MethodRouter<Cloud>) -> Self {
        let state = (self.cloud.clone(), self.surface, access);
        let methods = methods.layer(middleware::from_fn_with_state(state, gate::pass));
        let prefixes: &[&str] = match self.surface {
            Surface::App | Surface::Page => &["", "/index.php"],
            Surface::Ocs => &["/ocs/v1.php", "/ocs/v2.php"],
            Surface::Dav | Surface::Plain => &[""],
        };
        for prefix in prefixes {
            self.router = self.router.route(&format!("{prefix}{path}"), methods.clone());
        }
        self
    }

    /// `prefix` itself and everything below it, with any method: for WebDAV, whose methods axum has no filter for.
    /// Pass `axum::routing::any(handler)`.
    #[must_use]
    pub fn subtree(self, prefix: &str, access: Access, any: &MethodRouter<Cloud>) -> Self {
        self.at(prefix, access, any.clone())
            .at(&format!("{prefix}/"), access, any.clone())
            .at(&format!("{prefix}/{{*path}}"), access, any.clone())
    }

    /// The routes as axum's.
    pub fn into_router(self) -> Router<Cloud> {
        self.router
    }
}

#[cfg(test)]
mod tests;
