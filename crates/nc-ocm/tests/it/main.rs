//! Open Cloud Mesh through HTTP: real servers on this machine, each with a database of its own, one manual clock for all.

#![cfg(test)]

mod cavage;
mod discovery;
mod draft;
mod invites;
mod keys;
mod outbox;
mod post;
mod signatures;
mod ssrf;
mod stage;
mod support;
