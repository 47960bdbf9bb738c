//! Records to store; checks change what they are about.

use super::super::records::{END, NOW};
use crate::{
    Digest, InShareMemberRecord, InShareRecord, InShareState, IssuedTokenRecord, OutShareRecord, OutShareState,
    OutboxRecord,
};

pub(super) fn out_share(id: &str) -> OutShareRecord {
    OutShareRecord {
        id: id.to_owned(),
        number: 0,
        owner: "alice".to_owned(),
        node: 7,
        recipient_host: "other.example:8443".to_owned(),
        secret: Some(Digest::of(id)),
        secret_sealed: Some(vec![0, 0xFF]),
        generation: 1,
        state: OutShareState::Live,
        document: r#"{"with":"Zoë 🦀"}"#.to_owned(),
        created_at: NOW,
        expires_at: Some(END),
        revoked_at: None,
    }
}

pub(super) fn issued_token(jti: &str, share: &str) -> IssuedTokenRecord {
    IssuedTokenRecord {
        jti: jti.to_owned(),
        share: share.to_owned(),
        generation: 3,
        client_host: "other.example".to_owned(),
        issued_at: NOW,
        expires_at: END,
        revoked_at: None,
    }
}

pub(super) fn in_share(id: &str) -> InShareRecord {
    InShareRecord {
        id: id.to_owned(),
        number: 0,
        sender_host: "other.example".to_owned(),
        provider_id: format!("{id} there"),
        share_type: "user".to_owned(),
        recipient: "bob".to_owned(),
        state: InShareState::Pending,
        document: r#"{"name":"a\u0000b"}"#.to_owned(),
        secret_sealed: Some(vec![1, 0]),
        token_sealed: None,
        token_expires_at: None,
        token_generation: 0,
        lease_owner: None,
        lease_until: None,
        failures: 0,
        backoff_until: None,
        created_at: NOW,
        expires_at: None,
    }
}

pub(super) fn member(share: &str, user: &str, state: InShareState) -> InShareMemberRecord {
    InShareMemberRecord {
        share: share.to_owned(),
        user: user.to_owned(),
        state,
        mount_point: None,
    }
}

pub(super) fn message(host: &str) -> OutboxRecord {
    OutboxRecord {
        number: 0,
        host: host.to_owned(),
        kind: "notification".to_owned(),
        sealed: vec![0, 1],
        attempts: 0,
        next_at: NOW,
        created_at: NOW,
        expires_at: END,
    }
}
