//! Which clients are taken by their metadata document: the operator's switch and lists, over the assembly that ships. Only the
//! servers of the documents are the test's.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use nc_auth::fetch::{Fetch, FetchError, Fetched};
use nc_provider::Provider;
use nc_server::config::{Config, Environment, Layers};
use nc_testkit::{app::send, cloud_app::CloudApp, own_issuer_app::OwnIssuerApp};
use serde_json::json;
use url::Url;

/// Every host has a good document.
#[derive(Default)]
struct Everywhere(AtomicUsize);

#[async_trait::async_trait]
impl Fetch for Everywhere {
    async fn get(&self, url: &Url, _: Option<&str>, _: usize) -> Result<Fetched, FetchError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let document = json!({
            "client_id": url.as_str(),
            "client_name": "Example",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "token_endpoint_auth_method": "none",
        });
        let body = document.to_string().into_bytes();
        Ok(Fetched { body, max_age_s: None })
    }
}

/// Where an authorization request of a client with this id goes on.
fn request(id: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", "http://127.0.0.1:5000/callback"),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
    format!("authorize?{}", query.finish())
}

/// Gives a provider that fetches nothing yet servers of documents.
fn serve(provider: &Provider) -> Arc<Everywhere> {
    let servers = Arc::new(Everywhere::default());
    let _same = provider.clone().with_fetch(Arc::clone(&servers) as Arc<dyn Fetch>);
    servers
}

const LIST: &str = "good.example, .Wide.example, !bad.wide.example";

/// Hosts by that list.
const HOSTS: [(&str, bool); 6] = [
    ("good.example", true),
    ("a.wide.example", true),
    ("wide.example", false),
    ("bad.wide.example", false),
    ("other.example", false),
    ("notgood.example", false),
];

#[tokio::test]
async fn the_cloud_takes_documents_of_the_hosts_that_are_listed_only() {
    let settings = [
        // The real way out would be to public addresses.
        ("EMBEDDED_CLOUD_CLIENT_DOCUMENTS", "false"),
        ("EMBEDDED_CLOUD_CLIENT_DOCUMENT_HOSTS", LIST),
    ];
    let app = CloudApp::boot_with(&settings).await;
    let servers = serve(&app.provider);
    let mut fetched = 0;
    for (host, allowed) in HOSTS {
        let path = format!("/apps/oidc/{}", request(&format!("https://{host}/oauth.json")));
        let reply = send(app.request("GET", &path)).await;
        assert_eq!(
            reply.status.as_u16(),
            if allowed { 303 } else { 400 },
            "{host}: {}",
            reply.text
        );
        fetched += usize::from(allowed);
        assert_eq!(servers.0.load(Ordering::SeqCst), fetched, "{host} was asked");
    }
}

#[tokio::test]
async fn the_mcp_server_takes_documents_of_the_hosts_that_are_listed_only() {
    let settings = [("MCP_CLIENT_DOCUMENTS", "false"), ("MCP_CLIENT_DOCUMENT_HOSTS", LIST)];
    let app = OwnIssuerApp::boot_with(&settings).await;
    let servers = serve(app.issuer.provider());
    let mut fetched = 0;
    for (host, allowed) in HOSTS {
        let address = format!("{}/oauth/{}", app.url, request(&format!("https://{host}/oauth.json")));
        let reply = send(app.request("GET", &address)).await;
        assert_eq!(
            reply.status.as_u16(),
            if allowed { 303 } else { 400 },
            "{host}: {}",
            reply.text
        );
        fetched += usize::from(allowed);
        assert_eq!(servers.0.load(Ordering::SeqCst), fetched, "{host} was asked");
    }
}

#[tokio::test]
async fn a_cloud_whose_operator_switched_documents_off_knows_no_client_by_one() {
    for (value, is_on) in [("true", true), ("false", false)] {
        let app = CloudApp::boot_with(&[("EMBEDDED_CLOUD_CLIENT_DOCUMENTS", value)]).await;
        let document = send(app.request("GET", "/.well-known/openid-configuration"))
            .await
            .message();
        assert_eq!(document["client_id_metadata_document_supported"], is_on);
        let path = format!("/apps/oidc/{}", request("https://app.example/oauth.json"));
        if !is_on {
            assert_eq!(send(app.request("GET", &path)).await.status.as_u16(), 400);
        }
    }
}

#[test]
fn lists_of_hosts_that_hold_anything_else_are_refused_at_the_start() {
    for name in ["EMBEDDED_CLOUD_CLIENT_DOCUMENT_HOSTS", "MCP_CLIENT_DOCUMENT_HOSTS"] {
        for bad in [
            "https://app.example",
            "app.example:8443",
            "*.example.org",
            "good.example, 192.0.2.1",
        ] {
            let environment: Environment = [(name.to_owned(), bad.to_owned())].into_iter().collect();
            let layers = Layers::read(None, &environment, &[]).expect("settings");
            let error = Config::resolve(&layers).expect_err("refused").to_string();
            assert!(error.contains("client_document_hosts"), "{error}");
        }
    }
}
