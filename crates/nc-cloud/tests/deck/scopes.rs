//! Tokens: reading and writing are apart, and other apps' scopes open nothing.

use serde_json::json;

use crate::wire::{BOARDS, JSON, OCS, Wire, whole};

#[tokio::test]
async fn a_token_does_what_its_scope_says() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let board = json!({"title": "By token", "color": "000000"});
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    let free = format!("/apps/deck/cards/{}/reorder", sample.card_id);
    let place = json!({"order": 0, "stackId": sample.stack_id});
    let cases = [
        ("Bearer nca_read", [200, 200, 200], [403, 403, 403, 403]),
        ("Bearer nca_write", [403, 403, 403], [200, 200, 200, 200]),
        ("Bearer nca_notes", [403, 403, 403], [403, 403, 403, 403]),
        ("Bearer nca_unknown", [401, 401, 401], [401, 401, 401, 401]),
    ];
    for (token, reads, writes) in cases {
        for (path, status) in [BOARDS, &sample.card, &comments].into_iter().zip(reads) {
            assert_eq!(wire.get(token, path).await.status, status, "{token} {path}");
        }
        let answers = [
            wire.post(token, BOARDS, board.clone()).await.status,
            wire.put(token, &sample.card, whole("By token")).await.status,
            wire.put(token, &free, place.clone()).await.status,
            wire.post(token, &comments, json!({"message": "by token"})).await.status,
        ];
        assert_eq!(answers.map(|status| status.as_u16()), writes, "{token}");
    }
}
