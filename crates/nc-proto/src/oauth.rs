//! OAuth 2.0 and `OpenID` Connect as wire formats and rules: without I/O, clock, storage or signing.
//!
//! * [`assertion`]: signed statements that a client authenticates with.
//! * [`authorize`]: the authorization request and its answer.
//! * [`bearer`]: tokens in the `Authorization` header.
//! * [`challenge`]: what a refused request is asked for, in `WWW-Authenticate`.
//! * [`cimd`]: clients whose id is the URL of their metadata.
//! * [`client_auth`]: how a client says who it is.
//! * [`dpop`]: proofs of possession of a key (RFC 9449).
//! * [`error`]: what can go wrong at each endpoint, with the codes of the RFCs.
//! * [`form`]: `application/x-www-form-urlencoded`, strictly.
//! * [`introspection`]: what a token is worth (RFC 7662), and giving it up (RFC 7009).
//! * [`jose`]: signed tokens up to the point where a key is needed.
//! * [`metadata`]: how servers describe themselves.
//! * [`pkce`]: proof of possession of an authorization request (RFC 7636).
//! * [`redirect_uri`]: where an answer may be sent.
//! * [`registration`]: clients that register themselves (RFC 7591, RFC 7592).
//! * [`scope_list`]: lists of scopes.
//! * [`token`]: requests for tokens and their answers.

pub mod allowed_client;
pub mod assertion;
pub mod authorize;
pub mod bearer;
pub mod challenge;
pub mod cimd;
pub mod client_auth;
pub mod dpop;
pub mod error;
pub mod form;
pub mod introspection;
pub mod jose;
pub mod metadata;
pub mod pkce;
pub mod redirect_uri;
pub mod registration;
pub mod scope_list;
pub mod token;
