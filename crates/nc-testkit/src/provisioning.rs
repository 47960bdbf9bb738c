//! People give an MCP server with another issuer access to the cloud, in browsers without scripts.

use serde_json::{Value, json};

use crate::{
    app::TestUser,
    cloud_app::{CloudApp, Format},
    external_app::ExternalApp,
    tab::{Page, Tab},
};

/// A cloud whose provider is the issuer, and an MCP server in front of it.
#[derive(Clone, Copy)]
pub struct Provisioning<'a> {
    /// The cloud.
    pub cloud: &'a CloudApp,
    /// The server.
    pub mcp: &'a ExternalApp,
}

impl Provisioning<'_> {
    /// A client's token for the server.
    pub async fn token(&self, user: &TestUser, scopes: &str, format: Format) -> String {
        let client = self.cloud.client(format).await;
        let asked = [("scope", scopes), ("resource", self.mcp.mcp_url.as_str())];
        let tokens = self.cloud.authorize(user, &client, &asked).await;
        tokens.access_token().to_owned()
    }

    /// What a tool without arguments answers.
    pub async fn tool(&self, token: &str, name: &str) -> Value {
        self.mcp.call(token, name, json!({})).await.structured()
    }

    /// A link to give access with.
    ///
    /// # Panics
    /// When there is none.
    pub async fn link(&self, token: &str) -> String {
        let answer = self.tool(token, "provision_nextcloud_access").await;
        answer["provisioning_url"].as_str().expect("a link").to_owned()
    }

    /// From the link to what the server shows after the sign-in at the issuer.
    ///
    /// # Panics
    /// When the way does not end.
    pub async fn at_issuer(&self, tab: &mut Tab, link: &str, user: &TestUser) -> Page {
        let mut page = tab.open("GET", link, None).await;
        for _ in 0..5 {
            page = tab.submit(&page, user).await;
            if page.at.as_str().starts_with(&self.mcp.url) {
                return page;
            }
        }
        panic!("no way back: {}", page.reply.text);
    }

    /// A person agrees at the issuer.
    ///
    /// # Panics
    /// When that does not end well.
    pub async fn agree(&self, token: &str, user: &TestUser) {
        let link = self.link(token).await;
        let page = self.at_issuer(&mut Tab::new(), &link, user).await;
        assert!(
            page.reply.text.contains("Nextcloud access provisioned"),
            "{}",
            page.reply.text
        );
    }

    /// A person signs in at the issuer, and gives an app password at the cloud.
    ///
    /// # Panics
    /// When that does not end well.
    pub async fn give_app_password(&self, token: &str, user: &TestUser) {
        let link = self.link(token).await;
        let mut tab = Tab::new();
        let waiting = self.at_issuer(&mut tab, &link, user).await;
        let mut other_tab = Tab::new();
        let page = other_tab.open("GET", &waiting.button(), None).await;
        let page = other_tab.submit_all(page, user, "").await;
        assert_eq!(page.reply.status, 200, "{}", page.reply.text);
        self.cloud.clock.advance(time::Duration::seconds(6));
        let page = tab.refresh(&waiting).await;
        assert!(
            page.reply.text.contains("Nextcloud access provisioned"),
            "{}",
            page.reply.text
        );
    }
}
