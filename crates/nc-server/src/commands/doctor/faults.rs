//! What an answer that is none of ours says about what stands in between, and how to mend it.

use http::{StatusCode, header};
use url::Url;

use super::{
    outside::{Answer, place},
    report::Fault,
};

/// What was asked, as far as it changes what has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The MCP endpoint.
    Endpoint,
    /// A document below `/.well-known/`.
    WellKnown,
    /// The authorization server.
    AuthorizationServer,
}

/// An answer that no client can go on with.
pub(super) fn unexpected(answer: &Answer, asked: Asked) -> Fault {
    let summary = answer.summary();
    if let Some(there) = answer.location() {
        return redirected(answer, &there);
    }
    if is_challenge_page(answer) {
        return Fault::new(
            format!("{summary}: a check for browsers (challenge page) of a firewall in front"),
            "let programs through: exempt /mcp, /oauth/ and /.well-known/ from bot checks (Cloudflare: Security, WAF, custom rule \
             with the action Skip; also switch off Bot Fight Mode and \"Block AI bots\" for this host)",
        );
    }
    match answer.status {
        StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST
            if asked == Asked::Endpoint && names_the_host(answer) =>
        {
            wrong_host(&answer.url)
        }
        StatusCode::UNAUTHORIZED if asks_for_a_password(answer) => Fault::new(
            format!("{summary}: it asks for a user name and password instead of a token"),
            "if the proxy asks (nginx `auth_basic`, a sign-in portal), exempt /mcp, /oauth/ and /.well-known/ from that; if this \
             server does, it runs with `--mode basic`: start it with `--mode oauth`",
        ),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_ACCEPTABLE => {
            not_routed(&answer.url, &summary, asked)
        }
        StatusCode::TOO_MANY_REQUESTS => Fault::new(
            format!("{summary}: too many requests"),
            match answer.header(header::RETRY_AFTER) {
                Some(seconds) => format!("wait {seconds} s and run `nextcloud-mcp doctor` again"),
                None => "wait a while, or raise the limit of the proxy; this server's own limits name their seconds"
                    .to_owned(),
            },
        ),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => Fault::new(
            format!("{summary}: the proxy reaches no server behind it, or the server cannot answer now"),
            "start nextcloud-mcp, and compare the address in the proxy's configuration with the one that it prints at its start",
        ),
        _ if answer.is_html() => Fault::new(
            format!("{summary}: a page for people came where a program asked"),
            format!(
                "something in front answers instead of this server, such as a firewall (WAF), a sign-in portal or another site: let {} \
                 pass unchanged",
                place(&answer.url)
            ),
        ),
        StatusCode::FORBIDDEN => Fault::new(
            format!("{summary}: refused"),
            "a firewall (WAF, ModSecurity, fail2ban, a country block) in front refuses: let this path pass, with POST and JSON bodies",
        ),
        _ => Fault::new(
            format!("{summary}, which no client understands"),
            "look at the log of the proxy and of this server at this moment",
        ),
    }
}

/// The list of hosts refuses what the proxy says it was asked for.
fn wrong_host(url: &Url) -> Fault {
    let host = url.host_str().unwrap_or_default();
    Fault::new(
        format!(
            "{} was refused for its Host: this server does not know that it is called {host}",
            place(url)
        ),
        "set NEXTCLOUD_MCP_SERVER_URL to the public address, and let the proxy pass the name on (nginx: `proxy_set_header Host $host;`, \
             Apache: `ProxyPreserveHost On`); or add the name that the proxy sends to MCP_ALLOWED_HOSTS",
    )
}

fn redirected(answer: &Answer, there: &Url) -> Fault {
    let (here, from, to) = (&answer.url, place(&answer.url), place(there));
    let code = answer.status.as_u16();
    if here.scheme() == "http" && there.scheme() == "https" && here.host_str() == there.host_str() {
        return Fault::new(
            format!("{from} redirects ({code}) to https: a POST does not survive that"),
            format!(
                "give clients the https address, and set NEXTCLOUD_MCP_SERVER_URL to {}",
                origin(there)
            ),
        );
    }
    if here.origin() == there.origin() && here.path().trim_end_matches('/') == there.path().trim_end_matches('/') {
        return Fault::new(
            format!("{from} redirects ({code}) to {to}: clients that POST do not follow"),
            "let the proxy serve the path with and without the slash at its end, without a redirect",
        );
    }
    Fault::new(
        format!("{from} redirects ({code}) to {to} instead of answering"),
        "a sign-in portal stands in front (Cloudflare Access, Authelia, oauth2-proxy): exempt /mcp, /oauth/ and /.well-known/ from it; \
         this server asks for sign-in itself",
    )
}

/// The lines that route a path.
fn not_routed(url: &Url, summary: &str, asked: Asked) -> Fault {
    let path = url.path();
    let text = format!("{summary}: this path does not lead to this server");
    let host = url.host_str().unwrap_or_default();
    if asked == Asked::Endpoint && path == "/" {
        return Fault::new(
            text,
            "give clients the address of the MCP endpoint, which ends with /mcp",
        );
    }
    let prefix = match asked {
        // Not the folder: the same host may serve certificates' challenges and other applications below it.
        Asked::WellKnown => match path.split('/').nth(2) {
            Some(name) => format!("/.well-known/{name}"),
            None => path.to_owned(),
        },
        Asked::Endpoint | Asked::AuthorizationServer => path.to_owned(),
    };
    Fault::new(
        text,
        format!(
            "route it without changing the path (127.0.0.1:8000 stands for this server):\n\
             nginx: location {prefix} {{ proxy_pass http://127.0.0.1:8000; proxy_set_header Host $host; }}\n\
             Caddy: handle {prefix}* {{ reverse_proxy 127.0.0.1:8000 }}\n\
             Apache: ProxyPass \"{prefix}\" \"http://127.0.0.1:8000{prefix}\"\n\
             Traefik: rule: Host(`{host}`) && PathPrefix(`{prefix}`)"
        ),
    )
}

/// Whether a firewall wants to see a browser.
fn is_challenge_page(answer: &Answer) -> bool {
    let said = |name: &str| answer.headers.contains_key(name);
    let text = String::from_utf8_lossy(&answer.body);
    let words = [
        "cdn-cgi/challenge-platform",
        "Just a moment...",
        "Attention Required! | Cloudflare",
        "_Incapsula_Resource",
    ];
    said("cf-mitigated") || (answer.is_html() && words.iter().any(|word| text.contains(word)))
}

fn names_the_host(answer: &Answer) -> bool {
    !answer.is_html() && String::from_utf8_lossy(&answer.body).contains("Host")
}

fn asks_for_a_password(answer: &Answer) -> bool {
    answer
        .challenges()
        .iter()
        .any(|challenge| ["basic", "digest", "negotiate"].contains(&challenge.scheme.to_ascii_lowercase().as_str()))
}

/// Scheme, host and port.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
