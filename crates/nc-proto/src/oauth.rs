//! OAuth 2.0 and `OpenID` Connect as wire formats and rules: without I/O, clock, storage or signing.
//!
//! * [`error`]: what can go wrong at each endpoint, with the codes of the RFCs.
//! * [`form`]: `application/x-www-form-urlencoded`, strictly.
//! * [`pkce`]: proof of possession of an authorization request (RFC 7636).
//! * [`redirect_uri`]: where an answer may be sent.
//! * [`scope_list`]: lists of scopes.

pub mod error;
pub mod form;
pub mod pkce;
pub mod redirect_uri;
pub mod scope_list;
