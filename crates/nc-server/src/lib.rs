//! Assembles the application from a configuration; gives the binary `nextcloud-mcp`.

pub mod config;
