//! OAuth 2.0 and `OpenID` Connect as wire formats and rules: without I/O, clock, storage or signing.
//!
//! * [`authorize`]: the authorization request and its answer.
//! * [`client_auth`]: how a client says who it is.
//! * [`error`]: what can go wrong at each endpoint, with the codes of the RFCs.
//! * [`form`]: `application/x-www-form-urlencoded`, strictly.
//! * [`jose`]: signed tokens up to the point where a key is needed.
//! * [`pkce`]: proof of possession of an authorization request (RFC 7636).
//! * [`redirect_uri`]: where an answer may be sent.
//! * [`scope_list`]: lists of scopes.

pub mod authorize;
pub mod client_auth;
pub mod error;
pub mod form;
pub mod jose;
pub mod pkce;
pub mod redirect_uri;
pub mod scope_list;
