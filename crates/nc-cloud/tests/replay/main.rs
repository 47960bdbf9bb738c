//! Replays recorded requests of a real Nextcloud 32 against the booted cloud, by the rules of `fixtures/README.md`:
//! same status, media type, headers and shape of the body. Every intended difference is in a table, with its reason.

#![cfg(test)]

mod caldav;
mod carddav;
mod cookbook;
mod core;
mod dav_replay;
mod dav_shape;
mod deck;
mod differences;
#[expect(dead_code, reason = "the other binary that has this module needs more of it")]
#[path = "../federation/elsewhere.rs"]
mod elsewhere;
mod files;
mod notes;
mod ocm;
mod recording;
mod report;
mod shape;
mod sharing;
mod tables;
mod trash_versions_tags_comments;
#[expect(dead_code, reason = "the other binary that has this module needs more of it")]
#[path = "../cookbook/web.rs"]
mod web;
mod wire;
