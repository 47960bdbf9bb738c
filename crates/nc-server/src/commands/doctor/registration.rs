//! How a client becomes known: by its metadata document, or by registering itself (RFC 7591); and how that is undone.

use http::StatusCode;
use nc_proto::oauth::registration::ClientInformation;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    discovery::Found,
    faults::{Asked, unexpected},
    outside::Answer,
    play::Play,
    profiles::RegisteredScope,
    report::{Fault, Report},
    sign_in,
};

/// Under which name a client asks.
pub(super) struct Identity {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    /// How it authenticates at the token endpoint.
    pub(super) method: Method,
    pub(super) known_by: KnownBy,
}

/// How the issuer knows it.
pub(super) enum KnownBy {
    /// By its metadata document. The sign-in page was seen, or it would not be known.
    Document {
        /// Whether the client would sign with a key, which nobody else has.
        signs: bool,
    },
    /// By a registration, and what ends that.
    Registration(Option<(Url, SecretString)>),
    /// Not at all.
    Nothing,
}

/// How a client authenticates.
pub(super) enum Method {
    None,
    Post(SecretString),
    Basic(SecretString),
}

/// Gets the client an id. `None`: there is no way to one, and it is reported why.
pub(super) async fn identify(play: &Play<'_>, found: &Found, report: &mut Report) -> Option<Identity> {
    if let Some(identity) = by_document(play, found, report).await {
        return Some(identity);
    }
    let step = "registration";
    if !play.question.register {
        report.client_skips(play.client, step, "not tried, as asked (--no-register)");
        return Some(Identity::of_nobody());
    }
    let Some(address) = &found.issuer.registration_endpoint else {
        report.client_fails(play.client, step, closed(play, found));
        return None;
    };
    let url = Url::parse(address).ok()?;
    let asked = [("content-type", "application/json")];
    let body = metadata(play, found).to_string();
    let answer = match play.ask("POST", &url, "application/json", &asked, body).await {
        Ok(answer) => answer,
        Err(fault) => {
            report.client_fails(play.client, step, fault);
            return None;
        }
    };
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        // The doctor's own doing, when it is asked twice.
        let fault = unexpected(&answer, Asked::AuthorizationServer);
        report.client_warns(play.client, step, &fault);
        return None;
    }
    match registered(play, found, &answer) {
        Ok(identity) => {
            if let Some(fault) = unfit(play, &answer) {
                report.client_fails(play.client, step, fault);
            } else {
                report.client_passes(play.client, step, "accepted");
            }
            Some(identity)
        }
        Err(fault) => {
            report.client_fails(play.client, step, fault);
            None
        }
    }
}

/// The issuer has to fetch the document, so only its sign-in page shows whether it could.
async fn by_document(play: &Play<'_>, found: &Found, report: &mut Report) -> Option<Identity> {
    let document = play.client.document.as_ref()?;
    if !found.issuer.client_id_metadata_document_supported {
        return None;
    }
    let identity = Identity {
        client_id: document.url.to_owned(),
        redirect_uri: document.redirect_uri.to_owned(),
        method: Method::None,
        known_by: KnownBy::Document { signs: document.signs },
    };
    let step = "client document";
    match sign_in::authorize(play, found, &identity).await {
        Ok(()) => {
            report.client_passes(play.client, step, "is read by the issuer");
            report.client_passes(play.client, "sign-in page", "is shown");
            Some(identity)
        }
        Err(fault) => {
            let host = document.url.split('/').nth(2).unwrap_or_default();
            let (who, allowed) = if play.is_own_issuer(found) {
                (
                    "this server",
                    format!(
                        ", and name {host} in ALLOWED_MCP_CLIENTS if that is set; or let clients register instead, with MCP_CLIENT_DOCUMENTS=false"
                    ),
                )
            } else {
                ("the issuer", String::new())
            };
            let fault = Fault::new(
                format!(
                    "the issuer does not take this client by its metadata document {} ({})",
                    document.url, fault.text
                ),
                format!(
                    "let {who} ask {host} over https (outgoing firewall, DNS){allowed}; the log there says why the document was not taken"
                ),
            );
            play.fails_in_public(report, step, fault);
            None
        }
    }
}

fn metadata(play: &Play<'_>, found: &Found) -> Value {
    let says = &play.client.registration;
    let uris: Vec<String> = says.redirect_uris.iter().map(|uri| play.own_address(uri)).collect();
    let mut body = json!({
        "client_name": says.client_name,
        "redirect_uris": uris,
        "grant_types": says.grant_types,
        "response_types": ["code"],
    });
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            body[name] = value.into();
        }
    };
    add("token_endpoint_auth_method", says.auth_method.map(str::to_owned));
    add("application_type", says.application_type.map(str::to_owned));
    add("client_uri", says.client_uri.map(str::to_owned));
    add(
        "scope",
        match says.scope {
            RegisteredScope::Absent => None,
            RegisteredScope::Empty => Some(String::new()),
            RegisteredScope::Asked => found.scopes(play.client.scopes),
        },
    );
    body
}

