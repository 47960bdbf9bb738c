pub(crate) mod world;

mod clients;
mod codes;
mod discovery;
mod exchange;
mod introspection;
mod refreshing;
mod registering;
mod revocation;
mod userinfo;
mod webfinger;
