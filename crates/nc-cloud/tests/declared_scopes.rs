//! What each interface asks of a token, against a table of its own: a route of the wrong family, or one that takes reading
//! for writing, is seen here. And what each interface answers to what it cannot read.

#![cfg(test)]

use std::collections::BTreeSet;

use async_trait::async_trait;
use axum::{Router, body::Body};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use nc_auth::{
    Scope, UserId, basic,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser, auth::TokenIssuers};
use nc_proto::{
    clock::Clock,
    oauth::{error::BearerError, scope_list::ScopeList},
};
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use tower::ServiceExt;

#[path = "declared_scopes/unreadable.rs"]
mod unreadable;

const RESOURCE: &str = "https://cloud.example.org";

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// Everybody may come, also without a credential.
    Nothing,
    /// One scope of reading and one of writing, by the family's name.
    Family(&'static str),
    /// One of two families; the handler looks closer.
    Either(&'static str, &'static str),
    /// `profile` or any scope of an app, whatever the method.
    Own,
    /// No token opens it.
    Password,
}

use Asks::{Either, Family, Nothing, Own, Password};

/// Which interface is which family's. The longest beginning counts; `/index.php` and the version of OCS are cut off before.
const TABLE: [(&str, Asks); 46] = [
    ("/apps/notes/api/", Family("notes")),
    ("/apps/cookbook/", Family("cookbook")),
    ("/apps/deck/", Family("deck")),
    ("/ocs/apps/deck/", Family("deck")),
    ("/apps/tables/api/1/", Family("tables")),
    ("/ocs/apps/tables/api/2/", Family("tables")),
    ("/remote.php/webdav", Family("files")),
    ("/remote.php/dav/files", Family("files")),
    ("/remote.php/dav/uploads", Family("files")),
    ("/remote.php/dav/trashbin", Family("files")),
    ("/remote.php/dav/versions", Family("files")),
    ("/remote.php/dav/systemtags", Family("files")),
    ("/remote.php/dav/systemtags-relations", Family("files")),
    ("/remote.php/dav/comments", Family("files")),
    ("/remote.php/dav/calendars", Either("calendar", "todo")),
    ("/remote.php/dav/addressbooks", Family("contacts")),
    ("/remote.php/dav/principals", Own),
    ("/remote.php/dav", Own),
    ("/remote.php/dav/public-calendars", Nothing),
    ("/ocs/apps/files_sharing/api/v1/shares", Family("sharing")),
    ("/ocs/apps/files_sharing/api/v1/deletedshares", Family("sharing")),
    ("/ocs/apps/files_sharing/api/v1/sharees", Family("sharing")),
    ("/ocs/apps/files_sharing/api/v1/sharees_recommended", Family("sharing")),
    ("/ocs/apps/files_sharing/api/v1/remote_shares", Family("sharing")),
    ("/apps/files_sharing/settings/", Family("sharing")),
    ("/ocs/core/autocomplete/get", Family("sharing")),
    ("/ocs/cloud/user", Own),
    ("/ocs/cloud/user/fields", Own),
    ("/ocs/cloud/users", Family("admin")),
    ("/ocs/cloud/groups", Family("admin")),
    ("/ocs/core/getapppassword", Password),
    ("/ocs/core/apppassword", Password),
    ("/ocs/cloud/capabilities", Nothing),
    ("/ocs/config", Nothing),
    ("/ocs/{*rest}", Nothing),
    ("/public.php/dav/files", Nothing),
    ("/public.php/webdav", Nothing),
    ("/ocm/dav", Nothing),
    ("/s/{token}", Nothing),
    ("/login/v2", Nothing),
    ("/.well-known/", Nothing),
    ("/status.php", Nothing),
    ("/204", Nothing),
    ("/avatar/", Nothing),
    ("/", Nothing),
    ("", Nothing),
];

const READING: [&str; 6] = ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"];
const WRITING: [&str; 7] = ["POST", "PUT", "PATCH", "DELETE", "PROPPATCH", "MKCOL", "MOVE"];

/// Tokens that say themselves what they are for: `nca_{user}.{scopes with + between them}`.
struct Spoken;

#[async_trait]
impl VerifyToken for Spoken {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let text = token.presented.token.expose_secret();
        let (user, scopes) = text
            .strip_prefix("nca_")
            .and_then(|rest| rest.split_once('.'))
            .ok_or(BearerError::InvalidToken)?;
        Ok(AuthContext {
            issuer: RESOURCE.into(),
            subject: user.into(),
            user: UserId::new(user),
            client: "client".into(),
            scopes: ScopeList::parse(&scopes.replace('+', " ").replace('-', ":")).expect("scopes"),
            resources: vec![RESOURCE.to_owned()],
            sid: None,
            jti: None,
            acr: Some("2".to_owned()),
            amr: Vec::new(),
            auth_time: None,
            issued_at: None,
            expires_at: i64::MAX,
        })
    }
}

