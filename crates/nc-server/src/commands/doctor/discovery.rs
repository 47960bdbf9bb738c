//! From the challenge to the issuer's metadata, in the order in which a client looks.

use http::{StatusCode, header};
use nc_proto::oauth::metadata::{ResourceMetadata, ServerMetadata, WellKnown};
use url::Url;

use super::{
    faults::{Asked, origin, unexpected},
    outside::{Answer, place},
    play::Play,
    profiles::{IssuerPlace, Scopes},
    report::{Fault, Report},
};

/// What a client finds.
pub(super) struct Found {
    pub(super) resource: ResourceMetadata,
    pub(super) issuer: ServerMetadata,
    /// Scopes of the challenge.
    challenged: Option<String>,
}

impl Found {
    /// The scopes that a client asks for.
    pub(super) fn scopes(&self, which: Scopes) -> Option<String> {
        let supported = Some(self.resource.scopes_supported.join(" ")).filter(|scopes| !scopes.is_empty());
        match which {
            Scopes::Challenge => self.challenged.clone().or(supported),
            Scopes::Supported => supported,
        }
    }
}

/// Finds the issuer. `None`: the client does not get that far, and it is reported why.
pub(super) async fn discover(play: &Play<'_>, challenge: Option<Answer>, report: &mut Report) -> Option<Found> {
    let challenge = challenge.and_then(|answer| answer.bearer_challenge());
    let named = challenge
        .as_ref()
        .and_then(|challenge| challenge.get("resource_metadata"));
    let challenged = challenge
        .as_ref()
        .and_then(|challenge| challenge.get("scope"))
        .map(str::to_owned);
    let resource = resource(play, named.filter(|_| play.client.reads_challenge), report).await?;
    let issuer = issuer(play, resource.authorization_servers.first()?, report).await?;
    preflights(play, &issuer, report).await;
    Some(Found {
        resource,
        issuer,
        challenged,
    })
}

async fn resource(play: &Play<'_>, named: Option<&str>, report: &mut Report) -> Option<ResourceMetadata> {
    let step = "metadata";
    let endpoint = &play.question.endpoint;
    let below_host = WellKnown::ProtectedResource.url(endpoint.as_str());
    let place = match named {
        Some(named) => Url::parse(named).ok().filter(Url::has_host),
        None => below_host.as_deref().and_then(|url| Url::parse(url).ok()),
    };
    let Some(url) = place else {
        let fault = Fault::new(
            "the challenge names no address that can be asked",
            "set NEXTCLOUD_MCP_SERVER_URL to the public address of this server, without /mcp",
        );
        report.client_fails(play.client, step, fault);
        return None;
    };
    if let Some(fault) = foreign_address(endpoint, &url, "the challenge names") {
        report.client_fails(play.client, step, fault);
        return None;
    }
    let outcome = match play.ask("GET", &url, "application/json", &[], String::new()).await {
        Ok(answer) => read_resource(endpoint, &answer),
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(metadata) => {
            report.client_passes(play.client, step, "names this endpoint and its issuer");
            Some(metadata)
        }
        Err(fault) => {
            report.client_fails(play.client, step, fault);
            None
        }
    }
}

fn read_resource(endpoint: &Url, answer: &Answer) -> Result<ResourceMetadata, Fault> {
    let metadata: Option<ResourceMetadata> = document(answer)?;
    let Some(metadata) = metadata else {
        return Err(unexpected(answer, Asked::WellKnown));
    };
    // Clients parse both before they compare; a slash at the end still counts.
    let named = Url::parse(&metadata.resource).ok();
    if named.as_ref() != Some(endpoint) {
        if let Some(named) = &named
            && let Some(fault) = foreign_address(endpoint, named, "the metadata name")
        {
            return Err(fault);
        }
        let public = public_base(endpoint);
        return Err(Fault::new(
            format!(
                "the metadata are of {}, but clients are given {endpoint}: they compare both and stop",
                metadata.resource
            ),
            format!(
                "give clients exactly the address in the metadata; or set NEXTCLOUD_MCP_SERVER_URL={public}, with the subpath \
                 if there is one (MCP_PATH is what comes after it)"
            ),
        ));
    }
    if metadata.authorization_servers.is_empty() {
        return Err(Fault::new(
            "the metadata name no issuer",
            "this server is not the one that answers there; compare the address with its log",
        ));
    }
    Ok(metadata)
}

