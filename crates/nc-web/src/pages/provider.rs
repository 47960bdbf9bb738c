//! The pages of the authorization server: sign in, consent, connected apps, sign out.
//!
//! Every form posts `csrf`; those that belong to an authorization request post `rid` too. Scopes come as repeated
//! `scope` fields, one for each ticked box.

mod connected_apps;
mod consent;
mod elsewhere;
mod form_post;
mod logout;
mod passkeys;
mod scope_choice;
mod sign_in;

pub use connected_apps::{ConnectedApp, ConnectedApps};
pub use consent::Consent;
pub use elsewhere::{Cancel, StartAgain, StartElsewhere, Waiting};
pub use form_post::FormPost;
pub use logout::{LogoutQuestion, SignedOut};
pub use passkeys::{NewPasskey, PasskeyEntry, PasskeySignIn, Passkeys};
pub use scope_choice::{ScopeChoice, ScopeGroup};
pub use sign_in::{SecondFactor, SignIn};

#[cfg(test)]
mod tests;
