pub(crate) mod world;

mod allowing;
mod clients;
mod codes;
mod counting;
mod discovery;
mod equal_work;
mod exchange;
mod in_process;
mod introspection;
mod keys;
mod late_keys;
mod refreshing;
mod registering;
mod revocation;
mod scopes;
mod userinfo;
mod webfinger;
