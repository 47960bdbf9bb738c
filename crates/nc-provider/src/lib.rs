//! Authorization server and `OpenID` provider.
