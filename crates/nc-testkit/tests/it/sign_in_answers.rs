//! Sign-ins at an issuer that answers whatever an attacker would.

use nc_testkit::{
    cloud_app::CloudApp,
    external_app::{Door, ExternalApp},
    tab::{Page, Tab},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::foreign_issuer::{ForeignIssuer, Key, encode, with};

const ALL: &str = "openid notes:read notes:write";

/// A cloud, an issuer elsewhere whose tokens the cloud takes, and the MCP server between them.
pub(crate) struct Three {
    pub(crate) cloud: CloudApp,
    pub(crate) issuer: ForeignIssuer,
    pub(crate) mcp: ExternalApp,
    data: TempDir,
}

/// A sign-in that is under way: the browser, and what the issuer was asked.
pub(crate) struct Begun {
    tab: Tab,
    pub(crate) asked: Url,
}

impl Begun {
    pub(crate) fn get(&self, name: &str) -> String {
        let found = self.asked.query_pairs().find(|(known, _)| known == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {}", self.asked))
            .1
            .into_owned()
    }

    pub(crate) async fn come_back(&mut self) -> Page {
        let mut back = Url::parse(&self.get("redirect_uri")).expect("an address");
        let state = self.get("state");
        back.query_pairs_mut()
            .append_pair("code", "a-code")
            .append_pair("state", &state);
        self.tab.open("GET", back.as_str(), None).await
    }
}

impl Three {
    async fn boot() -> Self {
        Self::boot_at(ForeignIssuer::boot().await, true).await
    }

    /// With a client that an administrator made, or one that registers itself.
    pub(crate) async fn boot_at(issuer: ForeignIssuer, has_client: bool) -> Self {
        let cloud = CloudApp::boot().await;
        issuer.describe("revocation_endpoint", json!(format!("{}/revoke", issuer.url)));
        let data = tempfile::tempdir().expect("a folder");
        let access = [("NEXTCLOUD_OIDC_CLOUD_ACCESS", "refresh_token")];
        let client = issuer.settings_with_client();
        let settings = [if has_client { &client[..] } else { &client[..1] }, &access].concat();
        let mcp = ExternalApp::open(Door::new(), &cloud, data.path(), &settings).await;
        Self {
            mcp: mcp.expect("a server"),
            cloud,
            issuer,
            data,
        }
    }

    pub(crate) fn token(&self) -> String {
        let claims = with(self.issuer.claims(&self.cloud), "aud", json!(self.mcp.mcp_url));
        self.issuer.token(&with(claims, "scope", json!(ALL)))
    }

    pub(crate) async fn begin(&self) -> Begun {
        let answer = self
            .mcp
            .call(&self.token(), "provision_nextcloud_access", json!({}))
            .await;
        let answer = answer.structured();
        let link = answer["provisioning_url"].as_str().expect("a link");
        let mut tab = Tab::new();
        let page = tab.open("GET", link, None).await;
        let is_issuer = |url: &Url| url.path() == "/authorize";
        let there = tab.submit_until(&page, &self.cloud.alice, is_issuer).await;
        assert!(is_issuer(&there.at), "{}", there.reply.text);
        Begun { tab, asked: there.at }
    }

    /// Claims of a good ID token for this sign-in.
    pub(crate) fn claims(&self, begun: &Begun) -> Value {
        let now = self.cloud.clock.now().unix_timestamp();
        json!({
            "iss": self.issuer.url, "sub": "alice", "aud": begun.get("client_id"), "nonce": begun.get("nonce"),
            "iat": now, "exp": now + 300,
        })
    }

    pub(crate) fn gives(&self, id_token: Option<&str>, refresh_token: Option<&str>) {
        let mut body = json!({ "access_token": "an access token", "token_type": "Bearer", "expires_in": 300 });
        if let Some(token) = id_token {
            body["id_token"] = json!(token);
        }
        if let Some(token) = refresh_token {
            body["refresh_token"] = json!(token);
        }
        self.issuer.answer("token_endpoint", "/token", 200, body);
    }

    pub(crate) async fn is_provisioned(&self) -> bool {
        let answer = self
            .mcp
            .call(&self.token(), "check_provisioning_status", json!({}))
            .await;
        answer.structured()["status"] != "none" && answer.structured()["status"] != "pending"
    }
}

pub(crate) fn id_header(key: &Key) -> Value {
    json!({ "typ": "JWT", "alg": "ES256", "kid": key.kid })
}

/// Makes an ID token out of the claims of a good one.
type Forge = fn(&Three, &Key, Value) -> Option<String>;

/// All that is kept.
fn files(folder: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .flat_map(|entry| std::fs::read(entry.expect("an entry").path()).expect("readable"))
        .collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test]
async fn m10_r_f1_r_f2_r_f11_an_id_token_that_is_not_good_is_kept_by_nobody() {
    let three = Three::boot().await;
    let attacker = Key::new("first");
    let cases: [(&str, Forge); 14] = [
        ("none at all", |_, _, _| None),
        ("another's signature", |_, attacker, claims| {
            Some(attacker.sign(&id_header(attacker), &claims))
        }),
        ("no signature", |_, _, claims| {
            Some(format!(
                "{}.{}.",
                encode(json!({ "alg": "none" }).to_string()),
                encode(claims.to_string())
            ))
        }),
        ("typ of an access token", |three, _, claims| {
            Some(three.issuer.key.sign(&three.issuer.key.header(), &claims))
        }),
        ("another nonce", |three, _, claims| {
            Some(sign(three, &with(claims, "nonce", json!("other"))))
        }),
        ("no nonce", |three, _, claims| {
            Some(sign(three, &with(claims, "nonce", Value::Null)))
        }),
        ("another audience", |three, _, claims| {
            Some(sign(three, &with(claims, "aud", json!("other"))))
        }),
        ("two audiences, another azp", |three, _, claims| {
            let claims = with(claims, "aud", json!(["mcp", "other"]));
            Some(sign(three, &with(claims, "azp", json!("other"))))
        }),
        ("over", |three, _, claims| {
            Some(sign(three, &with(claims, "exp", json!(1_700_000_000))))
        }),
        ("another issuer", |three, _, claims| {
            Some(sign(three, &with(claims, "iss", json!("https://evil.example"))))
        }),
        ("from the future", |three, _, claims| {
            Some(sign(three, &with(claims, "iat", json!(1_900_000_000))))
        }),
        ("no subject", |three, _, claims| {
            Some(sign(three, &with(claims, "sub", Value::Null)))
        }),
        ("an empty subject", |three, _, claims| {
            Some(sign(three, &with(claims, "sub", json!(""))))
        }),
        ("the hash of another access token", |three, _, claims| {
            Some(sign(three, &with(claims, "at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"))))
        }),
    ];
    for (what, forge) in cases {
        let mut begun = three.begin_anew().await;
        let token = forge(&three, &attacker, three.claims(&begun));
        three.gives(token.as_deref(), Some("a refresh token"));
        let page = begun.come_back().await;
        assert_eq!(page.reply.status, 400, "{what}");
        assert!(!three.is_provisioned().await, "{what}");
    }
    let mut begun = three.begin_anew().await;
    let good = sign(&three, &three.claims(&begun));
    three.gives(Some(&good), Some("a refresh token"));
    assert_eq!(begun.come_back().await.reply.status, 200);
    assert!(three.is_provisioned().await);
}

fn sign(three: &Three, claims: &Value) -> String {
    let key = &three.issuer.key;
    key.sign(&id_header(key), claims)
}

impl Three {
    /// An hour later, since links are limited.
    async fn begin_anew(&self) -> Begun {
        self.cloud.clock.advance(time::Duration::hours(1));
        self.begin().await
    }

    fn was_revoked(&self, token: &str) -> bool {
        let said = format!("token={}", token.replace(' ', "%20"));
        let posted = self.issuer.posted();
        posted
            .iter()
            .any(|(path, body)| path == "/revoke" && body.contains(&said))
    }
}

#[tokio::test]
async fn what_is_not_kept_is_taken_back_at_the_issuer() {
    let three = Three::boot().await;
    // Somebody else signed in.
    let mut begun = three.begin().await;
    let token = sign(&three, &with(three.claims(&begun), "sub", json!("bob")));
    three.gives(Some(&token), Some("a refresh token"));
    assert_eq!(begun.come_back().await.reply.status, 403);
    assert!(three.was_revoked("a refresh token"));
    // The ID token is not good.
    let mut begun = three.begin().await;
    let token = sign(&three, &with(three.claims(&begun), "nonce", json!("other")));
    three.gives(Some(&token), Some("a refresh token"));
    assert_eq!(begun.come_back().await.reply.status, 400);
    assert!(three.was_revoked("a refresh token"));
    // No refresh token came.
    let mut begun = three.begin().await;
    let token = sign(&three, &three.claims(&begun));
    three.gives(Some(&token), None);
    let page = begun.come_back().await;
    assert_eq!(page.reply.status, 502, "{}", page.reply.text);
    assert!(three.was_revoked("an access token"));
    assert!(!three.is_provisioned().await);
}

#[tokio::test]
async fn r_f14_a_token_endpoint_that_fails_is_told_in_own_words() {
    let three = Three::boot().await;
    for (status, body, expected) in [
        (
            400,
            json!({ "error": "invalid_grant", "error_description": "<b>secret detail</b>" }),
            400,
        ),
        (401, json!({ "error": "invalid_client" }), 502),
        (500, json!("<html>stack trace</html>"), 502),
        (200, json!({ "access_token": "", "token_type": "Bearer" }), 502),
        (200, json!({ "access_token": "a", "token_type": "mac" }), 502),
    ] {
        let mut begun = three.begin().await;
        three.issuer.answer("token_endpoint", "/token", status, body);
        let page = begun.come_back().await;
        assert_eq!(page.reply.status, expected, "{}", page.reply.text);
        for word in ["secret detail", "stack trace", "invalid_"] {
            assert!(!page.reply.text.contains(word), "{}", page.reply.text);
        }
    }
    three.issuer.set_down(true);
    let answer = three
        .mcp
        .call(&three.token(), "provision_nextcloud_access", json!({}))
        .await;
    assert!(
        answer.structured()["provisioning_url"].is_string(),
        "links do not need the issuer"
    );
}

#[tokio::test]
async fn r_f4_r_f8_the_code_is_redeemed_with_the_verifier_of_this_sign_in() {
    let three = Three::boot().await;
    let mut begun = three.begin().await;
    let token = sign(&three, &three.claims(&begun));
    three.gives(Some(&token), Some("a refresh token"));
    three.issuer.posted();
    let stored = files(three.data.path());
    begun.come_back().await;
    let posted = three.issuer.posted();
    let (_, body) = posted
        .iter()
        .find(|(path, _)| path == "/token")
        .expect("a token request");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let get = |name: &str| {
        form.iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let verifier = get("code_verifier").expect("a verifier");
    let challenge = nc_proto::oauth::pkce::Challenge::of(verifier);
    assert_eq!(challenge.value(), begun.get("code_challenge"));
    assert_eq!(
        get("redirect_uri"),
        Some(format!("{}/oauth/callback", three.mcp.url).as_str())
    );
    assert_eq!(get("code"), Some("a-code"));
    assert!(stored.len() > 10_000, "the database was read");
    for form in [verifier.to_owned(), hex::encode(verifier)] {
        assert!(!contains(&stored, form.as_bytes()), "the verifier was stored as it is");
    }
    assert!(
        contains(&stored, begun.get("nonce").as_bytes()),
        "the sign-in was stored"
    );
}
