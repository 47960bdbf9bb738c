//! OAuth 2.0 and `OpenID` Connect as wire formats and rules: without I/O, clock, storage or signing.
//!
//! * [`authorize`]: the authorization request and its answer.
//! * [`bearer`]: tokens in the `Authorization` header.
//! * [`challenge`]: what a refused request is asked for, in `WWW-Authenticate`.
//! * [`client_auth`]: how a client says who it is.
//! * [`dpop`]: proofs of possession of a key (RFC 9449).
//! * [`error`]: what can go wrong at each endpoint, with the codes of the RFCs.
//! * [`form`]: `application/x-www-form-urlencoded`, strictly.
//! * [`jose`]: signed tokens up to the point where a key is needed.
//! * [`pkce`]: proof of possession of an authorization request (RFC 7636).
//! * [`redirect_uri`]: where an answer may be sent.
//! * [`scope_list`]: lists of scopes.
//! * [`token`]: requests for tokens and their answers.

pub mod authorize;
pub mod bearer;
pub mod challenge;
pub mod client_auth;
pub mod dpop;
pub mod error;
pub mod form;
pub mod jose;
pub mod pkce;
pub mod redirect_uri;
pub mod scope_list;
pub mod token;
