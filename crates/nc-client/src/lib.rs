//! Typed Nextcloud client: one handle per app over a small transport.
