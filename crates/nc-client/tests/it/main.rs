//! Behaviour of the client through the wire: recorded traffic of a real Nextcloud, and servers that misbehave.

mod bearer_refused;
mod caldav_replay;
mod contacts_replay;
mod cookbook_replay;
mod core_replay;
mod deck_replay;
mod downloads;
mod files_replay;
mod header_rule;
mod login_flow;
mod names;
mod notes_replay;
mod principal_replay;
mod refusals;
mod remote_shares_replay;
mod replay;
mod scripted;
mod sharing_replay;
mod sign_in;
mod tables_replay;
mod tls;
mod traces_replay;
mod trouble;
mod uploads;
