//! WebDAV through the wire: what no recording shows.

#![cfg(test)]

mod comments;
mod locks;
mod names;
mod properties;
mod tags;
mod trash;
mod uploads;
mod versions;
mod wire;
mod writes;
