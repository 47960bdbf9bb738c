//! The authorization request as far as the sign-in page, and the token endpoint with a code that nobody gave out.

use std::collections::BTreeMap;

use http::{StatusCode, header};
use secrecy::ExposeSecret as _;
use url::{Url, form_urlencoded::Serializer};

use super::{
    discovery::Found,
    faults::{Asked, unexpected},
    outside::{Answer, place},
    play::Play,
    registration::{Identity, KnownBy, Method},
    report::{Fault, Report},
};

/// The pair of RFC 7636, Appendix B. No code is ever given out for it.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Most redirects from the request to the page.
const MOST_STEPS: usize = 8;
/// What a person's browser says.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Asks as the client would, up to where a person is needed.
pub(super) async fn sign_in(play: &Play<'_>, found: &Found, identity: &Identity, report: &mut Report) {
    if matches!(identity.known_by, KnownBy::Registration(_)) {
        let step = "sign-in page";
        match authorize(play, found, identity).await {
            Ok(()) => report.client_passes(play.client, step, "is shown"),
            Err(fault) => report.client_fails(play.client, step, fault),
        }
    }
    let code = [
        ("grant_type", "authorization_code"),
        ("code", "doctor-a-code-of-nobody"),
        ("redirect_uri", &identity.redirect_uri),
        ("code_verifier", VERIFIER),
    ];
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "doctor-a-token-of-nobody"),
    ];
    for (step, form) in [("token endpoint", &code[..]), ("refresh", &refresh[..])] {
        match refuses(play, found, identity, form).await {
            Ok(()) => report.client_passes(play.client, step, "refuses what it did not give out"),
            Err(fault) => report.client_fails(play.client, step, fault),
        }
    }
}

/// The authorization request, with a browser's cookies and redirects.
pub(super) async fn authorize(play: &Play<'_>, found: &Found, identity: &Identity) -> Result<(), Fault> {
    let mut url = Url::parse(&found.issuer.authorization_endpoint)
        .map_err(|_| Fault::new("the issuer names no authorization endpoint", "mend its configuration"))?;
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &identity.client_id)
            .append_pair("redirect_uri", &identity.redirect_uri)
            .append_pair("state", "doctor")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256");
        if let Some(scopes) = found.scopes(play.client.scopes) {
            query.append_pair("scope", &scopes);
        }
        if play.client.sends_resource {
            query.append_pair("resource", &found.resource.resource);
        }
    }
    let issuer = url.origin();
    let mut cookies = BTreeMap::new();
    for _ in 0..MOST_STEPS {
        let carried: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let carried = carried.join("; ");
        let mut headers = vec![("accept", "text/html"), ("user-agent", BROWSER)];
        if !carried.is_empty() {
            headers.push(("cookie", &carried));
        }
        let answer = play.outside.ask("GET", &url, &headers, "").await?;
        keep(&answer, &mut cookies);
        let Some(there) = answer
            .header(header::LOCATION)
            .filter(|_| answer.status.is_redirection())
        else {
            return shown(&answer);
        };
        if there.starts_with(&identity.redirect_uri) {
            return Err(sent_back(there));
        }
        let Some(next) = answer.location() else {
            return Err(unexpected(&answer, Asked::AuthorizationServer));
        };
        if next.origin() != issuer {
            // The sign-in of somebody else, such as the Nextcloud: a person is needed there.
            return Ok(());
        }
        url = next;
    }
    Err(Fault::new(
        format!("{} redirects in a circle", place(&url)),
        "cookies do not survive the proxy, or it sends every page to the same place: look at rules about cookies and redirects",
    ))
}