fn registered(play: &Play<'_>, found: &Found, answer: &Answer) -> Result<Identity, Fault> {
    let information: Option<ClientInformation> = answer.json().and_then(|value| serde_json::from_value(value).ok());
    let Some(information) = information.filter(|_| answer.status.is_success()) else {
        return Err(refused(play, found, answer));
    };
    let method = information.metadata.token_endpoint_auth_method.clone();
    let method = method.unwrap_or_else(|| "client_secret_basic".to_owned());
    let secret = information.client_secret.map(SecretString::from);
    let management = information
        .registration_client_uri
        .as_deref()
        .and_then(|uri| Url::parse(uri).ok());
    // The token goes nowhere but to the server that gave it.
    let management = management.filter(|uri| uri.origin() == answer.url.origin());
    Ok(Identity {
        client_id: information.client_id,
        redirect_uri: play.own_address(play.client.registration.redirect_uri),
        method: match (method.as_str(), secret) {
            ("client_secret_post", Some(secret)) => Method::Post(secret),
            ("client_secret_basic", Some(secret)) => Method::Basic(secret),
            _ => Method::None,
        },
        known_by: KnownBy::Registration(management.zip(information.registration_access_token.map(SecretString::from))),
    })
}

/// Something in the answer with which the client cannot go on.
fn unfit(play: &Play<'_>, answer: &Answer) -> Option<Fault> {
    let body = answer.json()?;
    let method = body["token_endpoint_auth_method"]
        .as_str()
        .unwrap_or("client_secret_basic");
    if !play.client.registration.takes.contains(&method) {
        return Some(Fault::new(
            format!("the issuer gave the client the way to authenticate `{method}`, which it does not know"),
            "let the issuer offer `none` or `client_secret_post` to clients that register themselves",
        ));
    }
    let kept: Vec<&str> = body["redirect_uris"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let asked = play.own_address(play.client.registration.redirect_uri);
    let lost = play
        .client
        .registration
        .redirect_uris
        .iter()
        .map(|uri| play.own_address(uri));
    let lost: Vec<String> = lost.filter(|uri| !kept.contains(&uri.as_str())).collect();
    if lost.contains(&asked) || (!lost.is_empty() && kept.is_empty()) {
        return Some(Fault::new(
            format!("the registration came back without {}", lost.join(", ")),
            "allow this redirect URI at the issuer",
        ));
    }
    (answer.status != StatusCode::CREATED).then(|| {
        Fault::new(
            format!(
                "{} instead of 201: some clients take that for a failure",
                answer.summary()
            ),
            "something in between changes the answer, or the issuer does not keep to RFC 7591",
        )
    })
}

fn refused(play: &Play<'_>, found: &Found, answer: &Answer) -> Fault {
    let Some(code) = answer.member("error") else {
        return unexpected(answer, Asked::AuthorizationServer);
    };
    let described = answer.member("error_description").unwrap_or_default();
    let text = format!("the registration is refused: {code} {described}")
        .trim_end()
        .to_owned();
    let mend = match code.as_str() {
        "dynamic_registration_not_allowed" => return closed(play, found),
        "access_denied" | "unauthorized_client" => closed(play, found).mend,
        "invalid_token" => {
            "registration needs an initial access token here, which this client cannot send: MCP_CLIENT_REGISTRATION=open, or \
             make the client with `nextcloud-mcp admin oidc:create` and enter its id in the client"
                .to_owned()
        }
        "invalid_redirect_uri" => format!(
            "the issuer has to allow {}",
            play.client.registration.redirect_uris.iter().map(|uri| play.own_address(uri)).collect::<Vec<_>>().join(" and ")
        ),
        _ => "the issuer's log says which member it does not take".to_owned(),
    };
    Fault::new(text, mend)
}

/// Nobody may register, or not this client.
fn closed(play: &Play<'_>, found: &Found) -> Fault {
    let uri = play.own_address(play.client.registration.redirect_uri);
    let text = format!("{} may not register itself", play.client.title);
    if play.is_own_issuer(found) {
        let host = Url::parse(&uri)
            .ok()
            .and_then(|uri| uri.host_str().map(str::to_owned))
            .unwrap_or_default();
        Fault::new(
            text,
            format!(
                "MCP_CLIENT_REGISTRATION=open lets clients register, and ALLOWED_MCP_CLIENTS, if it is set, has to name {host}; or make it \
                 with `nextcloud-mcp admin --data DIR oidc:create \"{}\" {uri}` and enter the id in the client",
                play.client.title
            ),
        )
    } else {
        Fault::new(
            text,
            format!(
                "switch dynamic registration on at the issuer {}, or make a public client there with PKCE and the redirect URI {uri}, and enter \
                 its id in the client",
                found.issuer.issuer
            ),
        )
    }
}

/// Takes the registration back (RFC 7592), so that nothing is left.
pub(super) async fn give_up(play: &Play<'_>, identity: &Identity, report: &mut Report) {
    let KnownBy::Registration(management) = &identity.known_by else {
        return;
    };
    let step = "clean-up";
    let stays = |why: &str| {
        Fault::new(
            format!(
                "the client {} that was registered for this check stays: {why}",
                identity.client_id
            ),
            "remove it at the issuer (`nextcloud-mcp admin --data DIR oidc:remove CLIENT_ID`); clients that were never used end by themselves",
        )
    };
    let Some((uri, token)) = management else {
        return report.client_warns(play.client, step, &stays("the issuer does not say how to delete it"));
    };
    let authorization = format!("Bearer {}", token.expose_secret());
    let asked = [("authorization", authorization.as_str())];
    match play.ask("DELETE", uri, "application/json", &asked, String::new()).await {
        Ok(answer) if answer.status.is_success() => report.client_passes(play.client, step, "registration taken back"),
        Ok(answer) => report.client_warns(play.client, step, &stays(&answer.summary())),
        Err(fault) => report.client_warns(play.client, step, &stays(&fault.text)),
    }
}

impl Identity {
    /// For asking without registration.
    fn of_nobody() -> Self {
        Self {
            client_id: "nextcloud-mcp-doctor".to_owned(),
            redirect_uri: "http://localhost/callback".to_owned(),
            method: Method::None,
            known_by: KnownBy::Nothing,
        }
    }
}
