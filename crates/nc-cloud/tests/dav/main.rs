//! WebDAV through the wire: what no recording shows.

#![cfg(test)]

mod locks;
mod names;
mod properties;
mod trash;
mod uploads;
mod wire;
mod writes;
