//! Plays one client up to where a person would sign in.

use http::StatusCode;
use serde_json::json;
use url::Url;

use super::{
    deployment::Reach,
    discovery::{self, Found},
    faults::{Asked, unexpected},
    outside::{Answer, Outside},
    profiles::{Opening, Profile},
    registration,
    report::{Fault, Report},
    sign_in,
};

/// What was asked of the doctor.
pub(super) struct Question {
    /// The address that clients are given.
    pub(super) endpoint: Url,
    /// Whether clients are registered.
    pub(super) register: bool,
    /// Address of one's own LibreChat or Open WebUI.
    pub(super) own_client: Option<String>,
}

/// The play of one client.
pub(super) struct Play<'a> {
    pub(super) outside: &'a Outside,
    pub(super) question: &'a Question,
    pub(super) client: &'static Profile,
    pub(super) reach: &'a Reach,
}

/// Plays a client, and reports step by step.
pub(super) async fn play(
    outside: &Outside,
    question: &Question,
    client: &'static Profile,
    reach: &Reach,
    report: &mut Report,
) {
    let play = Play {
        outside,
        question,
        client,
        reach,
    };
    let challenge = play.challenge(report).await;
    let Some(found) = discovery::discover(&play, challenge, report).await else {
        report.client_skips(client, "sign-in", "not tried, since the client does not get that far");
        play.bad_token(report).await;
        return;
    };
    match registration::identify(&play, &found, report).await {
        Some(identity) => {
            sign_in::sign_in(&play, &found, &identity, report).await;
            registration::give_up(&play, &identity, report).await;
        }
        None => report.client_skips(client, "sign-in", "not tried, since the client has no id"),
    }
    play.bad_token(report).await;
}

impl Play<'_> {
    /// The first message without a token: the answer has to ask for one.
    async fn challenge(&self, report: &mut Report) -> Option<Answer> {
        let step = "challenge";
        let answer = match self.open(None).await {
            Ok(answer) => answer,
            Err(fault) => {
                report.client_fails(self.client, step, fault);
                return None;
            }
        };
        let has_metadata = answer
            .bearer_challenge()
            .is_some_and(|challenge| challenge.get("resource_metadata").is_some());
        let fault = match answer.status {
            StatusCode::UNAUTHORIZED if has_metadata => {
                report.client_passes(self.client, step, "asks for a token and says where");
                return Some(answer);
            }
            StatusCode::UNAUTHORIZED if answer.challenges().is_empty() && !answer.is_html() => Fault::new(
                format!("{}, but without WWW-Authenticate", answer.summary()),
                "the proxy drops the header: remove `proxy_hide_header WWW-Authenticate` (nginx), `Header unset` (Apache), or what \
                 replaces error answers (`proxy_intercept_errors on`)",
            ),
            status if status.is_success() => Fault::new(
                format!("{} without any token", answer.summary()),
                if answer.is_html() {
                    "another site answers at this address: give clients the address of the MCP endpoint, which ends with /mcp"
                } else {
                    "nobody has to sign in there: if that is not wanted, start the server with `--mode oauth`"
                },
            ),
            _ => unexpected(&answer, Asked::Endpoint),
        };
        report.client_fails(self.client, step, fault);
        Some(answer)
    }

    /// A token that nobody gave out: the answer has to say that it is not valid, or clients never renew theirs.
    async fn bad_token(&self, report: &mut Report) {
        let step = "bad token";
        let answer = match self.open(Some("Bearer doctor-a-token-of-nobody")).await {
            Ok(answer) => answer,
            Err(fault) => return report.client_fails(self.client, step, fault),
        };
        let challenge = answer.bearer_challenge();
        let error = challenge.as_ref().and_then(|challenge| challenge.get("error"));
        let fault = match (answer.status, error) {
            (StatusCode::UNAUTHORIZED, Some("invalid_token")) => {
                return report.client_passes(self.client, step, "is refused as such");
            }
            (StatusCode::UNAUTHORIZED, None) if challenge.is_some() => Fault::new(
                "a token that is not valid is answered as if there was none: the header Authorization does not arrive",
                "the proxy takes it away: nginx: remove `proxy_set_header Authorization \"\";` and the `auth_basic` of the location; \
                 Apache: remove `RequestHeader unset Authorization`, and with CGI or FastCGI in between set `CGIPassAuth On`; Caddy: remove \
                 `header_up -Authorization`; Traefik: remove the forwardAuth or basicAuth middleware (`removeHeader`)",
            ),
            _ => unexpected(&answer, Asked::Endpoint),
        };
        report.client_fails(self.client, step, fault);
    }

    /// The client's first message.
    async fn open(&self, authorization: Option<&str>) -> Result<Answer, Fault> {
        let about = json!({ "name": self.client.name, "version": "1" });
        let (revision, method, message) = match self.client.opening {
            Opening::Initialize(revision) => {
                let params = json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": about });
                (
                    None,
                    None,
                    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }),
                )
            }
            Opening::Discover => {
                let method = "server/discover";
                let meta = json!({
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": about,
                    "io.modelcontextprotocol/clientCapabilities": {},
                });
                let message = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": { "_meta": meta } });
                (Some("2026-07-28"), Some(method), message)
            }
        };
        let mut headers = self.headers("application/json, text/event-stream");
        headers.push(("content-type", "application/json"));
        headers.extend(revision.map(|revision| ("mcp-protocol-version", revision)));
        headers.extend(method.map(|method| ("mcp-method", method)));
        headers.extend(authorization.map(|value| ("authorization", value)));
        self.outside
            .ask("POST", &self.question.endpoint, &headers, message.to_string())
            .await
    }

    /// What the client sends with everything. Pages of a browser are asked about in a preflight.
    pub(super) fn headers<'b>(&self, accept: &'b str) -> Vec<(&'b str, &'b str)> {
        vec![("accept", accept), ("user-agent", self.client.user_agent)]
    }

    /// What the deployment's own server decides is mended with its settings; another issuer has its own.
    pub(super) fn is_own_issuer(&self, found: &Found) -> bool {
        Url::parse(&found.issuer.issuer).is_ok_and(|issuer| issuer.origin() == self.question.endpoint.origin())
    }

    /// Reports a fault, but not where only a deployment without the internet is to blame.
    pub(super) fn fails_in_public(&self, report: &mut Report, step: &'static str, fault: Fault) {
        if self.reach.private.is_some() {
            report.client_warns(self.client, step, &fault);
        } else {
            report.client_fails(self.client, step, fault);
        }
    }

    /// Sends a request of this client and takes any answer.
    pub(super) async fn ask(
        &self,
        method: &str,
        url: &Url,
        accept: &str,
        more: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, Fault> {
        let headers = [&self.headers(accept)[..], more].concat();
        self.outside.ask(method, url, &headers, body).await
    }

    /// A redirect URI with the address of one's own server in it.
    pub(super) fn own_address(&self, template: &str) -> String {
        let base = self.question.own_client.as_deref().unwrap_or(match self.client.name {
            "librechat" => "https://librechat.example.org",
            _ => "https://open-webui.example.org",
        });
        template.replace(super::profiles::OWN_CLIENT, base)
    }
}