fn keep(answer: &Answer, cookies: &mut BTreeMap<String, String>) {
    let set = answer.headers.get_all(header::SET_COOKIE).iter();
    for cookie in set.filter_map(|value| value.to_str().ok()) {
        let pair = cookie.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

/// A page is what a person should see, unless it says that something is wrong.
fn shown(answer: &Answer) -> Result<(), Fault> {
    if answer.status == StatusCode::OK && answer.is_html() {
        // A firewall's page is not ours, whatever its status.
        let fault = unexpected(answer, Asked::AuthorizationServer);
        return if fault.text.contains("challenge page") {
            Err(fault)
        } else {
            Ok(())
        };
    }
    if answer.status == StatusCode::BAD_REQUEST {
        return Err(Fault::new(
            format!(
                "{}: the issuer does not know the client, or not its redirect URI",
                answer.summary()
            ),
            "look at the issuer's log; behind several instances they need a common database",
        ));
    }
    Err(unexpected(answer, Asked::AuthorizationServer))
}

/// The client is told at once that it gets nothing.
fn sent_back(there: &str) -> Fault {
    let url = Url::parse(there).ok();
    let find = |name: &str| {
        let mut pairs = url.as_ref()?.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let error = find("error").unwrap_or_else(|| "no error".to_owned());
    let described = find("error_description").unwrap_or_default();
    let mend = match error.as_str() {
        "invalid_scope" => "the issuer does not offer the scopes that the endpoint's metadata name: allow them there",
        "invalid_target" => {
            "the issuer does not know the endpoint as a resource: register its address there as a resource (RFC 8707)"
        }
        "unauthorized_client" | "access_denied" => {
            "the issuer does not allow this client: see ALLOWED_MCP_CLIENTS and its own rules"
        }
        _ => "the issuer's log says why",
    };
    Fault::new(
        format!("the issuer sends the client back with {error} {described}").trim_end(),
        mend,
    )
}

/// The token endpoint has to answer in its own words.
async fn refuses(play: &Play<'_>, found: &Found, identity: &Identity, form: &[(&str, &str)]) -> Result<(), Fault> {
    let url = Url::parse(&found.issuer.token_endpoint)
        .map_err(|_| Fault::new("the issuer names no token endpoint", "mend its configuration"))?;
    let mut body = Serializer::new(String::new());
    body.extend_pairs(form);
    if play.client.sends_resource {
        body.append_pair("resource", &found.resource.resource);
    }
    let mut asked = vec![("content-type", "application/x-www-form-urlencoded")];
    let basic;
    match &identity.method {
        Method::None => {
            body.append_pair("client_id", &identity.client_id);
        }
        Method::Post(secret) => {
            body.append_pair("client_id", &identity.client_id);
            body.append_pair("client_secret", secret.expose_secret());
        }
        Method::Basic(secret) => {
            basic = nc_auth::basic::header_value(&encoded(&identity.client_id), &encoded(secret.expose_secret()));
            asked.push(("authorization", &basic));
        }
    }
    let answer = play
        .ask("POST", &url, "application/json", &asked, body.finish())
        .await?;
    let Some(error) = answer.member("error") else {
        return Err(unexpected(&answer, Asked::AuthorizationServer));
    };
    match error.as_str() {
        "invalid_grant" => Ok(()),
        "invalid_client" | "unauthorized_client"
            if matches!(identity.known_by, KnownBy::Nothing | KnownBy::Document { signs: true }) =>
        {
            Ok(())
        }
        "invalid_client" => Err(Fault::new(
            format!(
                "{}: it does not know the client that has just been registered",
                answer.summary()
            ),
            match identity.method {
                Method::Basic(_) => {
                    "the proxy takes the header Authorization away, or several instances have no common database"
                }
                Method::None | Method::Post(_) => {
                    "several instances have no common database, or another server answers at this path"
                }
            },
        )),
        "unsupported_grant_type" if form.iter().any(|(_, value)| *value == "refresh_token") => Err(Fault::new(
            "the issuer gives no refresh tokens: people would have to sign in again every few minutes",
            "allow the grant `refresh_token` at the issuer",
        )),
        _ => Err(Fault::new(
            format!("{}: {error} instead of invalid_grant", answer.summary()),
            "look at the issuer's log at this moment",
        )),
    }
}

/// As RFC 6749 §2.3.1 wants it before Base64.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
