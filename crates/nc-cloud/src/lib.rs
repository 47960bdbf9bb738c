//! The embedded cloud: a small server that speaks the Nextcloud interfaces.
