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

mod access;
mod answers;
mod cors;
mod gate;
mod stock_cors;

use axum::{Router, middleware, routing::MethodRouter};

pub use access::Access;
pub(crate) use access::only_reads;
pub(crate) use gate::LacksScope;
pub use stock_cors::StockCors;

use crate::Cloud;

/// How refusals look, and which extra rules hold. In the extensions of each request, for what reads it before its handler.
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

/// One route as it was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Path as axum matches it, with its prefix.
    pub path: String,
    /// How its refusals look.
    pub surface: Surface,
    /// Who may use it.
    pub access: Access,
    /// Whether Nextcloud marks its controller `@CORS`; see [`StockCors`].
    pub is_marked_cors: bool,
}

/// What the gate knows of a route.
#[derive(Debug, Clone, Copy)]
struct Rule {
    surface: Surface,
    access: Access,
    is_marked_cors: bool,
}

/// Routes of one surface. See the module's text.
pub struct Routes {
    surface: Surface,
    cloud: Cloud,
    is_marked_cors: bool,
    router: Router<Cloud>,
    declared: Vec<Declared>,
}

impl Routes {
    /// No routes yet.
    pub fn new(surface: Surface, cloud: &Cloud) -> Self {
        Self {
            surface,
            cloud: cloud.clone(),
            is_marked_cors: false,
            router: Router::new(),
            declared: Vec::new(),
        }
    }

    /// Says that Nextcloud marks the controllers of the routes that follow `@CORS`.
    #[must_use]
    pub const fn marked_cors(mut self) -> Self {
        self.is_marked_cors = true;
        self
    }

    /// One path. `methods` decides by method; what it does not list is answered 405, after the gate.
    ///
    /// Paths of apps and pages also exist below `/index.php`, on every Nextcloud (P01). Paths of OCS are given without
    /// `/ocs/v1.php` and `/ocs/v2.php` and exist below both.
    #[must_use]
    pub fn at(mut self, path: &str, access: Access, methods: MethodRouter<Cloud>) -> Self {
        let rule = Rule {
            surface: self.surface,
            access,
            is_marked_cors: self.is_marked_cors,
        };
        let state = (self.cloud.clone(), rule);
        let methods = methods.layer(middleware::from_fn_with_state(state, gate::pass));
        let prefixes: &[&str] = match self.surface {
            Surface::App | Surface::Page => &["", "/index.php"],
            Surface::Ocs => &["/ocs/v1.php", "/ocs/v2.php"],
            Surface::Dav | Surface::Plain => &[""],
        };
        for prefix in prefixes {
            let path = format!("{prefix}{path}");
            self.router = self.router.route(&path, methods.clone());
            self.declared.push(Declared {
                path,
                surface: self.surface,
                access,
                is_marked_cors: self.is_marked_cors,
            });
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

    /// These and those of another surface.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.declared.extend(other.declared);
        self
    }

    /// What was declared.
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// The routes as axum's.
    pub fn into_router(self) -> Router<Cloud> {
        self.router
    }
}

#[cfg(test)]
mod tests;