/// An address with another scheme or host than the one that was asked: what the server knows of itself is not what clients use.
fn foreign_address(endpoint: &Url, named: &Url, who: &str) -> Option<Fault> {
    if endpoint.origin() == named.origin() {
        return None;
    }
    let what = if endpoint.host_str() == named.host_str() && endpoint.scheme() == "https" && named.scheme() == "http" {
        "http instead of https, since the server does not know that TLS ends at the proxy"
    } else {
        "an inner address instead of the public one"
    };
    Some(Fault::new(
        format!("{who} {named}: {what}"),
        format!(
            "set NEXTCLOUD_MCP_SERVER_URL={} and start the server anew; let the proxy send Host and X-Forwarded-Proto, and name the \
             proxy in FORWARDED_ALLOW_IPS",
            public_base(endpoint)
        ),
    ))
}

fn public_base(endpoint: &Url) -> String {
    let path = endpoint.path().trim_end_matches('/');
    let path = path.rsplit_once('/').map_or("", |(before, _)| before);
    format!("{}{path}", origin(endpoint))
}

async fn issuer(play: &Play<'_>, issuer: &str, report: &mut Report) -> Option<ServerMetadata> {
    let step = "issuer";
    let mut first_fault = None;
    for url in play.client.issuer_places.iter().filter_map(|place| at(*place, issuer)) {
        let answer = match play.ask("GET", &url, "application/json", &[], String::new()).await {
            Ok(answer) => answer,
            Err(fault) => {
                report.client_fails(play.client, step, fault);
                return None;
            }
        };
        match document(&answer) {
            Ok(Some(metadata)) => match check_issuer(play, issuer, metadata) {
                Ok(metadata) => {
                    report.client_passes(play.client, step, "describes itself");
                    return Some(metadata);
                }
                Err(fault) => {
                    report.client_fails(play.client, step, fault);
                    return None;
                }
            },
            // Only a plain no lets a client look elsewhere.
            Ok(None) if answer.status.is_client_error() => {
                first_fault.get_or_insert_with(|| unexpected(&answer, Asked::WellKnown));
            }
            Ok(None) => {
                report.client_fails(play.client, step, unexpected(&answer, Asked::WellKnown));
                return None;
            }
            Err(fault) => {
                report.client_fails(play.client, step, fault);
                return None;
            }
        }
    }
    let fault = first_fault.unwrap_or_else(|| {
        Fault::new(
            format!("`{issuer}` is no address of an issuer"),
            "set NEXTCLOUD_MCP_SERVER_URL to the public address of this server",
        )
    });
    report.client_fails(play.client, step, fault);
    None
}

/// The document of an answer; `None` when it is none. A page with status 200 is a fault: clients try to read it.
fn document<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<Option<T>, Fault> {
    if answer.status != StatusCode::OK {
        return Ok(None);
    }
    let read = answer.json().and_then(|value| serde_json::from_value(value).ok());
    if read.is_none() {
        return Err(if answer.is_html() {
            unexpected(answer, Asked::WellKnown)
        } else {
            Fault::new(
                format!("{}, which is not the document that belongs there", answer.summary()),
                "another application answers at this path: route it to this server",
            )
        });
    }
    Ok(read)
}

fn at(place: IssuerPlace, issuer: &str) -> Option<Url> {
    let url = Url::parse(issuer).ok()?;
    let path = url.path().trim_end_matches('/');
    let path = match place {
        IssuerPlace::OAuth => format!("/.well-known/oauth-authorization-server{path}"),
        IssuerPlace::OpenidBefore => format!("/.well-known/openid-configuration{path}"),
        IssuerPlace::OpenidAfter => format!("{path}/.well-known/openid-configuration"),
        IssuerPlace::OAuthAtRoot => "/.well-known/oauth-authorization-server".to_owned(),
    };
    url.join(&path).ok()
}

