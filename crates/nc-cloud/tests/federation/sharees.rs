use serde_json::{Value, json};

use crate::{elsewhere::Elsewhere, wire::Wire};

async fn search(wire: &Wire, text: &str, more: &str) -> Value {
    let path = format!("/sharees?itemType=file&search={text}{more}");
    wire.ocs("alice", "GET", &path, Value::Null).await.data()["exact"].clone()
}

#[tokio::test]
async fn an_address_of_another_server_is_somebody_to_share_with() {
    let wire = Wire::boot().await;
    assert_eq!(search(&wire, "eve@peer.example.net", "").await["remotes"], json!([]));
    wire.cloud.federate(Elsewhere::default().federated()).unwrap();
    let found = search(&wire, "eve@peer.example.net", "").await;
    let value = json!({ "shareType": 6, "shareWith": "eve@peer.example.net", "server": "peer.example.net" });
    assert_eq!(found["remotes"][0]["value"], value);
    assert_eq!(found["remotes"][0]["label"], "eve (peer.example.net)");
    assert_eq!(found["remote_groups"][0]["value"]["shareType"], 9);
    let only = search(&wire, "eve@peer.example.net", "&shareType[]=9").await;
    assert_eq!(
        (only["remotes"].clone(), only["remote_groups"].as_array().unwrap().len()),
        (json!([]), 1)
    );
    for text in ["eve", "eve@", "@peer.example.net", "eve@localhost", "eve@a/b"] {
        let found = search(&wire, text, "").await;
        assert_eq!(found["remotes"], json!([]), "{text}");
    }
    assert_eq!(
        search(&wire, "eve@peer.example.net", "&page=2").await["remotes"],
        json!([])
    );
}
