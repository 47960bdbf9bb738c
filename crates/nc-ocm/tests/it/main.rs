//! Open Cloud Mesh through HTTP: real servers on this machine, each with a database of its own, one manual clock for all.

#![cfg(test)]

mod access_tokens;
mod cavage;
mod discovery;
mod draft;
mod flows;
mod flows_both_ways;
mod inbound;
mod invites;
mod keys;
mod offering;
mod outbox;
mod post;
mod private_authority;
mod receiver;
mod recipient;
mod replay;
mod routes;
mod share_life;
mod share_notifications;
mod signatures;
mod silence;
mod ssrf;
mod stage;
mod support;
mod token_endpoint;
