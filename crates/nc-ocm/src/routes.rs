use axum::Router;

use crate::Ocm;

impl Ocm {
    /// Everything that other servers ask, at its place below the root of the origin. Nobody signs in here.
    pub fn router(&self) -> Router {
        Router::new().with_state(self.clone())
    }
}
