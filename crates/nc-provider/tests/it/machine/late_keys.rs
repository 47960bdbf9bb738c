//! Keys that are made when the first token needs them.

use std::time::Duration;

use nc_proto::oauth::jose::Algorithm;
use nc_provider::ResourceDocument;

use super::world::{As, ROLES, World};

const API: &str = "https://api.example/signed";

#[tokio::test]
async fn a_token_that_needs_the_first_rsa_key_is_issued_and_holds_nobody_up() {
    let (es256, rs256) = (Algorithm::Es256, Algorithm::Rs256);
    for role in ROLES {
        let world = World::signing(role, &[es256, rs256], |_| {}, |store| store).await;
        let signed = ResourceDocument {
            scopes: vec!["notes:read".to_owned()],
            token_format: Some("jwt".to_owned()),
            algorithm: Some("RS256".to_owned()),
            open_to_dynamic_clients: true,
            ..ResourceDocument::default()
        };
        world.resource(API, None, &signed).await;
        let rsa = |document: &mut nc_provider::ClientDocument| document.id_token_algorithm = Some("RS256".to_owned());
        world.client("app", rsa).await;
        let code = world.code("app", &["openid", "notes:read"], &[API]).await;
        // Well below the time after which a connection to the database is given up on.
        let redeemed = tokio::time::timeout(Duration::from_secs(15), world.redeem(&As::Post("app"), &code));
        let redeemed = redeemed.await.expect("in time");
        assert!(redeemed.get("access_token").starts_with("ey"));
        assert!(redeemed.get("id_token").starts_with("ey"));
        assert!(world.is_live(&redeemed.get("access_token"), API).await);
    }
}
