//! What people share with each other and with everybody, on the wire: nothing more is reached than what was shared, and
//! nothing more is done than what was allowed.

#![cfg(test)]

mod api;
mod leaks;
mod links;
mod mask;
mod mounts;
mod pages;
mod people;
mod reshares;
mod residents;
mod wire;
mod writers;
