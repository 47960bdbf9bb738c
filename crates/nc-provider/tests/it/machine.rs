pub(crate) mod world;

mod clients;
mod codes;
mod discovery;
mod refreshing;