fn check_issuer(play: &Play<'_>, issuer: &str, metadata: ServerMetadata) -> Result<ServerMetadata, Fault> {
    // As the SDKs do, a slash at the end aside.
    if metadata.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(Fault::new(
            format!(
                "the issuer calls itself {}, but the endpoint's metadata name {issuer}: clients refuse that",
                metadata.issuer
            ),
            "both come from one server: something in between rewrites or caches one of them (a cache of an older answer, a content filter); \
             with an issuer elsewhere set NEXTCLOUD_PUBLIC_ISSUER_URL to what it calls itself",
        ));
    }
    if !metadata
        .code_challenge_methods_supported
        .iter()
        .any(|method| method == "S256")
    {
        return Err(Fault::new(
            "the issuer does not announce PKCE with S256: clients refuse it",
            "switch PKCE on at the issuer, so that `code_challenge_methods_supported` has S256",
        ));
    }
    let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint];
    for endpoint in endpoints.into_iter().chain(&metadata.registration_endpoint) {
        let Ok(url) = Url::parse(endpoint) else {
            return Err(Fault::new(
                format!("the issuer names `{endpoint}`, which is no address"),
                "mend the issuer's configuration",
            ));
        };
        if url.scheme() != "https" && play.question.endpoint.scheme() == "https" {
            return Err(Fault::new(
                format!("the issuer names {}, which is not https", place(&url)),
                "set NEXTCLOUD_MCP_SERVER_URL to the https address; with an issuer elsewhere, its own public address (Keycloak: \
                 `--hostname https://…`, `--proxy-headers xforwarded`)",
            ));
        }
    }
    Ok(metadata)
}

/// What a browser asks before a page may ask.
async fn preflights(play: &Play<'_>, issuer: &ServerMetadata, report: &mut Report) {
    let Some(page) = play.client.origin else { return };
    let step = "CORS";
    let mut wanted = vec![(issuer.token_endpoint.clone(), "POST", "content-type")];
    wanted.extend(
        issuer
            .registration_endpoint
            .clone()
            .map(|url| (url, "POST", "content-type")),
    );
    wanted.extend(at(IssuerPlace::OAuth, &issuer.issuer).map(|url| (url.into(), "GET", "mcp-protocol-version")));
    for (url, method, header) in wanted {
        let Ok(url) = Url::parse(&url) else { continue };
        match allows(play, &url, page, method, header).await {
            Ok(true) => {}
            Ok(false) => {
                let fault = Fault::new(
                    format!("{} does not let pages of other origins ask ({page})", place(&url)),
                    "let the proxy pass OPTIONS on, and remove its own Access-Control headers: this server sends them itself",
                );
                return report.client_fails(play.client, step, fault);
            }
            Err(fault) => return report.client_fails(play.client, step, fault),
        }
    }
    let endpoint = &play.question.endpoint;
    match allows(
        play,
        endpoint,
        page,
        "POST",
        "authorization,content-type,mcp-protocol-version",
    )
    .await
    {
        Ok(true) => report.client_passes(play.client, step, "pages may ask"),
        Ok(false) => report.client_warns(
            play.client,
            step,
            &Fault::new(
                format!("pages of {page} may not ask the endpoint itself"),
                format!(
                    "let the Inspector connect through its proxy, or add {page} to MCP_ALLOWED_ORIGINS while you look"
                ),
            ),
        ),
        Err(fault) => report.client_fails(play.client, step, fault),
    }
}

async fn allows(play: &Play<'_>, url: &Url, page: &str, method: &str, headers: &str) -> Result<bool, Fault> {
    let asked = [
        ("origin", page),
        ("access-control-request-method", method),
        ("access-control-request-headers", headers),
    ];
    let answer = play.ask("OPTIONS", url, "*/*", &asked, String::new()).await?;
    let origin = answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    Ok(answer.status.is_success() && origin.is_some_and(|origin| origin == "*" || origin == page))
}
