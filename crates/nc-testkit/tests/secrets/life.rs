//! One of everything that makes or takes a secret, and its failures.

use nc_server::config::Environment;
use nc_testkit::{
    app::{Reply, TestUser, send},
    browser::{Browser, Form},
    cloud_app::{CloudApp, REDIRECT},
    totp,
};
use serde_json::{Value, json};

const SCOPES: &str = "openid profile offline_access notes:read files:read";
const MCP: &str = "https://mcp.example.org/mcp";
const EXCHANGER: &str = "exchanger";

pub(crate) struct Life<'a> {
    pub(crate) app: &'a CloudApp,
    /// What did not pass on the wire.
    pub(crate) beside: Vec<String>,
}

fn field(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

impl Life<'_> {
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        send(self.app.request("POST", path).form(form)).await
    }

    async fn tokens(&self, form: &[(&str, &str)], status: u16) -> Value {
        let reply = self.post("/apps/oidc/token", form).await;
        assert_eq!(reply.status.as_u16(), status, "{form:?}: {}", reply.text);
        reply.message()
    }

    /// Runs an administrator's command on the folder of the running cloud.
    pub(crate) async fn command(&self, arguments: &[&str]) {
        let folder = self.app.cloud.config().data_dir.to_string_lossy().into_owned();
        let all = ["nextcloud-mcp", "admin", "--json", "--data", &folder]
            .into_iter()
            .chain(arguments.iter().copied());
        let outcome = nc_server::run(all.map(Into::into), Environment::new()).await;
        assert_eq!(outcome, nc_server::Outcome::Success, "{arguments:?}");
    }

    /// Registration with its token, its management, and a client for signed and one for opaque tokens.
    pub(crate) async fn registration(&mut self) -> [Value; 2] {
        let admin = nc_provider::admin::Admin::new(self.app.provider.store(), self.app.provider.now(), "test");
        let initial = admin
            .create_initial_access_token(
                nc_provider::admin::InitialAccess::default(),
                std::time::Duration::from_mins(1),
            )
            .await
            .expect("a token");
        let initial = secrecy::ExposeSecret::expose_secret(&initial.token).to_owned();
        self.beside.push(initial.clone());
        let mut clients = Vec::new();
        for format in ["jwt", "opaque"] {
            let client = json!({
                "client_name": format, "redirect_uris": [REDIRECT], "application_type": "native", "token_type": format,
                "token_endpoint_auth_method": "client_secret_post",
                "grant_types": ["authorization_code", "refresh_token"],
            });
            let register = self.app.request("POST", "/apps/oidc/register").bearer_auth(&initial);
            let made = send(register.json(&client)).await;
            assert_eq!(made.status.as_u16(), 201, "{}", made.text);
            let mut made = made.message();
            let path = format!("/apps/oidc/register/{}", field(&made, "client_id"));
            let own = format!("Bearer {}", field(&made, "registration_access_token"));
            assert_eq!(
                self.app.status("GET", &path, "Bearer nct_wrongwrongwrongwrong").await,
                401
            );
            let read = self.app.with("GET", &path, &own).await;
            assert_eq!(read.status.as_u16(), 200, "{}", read.text);
            let change = json!({ "client_id": made["client_id"], "client_name": "Changed", "redirect_uris": [REDIRECT],
                "application_type": "native", "token_type": format, "token_endpoint_auth_method": "client_secret_post",
                "grant_types": ["authorization_code", "refresh_token"] });
            let put = self.app.request("PUT", &path).header("authorization", own);
            let put = send(put.json(&change)).await;
            assert_eq!(put.status.as_u16(), 200, "{}", put.text);
            for (name, value) in put.message().as_object().expect("a client") {
                made[name] = value.clone();
            }
            clients.push(made);
        }
        clients.try_into().expect("two")
    }

    /// Code, refresh, replays, introspection, revocation, user info.
    pub(crate) async fn grants(&self, client: &Value) {
        let (id, secret) = (field(client, "client_id"), field(client, "client_secret"));
        let url = self.app.url.as_str();
        let mut browser = Browser::new(self.app);
        let asked = [("scope", SCOPES), ("resource", url), ("nonce", "nonce")];
        let (code, verifier) = browser.code(&self.app.alice, &id, &asked).await;
        let redeem = |secret: &'static str| {
            [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", REDIRECT),
                ("client_id", id.as_str()),
                ("client_secret", secret),
                ("code_verifier", verifier.as_str()),
            ]
        };
        self.tokens(&redeem("wrong-secret-wrong-secret-wrong"), 401).await;
        let mut right = redeem("");
        right[4].1 = &secret;
        let first = self.tokens(&right, 200).await;
        let refresh = async |token: &str, status| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("client_id", &id),
                ("client_secret", &secret),
            ];
            self.tokens(&form, status).await
        };
        let second = refresh(&field(&first, "refresh_token"), 200).await;
        let access = field(&second, "access_token");
        for (path, form) in [
            (
                "/apps/oidc/introspect",
                [
                    ("token", access.as_str()),
                    ("client_id", &id),
                    ("client_secret", &secret),
                ],
            ),
            (
                "/apps/oidc/introspect",
                [
                    ("token", "nca_unknown-unknown-unknown"),
                    ("client_id", &id),
                    ("client_secret", &secret),
                ],
            ),
            (
                "/apps/oidc/introspect",
                [
                    ("token", access.as_str()),
                    ("client_id", &id),
                    ("client_secret", "another-wrong-secret"),
                ],
            ),
        ] {
            self.post(path, &form).await;
        }
        let bearer = format!("Bearer {access}");
        for path in [
            "/apps/oidc/userinfo",
            "/ocs/v2.php/cloud/user",
            "/index.php/apps/notes/api/v1/notes",
        ] {
            self.app.with("GET", path, &bearer).await;
            // Where tokens do not belong.
            send(self.app.request("GET", &format!("{path}?access_token={access}"))).await;
        }
        let hint = field(&first, "id_token");
        browser
            .open("GET", &format!("/apps/oidc/logout?id_token_hint={hint}"), None)
            .await;
        // Beyond the grace, a second use ends the family.
        self.app.clock.advance(time::Duration::seconds(11));
        refresh(&field(&first, "refresh_token"), 400).await;
        refresh(&field(&second, "refresh_token"), 400).await;
        self.tokens(&right, 400).await;
        let kept = self.app.authorize_as(&self.app.alice, &id, Some(&secret), &asked).await;
        for (token, secret) in [
            ("access_token", secret.as_str()),
            ("refresh_token", "wrong-secret-for-revocation"),
            ("refresh_token", &secret),
        ] {
            let token = field(&kept.answer, token);
            self.post(
                "/apps/oidc/revoke",
                &[("token", &token), ("client_id", &id), ("client_secret", secret)],
            )
            .await;
        }
    }

    /// A pushed request, and a person with a second factor who mistypes everything once.
    pub(crate) async fn pushed_with_second_factor(&mut self, client: &Value) {
        let (id, secret) = (field(client, "client_id"), field(client, "client_secret"));
        let uri = self
            .app
            .cloud
            .set_up_second_factor(&nc_auth::UserId::new("bob"))
            .await
            .expect("a second factor");
        let factor = totp::secret_of(&uri).to_owned();
        self.beside.push(factor.clone());
        let (_, challenge) = CloudApp::pkce();
        let push = |secret| {
            [
                ("client_id", id.as_str()),
                ("client_secret", secret),
                ("response_type", "code"),
                ("redirect_uri", REDIRECT),
                ("scope", "openid notes:read"),
                ("state", "state"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ]
        };
        assert_eq!(
            self.post("/apps/oidc/par", &push("a-wrong-secret-for-pushing"))
                .await
                .status
                .as_u16(),
            401
        );
        let pushed = self.post("/apps/oidc/par", &push(secret.as_str())).await;
        let request = field(&pushed.message(), "request_uri");
        let mut address = url::Url::parse(&format!("{}/apps/oidc/authorize", self.app.url)).expect("an address");
        address
            .query_pairs_mut()
            .append_pair("client_id", &id)
            .append_pair("request_uri", &request);
        let mut browser = Browser::new(self.app);
        let mut page = browser.open("GET", address.as_str(), None).await;
        for password in ["a wrong password of bob", &self.app.bob.password] {
            page = self
                .fill(&mut browser, &page, &[("user", "bob"), ("password", password)])
                .await;
        }
        for code in ["000000", &totp::code(&factor, self.app.clock.now().unix_timestamp())] {
            page = self.fill(&mut browser, &page, &[("code", code)]).await;
        }
        // Consent, refused the first time.
        let answer = self.fill(&mut browser, &page, &[("decision", "deny")]).await;
        assert!(answer.headers.contains_key("location"), "{}", answer.text);
    }

    async fn fill(&self, browser: &mut Browser<'_>, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let mut form = Form::find(&page.text);
        form.fields.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        browser.open("POST", &form.action, Some(&form.fields)).await
    }

    /// Token exchange by a client that an administrator made.
    pub(crate) async fn exchange(&mut self) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let secret = "an-administrator-chose-this-secret-0123456789";
        self.beside.push(secret.to_owned());
        std::fs::write(file.path(), secret).expect("written");
        let path = file.path().to_str().expect("text");
        let url = self.app.url.clone();
        self.command(&[
            "oidc:create",
            "Exchanger",
            "https://mcp.example.org/cb",
            "--client-id",
            EXCHANGER,
            "--client-secret-file",
            path,
            "--exchange-targets",
            &url,
        ])
        .await;
        self.command(&[
            "oidc:resource",
            "add",
            MCP,
            "--scopes",
            "notes:read",
            "--owner",
            EXCHANGER,
            "--open",
        ])
        .await;
        let client = self.app.client(nc_testkit::cloud_app::Format::Opaque).await;
        let subject = self
            .app
            .authorize(
                &self.app.alice,
                &client,
                &[("scope", "openid notes:read"), ("resource", MCP)],
            )
            .await;
        for (subject, status) in [(subject.access_token(), 200), ("nca_no-subject-token-at-all", 400)] {
            let form = [
                ("grant_type", nc_proto::oauth::token::EXCHANGE),
                ("subject_token", subject),
                ("subject_token_type", nc_proto::oauth::token::ACCESS_TOKEN_TYPE),
                ("resource", &url),
                ("client_id", EXCHANGER),
                ("client_secret", secret),
            ];
            let answer = self.tokens(&form, status).await;
            if status == 200 {
                let bearer = format!("Bearer {}", field(&answer, "access_token"));
                assert_eq!(
                    self.app
                        .status("GET", "/index.php/apps/notes/api/v1/notes", &bearer)
                        .await,
                    200
                );
            }
        }
        self.command(&["oidc:renew-secret", EXCHANGER]).await;
    }

    /// App passwords: made, turned, confirmed, given up; and Login Flow v2 with and without pages.
    pub(crate) async fn app_passwords(&self, user: &TestUser) {
        let ask = async |method: &str, path: &str, authorization: &str| {
            let request = self.app.request(method, &format!("{path}?format=json"));
            let request = request.header("authorization", authorization);
            send(request.header("ocs-apirequest", "true")).await
        };
        let password = nc_auth::basic::header_value(user.name, &user.password);
        let wrong = nc_auth::basic::header_value(user.name, "a wrong password in Basic");
        assert_eq!(
            ask("GET", "/ocs/v2.php/core/getapppassword", &wrong)
                .await
                .status
                .as_u16(),
            401
        );
        let made = ask("GET", "/ocs/v2.php/core/getapppassword", &password).await.message();
        let made = nc_auth::basic::header_value(user.name, &field(&made["ocs"]["data"], "apppassword"));
        let turned = ask("POST", "/ocs/v2.php/core/apppassword/rotate", &made)
            .await
            .message();
        let turned = nc_auth::basic::header_value(user.name, &field(&turned["ocs"]["data"], "apppassword"));
        for password in [user.password.as_str(), "a wrong confirmation"] {
            let confirm = self
                .app
                .request("PUT", "/ocs/v2.php/core/apppassword/confirm")
                .header("authorization", &turned);
            send(confirm.header("ocs-apirequest", "true").form(&[("password", password)])).await;
        }
        assert_eq!(
            ask("DELETE", "/ocs/v2.php/core/apppassword", &turned)
                .await
                .status
                .as_u16(),
            200
        );
        let never = format!("Bearer {}", "x".repeat(72));
        assert_eq!(ask("GET", "/ocs/v2.php/cloud/user", &never).await.status.as_u16(), 401);
        self.login_flows(user).await;
    }

    async fn login_flows(&self, user: &TestUser) {
        for existing in [false, true] {
            let flow = self.post("/index.php/login/v2", &[]).await.message();
            let mut browser = Browser::new(self.app);
            let page = browser.open("GET", &field(&flow, "login"), None).await;
            let poll = field(&flow["poll"], "token");
            assert_eq!(
                self.post("/login/v2/poll", &[("token", &poll)]).await.status.as_u16(),
                404
            );
            let page = self
                .fill(
                    &mut browser,
                    &page,
                    &[("user", user.name), ("password", "mistyped in the flow")],
                )
                .await;
            if existing {
                let mut form = Form::find(&page.text);
                form.fields.push(("user".to_owned(), user.name.to_owned()));
                form.fields.push(("password".to_owned(), user.app_password.clone()));
                browser.open("POST", "/login/v2/apptoken", Some(&form.fields)).await;
            } else {
                let page = self
                    .fill(
                        &mut browser,
                        &page,
                        &[("user", user.name), ("password", &user.password)],
                    )
                    .await;
                self.fill(&mut browser, &page, &[("decision", "grant")]).await;
            }
            let granted = self.post("/login/v2/poll", &[("token", &poll)]).await;
            assert_eq!(granted.status.as_u16(), 200, "{}", granted.text);
            assert_eq!(
                self.post("/login/v2/poll", &[("token", &poll)]).await.status.as_u16(),
                404
            );
        }
        // One that nobody fetches.
        self.post("/index.php/login/v2", &[]).await;
    }

    /// Ends what is left.
    pub(crate) async fn deletion(&self, client: &Value) {
        let path = format!("/apps/oidc/register/{}", field(client, "client_id"));
        let own = format!("Bearer {}", field(client, "registration_access_token"));
        assert_eq!(self.app.status("DELETE", &path, &own).await, 204);
        assert_eq!(self.app.status("DELETE", &path, &own).await, 401);
    }
}
