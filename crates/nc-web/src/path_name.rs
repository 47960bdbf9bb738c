use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

/// The only variable of a path, a name of something. One that is not UTF-8 is empty, which is the name of nothing, so that it is
/// answered as every other unknown name, in the words of the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathName(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let name = Path::from_request_parts(parts, state).await;
        Ok(Self(name.map_or_else(|_| String::new(), |Path(name)| name)))
    }
}
