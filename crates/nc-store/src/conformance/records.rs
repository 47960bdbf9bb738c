//! Records to store; checks change what they are about.

use crate::{
    AccessTokenRecord, ClientKind, CodeRecord, ConsentRecord, CredentialKind, CredentialRecord, CredentialState,
    Digest, GrantRecord, NewClient, RefreshState, RefreshTokenRecord, SessionRecord, Store, StoreError, TicketKind,
    TicketRecord,
};

/// When records are made.
pub(super) const NOW: i64 = 1_800_000_000;
/// When records end.
pub(super) const END: i64 = NOW + 60;

pub(super) fn client(client_id: &str) -> NewClient {
    NewClient {
        client_id: client_id.to_owned(),
        kind: ClientKind::Dynamic,
        document: r#"{"name":"Grüße 🦀"}"#.to_owned(),
        secret: Some(Digest::of("secret")),
        registration_token: Some(Digest::of("registration")),
        created_at: NOW,
        expires_at: Some(END),
    }
}

pub(super) fn grant(id: &str) -> GrantRecord {
    GrantRecord {
        id: id.to_owned(),
        subject: Some("alice".to_owned()),
        client_id: "client".to_owned(),
        sid: Some("sid".to_owned()),
        document: "{}".to_owned(),
        created_at: NOW,
        revoked_at: None,
    }
}

pub(super) fn code(code: &str) -> CodeRecord {
    CodeRecord {
        code: Digest::of(code),
        grant: "grant".to_owned(),
        document: r#"{"redirect":"https://client/"}"#.to_owned(),
        expires_at: END,
    }
}

pub(super) fn refresh_token(token: &str) -> RefreshTokenRecord {
    RefreshTokenRecord {
        token: Digest::of(token),
        grant: "grant".to_owned(),
        parent: None,
        state: RefreshState::Live,
        spent_at: None,
        successor: None,
        document: r#"{"bound":1}"#.to_owned(),
        expires_at: END,
    }
}

pub(super) fn access_token(token: &str) -> AccessTokenRecord {
    AccessTokenRecord {
        token: Digest::of(token),
        grant: "grant".to_owned(),
        document: r#"{"aud":["a"]}"#.to_owned(),
        expires_at: END,
        revoked_at: None,
    }
}

pub(super) fn consent(resource: &str) -> ConsentRecord {
    ConsentRecord {
        number: 0,
        subject: "alice".to_owned(),
        client_id: "client".to_owned(),
        resource: resource.to_owned(),
        scopes: vec!["notes:read".to_owned(), "files:read".to_owned()],
        document: "{}".to_owned(),
        created_at: NOW,
        updated_at: NOW,
        expires_at: END,
    }
}

pub(super) fn session(secret: &str) -> SessionRecord {
    SessionRecord {
        secret: Digest::of(secret),
        sid: format!("sid of {secret}"),
        subject: "alice".to_owned(),
        document: r#"{"amr":["pwd"]}"#.to_owned(),
        created_at: NOW,
        expires_at: END,
    }
}

pub(super) fn credential(subject: &str) -> CredentialRecord {
    CredentialRecord {
        number: 0,
        issuer: "https://mcp.example".to_owned(),
        subject: subject.to_owned(),
        kind: CredentialKind::AppPassword,
        state: CredentialState::Active,
        sealed: vec![0, 1, 0xFF],
        document: r#"{"login":"alice"}"#.to_owned(),
        created_at: NOW,
        changed_at: NOW,
        expires_at: None,
    }
}

pub(super) fn ticket(kind: TicketKind, key: &str) -> TicketRecord {
    TicketRecord {
        kind,
        key: Digest::of(key),
        document: format!("document of {key}"),
        expires_at: END,
    }
}

/// Makes the client `client` with the grant `grant`.
pub(super) async fn with_grant(store: &dyn Store) -> Result<(), StoreError> {
    let unit = store.begin().await?;
    unit.insert_client(&client("client")).await?;
    unit.insert_grant(&grant("grant")).await?;
    unit.commit().await
}
