//! Calendars and address books through the wire: writers at the same time, other people, scopes, keeping up, and requests
//! that nobody honest sends.

#![cfg(test)]

mod cards;
mod hostile;
mod invitations;
mod keeping_up;
mod other_people;
mod queries;
mod scopes;
mod wire;
mod writers;
