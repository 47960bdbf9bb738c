//! Open Cloud Mesh through HTTP: real servers on this machine, each with a database of its own, one manual clock for all.

#![cfg(test)]

mod keys;
mod support;