/// A token of the administrator for these scopes.
fn token<'a>(scopes: impl IntoIterator<Item = &'a str>) -> String {
    let scopes: Vec<&str> = scopes.into_iter().collect();
    format!("Bearer nca_root.{}", scopes.join("+").replace(':', "-"))
}

struct Wire {
    cloud: Cloud,
    router: Router,
    _dir: tempfile::TempDir,
}

impl Wire {
    async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = CloudConfig::new(dir.path());
        config.clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let cloud = Cloud::open(config).await.unwrap();
        let mut root = NewUser::new("root", "Root", "root's password".into());
        root.groups = vec!["admin".to_owned()];
        cloud.create_user(&root).await.unwrap();
        let bob = NewUser::new("bob", "Bob", "bob's password".into());
        cloud.create_user(&bob).await.unwrap();
        let issuers = TokenIssuers {
            verifier: std::sync::Arc::new(Spoken),
            issuers: vec![RESOURCE.to_owned()],
            resource: RESOURCE.to_owned(),
        };
        cloud.believe(issuers).unwrap();
        Self {
            router: cloud.router(),
            cloud,
            _dir: dir,
        }
    }

    /// Status and the scopes that a challenge names, if it says that scopes are missing.
    async fn send(&self, authorization: &str, method: &str, path: &str, body: &Sent) -> (StatusCode, Option<String>) {
        let mut request = Request::builder().method(method).uri(path);
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let body = match body {
            Sent::Nothing => Body::empty(),
            Sent::Json(text) => {
                request = request.header("content-type", "application/json");
                Body::from(*text)
            }
            Sent::Text(text) => Body::from(*text),
        };
        let answer = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        body.collect().await.unwrap();
        let challenges = parts.headers.get_all("www-authenticate").iter();
        let lacks = challenges
            .map(|value| value.to_str().unwrap())
            .find(|value| value.contains(r#"error="insufficient_scope""#));
        let scopes = lacks.map(|value| {
            let rest = value.split_once("scope=\"").expect("the scopes").1;
            rest.split_once('"').expect("an end").0.to_owned()
        });
        (parts.status, scopes)
    }
}

enum Sent {
    Nothing,
    Json(&'static str),
    Text(&'static str),
}

/// The row of the table for a path, by its number.
fn row(path: &str) -> usize {
    let path = path.strip_prefix("/index.php").unwrap_or(path);
    let path = path.replace("/ocs/v1.php/", "/ocs/").replace("/ocs/v2.php/", "/ocs/");
    let fits = |beginning: &str| {
        let rest = path.strip_prefix(beginning);
        // `/remote.php/dav/files` is no beginning of `/remote.php/dav/filesystem`, and the root is nothing's but its own.
        rest.is_some_and(|rest| match beginning {
            "" | "/" => rest.is_empty(),
            _ => rest.is_empty() || rest.starts_with('/') || beginning.ends_with('/'),
        })
    };
    let rows = TABLE.iter().enumerate().filter(|(_, (beginning, _))| fits(beginning));
    let row = rows.max_by_key(|(_, (beginning, _))| beginning.len());
    row.unwrap_or_else(|| panic!("{path} is in no row of the table")).0
}

#[tokio::test]
async fn every_route_asks_for_the_scope_of_its_own_interface_and_of_its_method() {
    let wire = Wire::boot().await;
    let mut met = BTreeSet::new();
    for route in wire.cloud.declared_routes() {
        let row = row(&route.path);
        met.insert(row);
        let path = concrete(&route.path, "1");
        for (methods, verb) in [(READING.as_slice(), "read"), (WRITING.as_slice(), "write")] {
            for method in methods {
                let asks = match (TABLE[row].1, *method) {
                    // Accounts are read with a token, and changed with a password only.
                    (_, "PUT") if route.path.ends_with("/cloud/users/{id}") => Password,
                    _ if route.path.ends_with("/cloud/users/{id}/{collection}") => Password,
                    // Which of the two answers for a method that neither has is nobody's promise.
                    (_, method) if route.path.ends_with("/cloud/users/{id}") && method != "GET" => continue,
                    (asks, _) => asks,
                };
                assert_asks(&wire, method, &path, asks, verb).await;
            }
        }
    }
    let idle: Vec<&str> = (0..TABLE.len())
        .filter(|row| !met.contains(row))
        .map(|row| TABLE[row].0)
        .collect();
    assert!(idle.is_empty(), "no route is in {idle:?}");
}

/// Other ways to write the same address (RFC 3986 §6.2.2, and empty names, which WebDAV leaves out).
fn other_ways(path: &str) -> Vec<String> {
    let names: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let mut ways = Vec::new();
    for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let with = |other: String| {
            let mut names = names.clone();
            names[at] = &other;
            format!("/{}", names.join("/"))
        };
        let first = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
        let last = format!("{}%{:02X}", &name[..name.len() - 1], name.as_bytes()[name.len() - 1]);
        ways.extend(
            [
                first,
                last,
                format!("/{name}"),
                format!("./{name}"),
                format!("x/../{name}"),
                format!("x/%2e%2e/{name}"),
            ]
            .map(with),
        );
    }
    ways
}

#[tokio::test]
async fn no_other_way_to_write_an_address_opens_it() {
    let wire = Wire::boot().await;
    let password = basic::header_value("root", "root's password");
    let dav = |rest: &str| format!("/remote.php/dav/{rest}");
    let event = dav(&format!("calendars/{USER}/personal/e.ics"));
    let card = dav(&format!("addressbooks/users/{USER}/contacts/a.vcf"));
    let file = dav(&format!("files/{USER}/secret.txt"));
    for (path, text) in [(&file, "the secret"), (&event, EVENT), (&card, CARD)] {
        let (stored, _) = wire.send(&password, "PUT", path, &Sent::Text(text)).await;
        assert_eq!(stored, StatusCode::CREATED, "{path}");
    }
    let note = Sent::Json(r#"{"title":"a","content":"the note"}"#);
    let (made, _) = wire
        .send(&password, "POST", "/index.php/apps/notes/api/v1/notes", &note)
        .await;
    assert_eq!(made, StatusCode::OK);
    let addresses = [
        (file.clone(), "files"),
        (dav(&format!("files/{USER}")), "files"),
        (dav(&format!("files/{USER}/")), "files"),
        (dav("files"), "files"),
        ("/remote.php/webdav/secret.txt".to_owned(), "files"),
        (dav(&format!("uploads/{USER}/u")), "files"),
        (dav(&format!("trashbin/{USER}/trash")), "files"),
        (dav(&format!("versions/{USER}/versions/1")), "files"),
        (dav("systemtags"), "files"),
        (dav("systemtags-relations/files/1"), "files"),
        (dav("comments/files/1"), "files"),
        (event, "calendar"),
        (dav(&format!("calendars/{USER}/personal")), "calendar"),
        (card, "contacts"),
        (dav(&format!("addressbooks/users/{USER}/contacts")), "contacts"),
        ("/index.php/apps/notes/api/v1/notes".to_owned(), "notes"),
        ("/ocs/v2.php/cloud/users".to_owned(), "admin"),
        ("/ocs/v2.php/apps/files_sharing/api/v1/shares".to_owned(), "sharing"),
    ];
    let mut ways = 0;
    for (path, family) in &addresses {
        let others = Scope::ALL.iter().map(|scope| scope.as_str());
        let others =
            others.filter(|scope| !scope.starts_with(family) && (*family != "calendar" || !scope.starts_with("todo")));
        let token = token(others);
        for way in other_ways(path) {
            for method in READING.iter().chain(&WRITING) {
                let (status, _) = wire.send(&token, method, &way, &Sent::Nothing).await;
                // What is no such address at all may say so to everybody.
                let is_closed = status.is_client_error() || (*method == "OPTIONS" && status.is_success());
                assert!(is_closed, "{method} {way}: {status}");
                ways += 1;
            }
        }
    }
    assert!(ways > 1000, "{ways}");
    let (read, _) = wire.send(&password, "GET", &file, &Sent::Nothing).await;
    assert_eq!(read, StatusCode::OK, "it was removed");
}

/// A declared path with something in the place of each parameter.
fn concrete(path: &str, with: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { with } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn assert_asks(wire: &Wire, method: &str, path: &str, asks: Asks, verb: &str) {
    let ask = async |scopes: &[&str]| {
        wire.send(&token(scopes.iter().copied()), method, path, &Sent::Nothing)
            .await
    };
    let nothing = ask(&["openid"]).await;
    let families = match asks {
        Nothing => {
            // A token changes nothing here, neither for the better nor for the worse.
            assert_eq!(nothing.1, None, "{method} {path}");
            if method == "GET" {
                let anonymous = wire.send("", method, path, &Sent::Nothing).await;
                assert_eq!(nothing, anonymous, "{method} {path}");
            }
            return;
        }
        Password => {
            let everything = Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>();
            assert_eq!(ask(&everything).await, (StatusCode::FORBIDDEN, None), "{method} {path}");
            return;
        }
        Own => {
            assert_eq!(
                nothing,
                (StatusCode::FORBIDDEN, Some("profile".to_owned())),
                "{method} {path}"
            );
            assert_eq!(
                ask(&["deck:read"]).await.1.filter(|lacks| lacks == "profile"),
                None,
                "{method} {path}"
            );
            return;
        }
        Family(family) => vec![family],
        Either(one, other) => vec![one, other],
    };
    let needed: Vec<String> = families.iter().map(|family| format!("{family}:{verb}")).collect();
    // The scopes that are named are those of the table, no more and no fewer.
    let named = (StatusCode::FORBIDDEN, Some(needed.join(" ")));
    assert_eq!(nothing, named, "{method} {path}");
    // All others together do not open it; that includes the other verb of the same family.
    let others: Vec<&str> = Scope::ALL
        .iter()
        .map(|scope| scope.as_str())
        .filter(|scope| !needed.iter().any(|needed| needed == scope))
        .collect();
    assert_eq!(ask(&others).await, named, "{method} {path}");
    for scope in &needed {
        let (status, lacks) = ask(&[scope]).await;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path} with {scope}");
        assert_ne!(lacks, named.1, "{method} {path} with {scope}");
    }
}

/// The account that the requests are about.
const USER: &str = "root";
const TABLES: &str = "/ocs/v2.php/apps/tables/api/2/tables?format=json";
const SHARES: &str = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json";
const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:e\r\n\
    DTSTAMP:20261120T080000Z\r\nDTSTART:20261124T100000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const TASK: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:t\r\n\
    DTSTAMP:20261120T080000Z\r\nSUMMARY:x\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:Ann\r\nN:Ann;;;;\r\nEND:VCARD\r\n";

#[tokio::test]
async fn reading_and_writing_are_apart_in_tables_recipes_contacts_and_shares() {
    let wire = Wire::boot().await;
    let password = basic::header_value("root", "root's password");
    let (stored, _) = wire
        .send(
            &password,
            "PUT",
            &format!("/remote.php/dav/files/{USER}/a.txt"),
            &Sent::Text("a"),
        )
        .await;
    assert_eq!(stored, StatusCode::CREATED);
    let recipe = Sent::Json(r#"{"name":"Soup","recipeIngredient":[],"recipeInstructions":[]}"#);
    let table = Sent::Json(r#"{"title":"Plants","emoji":"","template":"custom"}"#);
    let share = Sent::Json(r#"{"path":"/a.txt","shareType":0,"shareWith":"bob"}"#);
    let book = format!("/remote.php/dav/addressbooks/users/{USER}/contacts/");
    let recipes = "/index.php/apps/cookbook/api/v1/recipes";
    let card = format!("{book}a.vcf");
    let calendar = format!("/remote.php/dav/calendars/{USER}/personal/");
    let (an_event, a_task) = (format!("{calendar}e.ics"), format!("{calendar}t.ics"));
    let cases = [
        ("tables", ("GET", TABLES), ("POST", TABLES, table)),
        (
            "tables",
            ("GET", "/index.php/apps/tables/api/1/tables"),
            (
                "POST",
                "/index.php/apps/tables/api/1/tables",
                Sent::Json(r#"{"title":"Animals"}"#),
            ),
        ),
        ("cookbook", ("GET", recipes), ("POST", recipes, recipe)),
        (
            "contacts",
            ("PROPFIND", book.as_str()),
            ("PUT", card.as_str(), Sent::Text(CARD)),
        ),
        (
            "calendar",
            ("PROPFIND", calendar.as_str()),
            ("PUT", an_event.as_str(), Sent::Text(EVENT)),
        ),
        (
            "todo",
            ("PROPFIND", calendar.as_str()),
            ("PUT", a_task.as_str(), Sent::Text(TASK)),
        ),
        ("sharing", ("GET", SHARES), ("POST", SHARES, share)),
    ];
    for (family, (read, seen), (write, changed, body)) in cases {
        let (reader, writer) = (format!("{family}:read"), format!("{family}:write"));
        let reading = token([reader.as_str()]);
        let writing = token([writer.as_str()]);
        // Events and tasks lie in the same collections, so where neither may be read both are named.
        let (reader, writer) = match family {
            "calendar" | "todo" => (
                "calendar:read todo:read".to_owned(),
                "calendar:write todo:write".to_owned(),
            ),
            _ => (reader, writer),
        };
        let refused = |scope: &str| (StatusCode::FORBIDDEN, Some(scope.to_owned()));
        assert_eq!(
            wire.send(&reading, write, changed, &body).await,
            refused(&writer),
            "{changed}"
        );
        assert_eq!(
            wire.send(&writing, read, seen, &Sent::Nothing).await,
            refused(&reader),
            "{seen}"
        );
        let (status, lacks) = wire.send(&writing, write, changed, &body).await;
        assert!(status.is_success() && lacks.is_none(), "{write} {changed}: {status}");
        let (status, lacks) = wire.send(&reading, read, seen, &Sent::Nothing).await;
        assert!(status.is_success() && lacks.is_none(), "{read} {seen}: {status}");
    }
}
