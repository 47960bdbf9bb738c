//! The Cookbook interface through the wire.

#![cfg(test)]

mod changes;
mod hostile;
mod imports;
mod recipes;
mod web;
mod wire;
