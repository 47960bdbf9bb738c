//! Writes every page with sample data to `build/screens`, or the folder named, to look at.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use axum::response::IntoResponse;
use http::StatusCode;
use http_body_util::BodyExt;
use nc_web::pages::{
    AccessKind, Connected, GiveAccess, Grant, LinkEntry, LinkFile, LinkFolder, LinkPassword, LinkUpload, Notice,
    SignIn as LoginFlow,
    invitations::{AcceptInvitation, ContactShown, InvitationAccepted, Invitations, PasteInvitation},
    provider::{
        ConnectedApp, ConnectedApps, Consent, FormPost, LogoutQuestion, NewPasskey, PasskeyEntry, PasskeySignIn,
        Passkeys, ScopeChoice, SecondFactor, SignIn, SignedOut, StartAgain, StartElsewhere, Waiting,
    },
    user_page::{AccessShown, ClientShown, UserPage},
};

const SERVER: &str = "cloud.example.org";
const CLIENT: &str = "Kitchen Assistant";

type Written = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Written {
    sign_in().await?;
    consent().await?;
    connected_apps().await?;
    logout().await?;
    elsewhere().await?;
    give_access().await?;
    user_page().await?;
    invitations().await?;
    passkeys().await?;
    login_flow().await?;
    links().await
}

async fn write(name: &str, page: impl IntoResponse) -> Written {
    let named = env::args_os().nth(1).map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../build/screens"));
    fs::create_dir_all(&folder)?;
    let body = page.into_response().into_body().collect().await?.to_bytes();
    fs::write(folder.join(format!("{name}.html")), body)?;
    Ok(())
}

async fn sign_in() -> Written {
    let page = |login, error| SignIn {
        status: StatusCode::OK,
        action: "/sign-in",
        client: Some(CLIENT),
        server: SERVER,
        login,
        error,
        csrf: "csrf",
        rid: Some("rid"),
        passkey: Some("/passkey"),
        form_target: None,
    };
    write("sign-in", page("", None)).await?;
    let error = Some("Name or password is wrong. Check both and try again.");
    write("sign-in-error", page("alice", error)).await?;
    let page = |error| SecondFactor {
        status: StatusCode::OK,
        action: "/second-factor",
        user: "Alice Baker",
        server: SERVER,
        error,
        csrf: "csrf",
        rid: Some("rid"),
        form_target: None,
    };
    write("second-factor", page(None)).await?;
    let error = Some("This code is not right, or has been used. Wait for the next one.");
    write("second-factor-error", page(error)).await
}

async fn consent() -> Written {
    let scopes: Vec<_> = [
        "openid",
        "profile",
        "email",
        "notes:read",
        "calendar:read",
        "files:read",
        "notes:write",
        "files:write",
        "com.example/custom-scope",
        "offline_access",
    ]
    .map(|name| ScopeChoice { name, checked: true })
    .into();
    let page = |is_loopback, error| Consent {
        action_grant: "/consent/grant",
        action_deny: "/consent/deny",
        client_name: CLIENT,
        client_host: None,
        redirect_host: if is_loopback {
            "127.0.0.1"
        } else {
            "kitchen.example.com"
        },
        resource: Some("https://mcp.example.org/mcp"),
        account: "Alice Baker (alice)",
        server: SERVER,
        registration: Some("self-registered, unverified"),
        is_loopback,
        scopes: &scopes,
        error,
        csrf: "csrf",
        rid: "rid",
        form_target: None,
    };
    write("consent", page(false, None)).await?;
    write("consent-loopback", page(true, None)).await?;
    let error = Some("Nothing was ticked. Tick at least one box, or deny.");
    write("consent-error", page(false, error)).await?;
    let hostile = "<script>alert(1)</script> ".to_owned() + &"W".repeat(100);
    let mut page = page(true, None);
    page.client_name = &hostile;
    page.client_host = Some("a-very-long-host-name-without-any-sense.but-with-many-labels.example.com");
    write("consent-long", page).await
}

async fn connected_apps() -> Written {
    let scopes = [
        ("openid", true),
        ("notes:read", true),
        ("notes:write", false),
        ("offline_access", true),
    ]
    .map(|(name, checked)| ScopeChoice { name, checked });
    let app = |name, host, action_narrow| ConnectedApp {
        name,
        host,
        resource: Some("https://mcp.example.org/mcp"),
        scopes: &scopes,
        since: "3 March 2026",
        until: Some("1 June 2026"),
        action_narrow,
        action_revoke: "/revoke",
    };
    let apps = [
        app(CLIENT, "kitchen.example.com", Some("/narrow")),
        app("Editor", "127.0.0.1", None),
    ];
    let pages = [("Invitations", "/apps/ocm/invitations".to_owned())];
    let page = |apps, done, error| ConnectedApps {
        account: "Alice Baker (alice)",
        server: SERVER,
        done,
        error,
        apps,
        pages: &pages,
        action_sign_out: "/sign-out",
        csrf: "csrf",
    };
    write(
        "connected-apps",
        page(&apps, Some("Saved. Editor may now do what is ticked."), None),
    )
    .await?;
    write(
        "connected-apps-error",
        page(&apps, None, Some("This app was disconnected already.")),
    )
    .await?;
    write("connected-apps-empty", page(&[], None, None)).await
}

async fn passkeys() -> Written {
    let page = |error| PasskeySignIn {
        status: StatusCode::OK,
        action: "/sign-in/passkey",
        client: Some(CLIENT),
        server: SERVER,
        options: r#"{"challenge":""}"#,
        password: "/sign-in",
        error,
        csrf: "csrf",
        rid: Some("rid"),
        form_target: None,
    };
    write("passkey-sign-in", page(None)).await?;
    write("passkey-sign-in-error", page(Some("This passkey cannot be used here."))).await?;
    let new = NewPasskey {
        action: "/passkeys/new",
        account: "Alice Baker",
        server: SERVER,
        options: r#"{"challenge":"","user":{"id":""}}"#,
        back: "/passkeys",
        name: "",
        error: None,
        csrf: "csrf",
    };
    write("passkey-new", new).await?;
    let entries = [("Laptop", Some("3 June 2026")), ("Key ring", None)].map(|(name, last_used)| PasskeyEntry {
        name,
        since: "3 March 2026",
        last_used,
        action_remove: "/passkeys/1/remove",
    });
    let page = |passkeys, obstacle, done| Passkeys {
        account: "Alice Baker",
        server: SERVER,
        done,
        passkeys,
        obstacle,
        new: "/passkeys/new",
        connected: "/connected",
        csrf: "csrf",
    };
    write("passkeys", page(&entries, None, Some("Added."))).await?;
    let why = "Passkeys need an address with a host name, over https. This server is known by 127.0.0.1:8080, so it cannot offer them.";
    write("passkeys-none", page(&[], Some(why), None)).await
}

async fn logout() -> Written {
    let question = LogoutQuestion {
        action: "/logout",
        client: Some(CLIENT),
        account: "Alice Baker (alice)",
        server: SERVER,
        csrf: "csrf",
    };
    write("logout-question", question).await?;
    let back = Some(("https://kitchen.example.com", "Back to Kitchen Assistant"));
    write(
        "signed-out",
        SignedOut {
            text: "You are signed out of cloud.example.org in this browser.",
            back,
        },
    )
    .await?;
    let fields = [("code", "ncc_1"), ("state", "s"), ("iss", "https://cloud.example.org")];
    let page = FormPost {
        action: "https://kitchen.example.com/back",
        client: CLIENT,
        fields: &fields,
        nonce: "n0nce",
        form_target: Some("https://kitchen.example.com"),
    };
    write("form-post", page).await?;
    let text = "The address that the answer should go to is not one that this app has registered.";
    write(
        "notice",
        Notice {
            status: StatusCode::BAD_REQUEST,
            title: "This app is not set up properly",
            text,
        },
    )
    .await
}

async fn elsewhere() -> Written {
    let start = StartElsewhere {
        action: "/oauth/signin",
        client: Some(CLIENT),
        server: "Example MCP server",
        nextcloud: SERVER,
        csrf: "csrf",
        rid: Some("rid"),
        form_target: None,
    };
    write("start-elsewhere", start).await?;
    let waiting = Waiting {
        login_url: "https://cloud.example.org/login/v2/flow/token",
        refresh_url: "/oauth/signin/wait?rid=rid",
        refresh_s: 600,
        nextcloud: SERVER,
        cancel: Some(nc_web::pages::provider::Cancel {
            action: "/oauth/signin/cancel",
            csrf: "c",
            rid: "r",
        }),
        user_agent: "Example MCP server (mcp.example.org)",
        form_target: None,
    };
    write("waiting", waiting).await?;
    let text = "The sign-in took longer than 20 minutes, so it was given up.";
    let again = |href| StartAgain {
        status: StatusCode::GONE,
        text,
        href,
    };
    write("start-again", again(None)).await?;
    write("start-again-link", again(Some("/oauth/signin?rid=rid"))).await
}

async fn give_access() -> Written {
    let names = ["notes:read", "notes:write", "files:read", "files:write"];
    let scopes = names.map(|name| ScopeChoice { name, checked: true });
    let page = |kind| GiveAccess {
        action: "/oauth/authorize-nextcloud",
        action_cancel: "/oauth/authorize-nextcloud/cancel",
        client: Some(CLIENT),
        server: "Example MCP server",
        nextcloud: SERVER,
        issuer: "sso.example.org",
        kind,
        scopes: &scopes,
        csrf: "csrf",
        form_target: None,
    };
    write("give-access", page(AccessKind::Issuer)).await?;
    write("give-access-app-password", page(AccessKind::AppPassword)).await?;
    let done = Notice {
        status: StatusCode::OK,
        title: "Nextcloud access provisioned",
        text: "You can close this window and go back to the client.",
    };
    write("give-access-done", done).await
}

async fn user_page() -> Written {
    let scopes = [
        ("files:read", true),
        ("files:write", false),
        ("notes:read", true),
        ("notes:write", true),
    ]
    .map(|(name, checked)| ScopeChoice { name, checked });
    let client = |name, host, paused, ended| ClientShown {
        key: "1",
        name,
        host,
        scopes: &scopes,
        since: Some("3 March 2026, 09:12 UTC"),
        until: Some("1 June 2026, 09:12 UTC"),
        first_used: Some("3 March 2026, 09:13 UTC"),
        last_used: Some("9 March 2026, 17:40 UTC"),
        paused,
        ended,
    };
    let long = "https://a-very-long-host-name-without-any-sense.example.com/oauth/client-metadata.json";
    let clients = [
        client(CLIENT, Some("kitchen.example.com"), None, None),
        client("Editor", Some("127.0.0.1"), Some("8 March 2026, 20:00 UTC"), None),
        client(long, None, None, Some("8 March 2026, 20:00 UTC")),
    ];
    let page = |clients, paused, kind, state, is_issuer| UserPage {
        base: "",
        account: "Alice Baker",
        nextcloud: SERVER,
        issuer: "https://sso.example.org/realms/home",
        mode: "oauth",
        is_issuer,
        session_end: "9 March 2026, 23:55 UTC",
        done: None,
        error: None,
        paused,
        clients,
        access: AccessShown {
            kind,
            state,
            account: (state == "active").then_some("alice"),
            since: (state == "active").then_some("3 March 2026, 09:11 UTC"),
            until: None,
            can_give: true,
            can_take_back: state == "active",
            ends_clients: is_issuer,
        },
        csrf: "csrf",
    };
    write("user-page", page(&clients, None, "app_password", "active", false)).await?;
    let mut paused = page(
        &clients[..1],
        Some("9 March 2026, 18:00 UTC"),
        "refresh_token",
        "active",
        true,
    );
    paused.done = Some("Saved. This is how things are now.");
    write("user-page-paused", paused).await?;
    write("user-page-empty", page(&[], None, "none", "none", false)).await
}

async fn invitations() -> Written {
    let contacts = [
        ("Bob Miller", "bob@recv.example.org", Some("bob@example.org")),
        (
            "Somebody with a very long name that nobody wrote on one line",
            "somebody.with.a.long.name@a-very-long-host-name-without-any-sense.example.com",
            None,
        ),
    ];
    let contacts = contacts.map(|(name, address, email)| ContactShown {
        name: name.to_owned(),
        address: address.to_owned(),
        email: email.map(str::to_owned),
    });
    let invitation = "YVhOMGFHbHpZV3h2Ym1kMGIydGxiblJvWVhRQGNsb3VkLmV4YW1wbGUub3Jn";
    let list = |made, contacts| Invitations {
        account: "Alice Baker (alice)",
        server: SERVER,
        action: "/apps/ocm/invitations",
        accept: "/apps/ocm/accept",
        connected: "/connected",
        made,
        contacts,
        csrf: "csrf",
    };
    write("invitations", list(None, &[])).await?;
    let made = Some((invitation, "2 April 2026, 09:12 UTC"));
    write("invitations-made", list(made, &contacts)).await?;
    let paste = PasteInvitation {
        status: StatusCode::OK,
        action: "/apps/ocm/accept",
        list: "/apps/ocm/invitations",
        error: Some("This is no invitation. Copy the whole text, and nothing else."),
        csrf: "csrf",
    };
    write("invitation-paste", paste).await?;
    let accept = AcceptInvitation {
        status: StatusCode::OK,
        action: "/apps/ocm/accept",
        host: "recv.example.org",
        user: "alice",
        name: "Alice Baker",
        email: Some("alice@example.org"),
        invitation,
        error: None,
        csrf: "csrf",
    };
    write("invitation-accept", accept).await?;
    let accepted = InvitationAccepted {
        contact: &contacts[0],
        list: "/apps/ocm/invitations",
    };
    write("invitation-accepted", accepted).await
}

async fn login_flow() -> Written {
    let page = |error| LoginFlow {
        status: StatusCode::OK,
        action: "/login",
        client: CLIENT,
        server: SERVER,
        login: "alice",
        error,
        csrf: "csrf",
    };
    write("login-flow", page(None)).await?;
    write("login-flow-error", page(Some("Name or password is wrong."))).await?;
    let grant = Grant {
        action: "/grant",
        client: CLIENT,
        user: "Alice Baker",
        server: SERVER,
        csrf: "csrf",
    };
    write("login-flow-grant", grant).await?;
    for (name, granted) in [("login-flow-connected", true), ("login-flow-denied", false)] {
        write(
            name,
            Connected {
                client: CLIENT,
                granted,
            },
        )
        .await?;
    }
    write("not-found", Notice::not_found()).await
}

async fn links() -> Written {
    let entry = |name: &str, is_folder| LinkEntry {
        name: name.to_owned(),
        href: Some("/s/token/file".to_owned()),
        size: "2.4 MB".to_owned(),
        is_folder,
    };
    let file = LinkFile {
        title: "Minutes of the meeting.odt",
        server: SERVER,
        note: "Please read before Friday.",
        file: entry("Minutes of the meeting.odt", false),
    };
    write("link-file", file).await?;
    let folder = |entries, upload| LinkFolder {
        title: "Photos",
        server: SERVER,
        note: "",
        trail: vec![("Photos".to_owned(), "/s/token".to_owned())],
        entries,
        has_more: true,
        upload,
    };
    let upload = || LinkUpload {
        action: "/s/token",
        csrf: "csrf",
        arrived: Some("One file has arrived."),
    };
    let entries = vec![
        entry("Summer", true),
        entry("A picture with a very long name without any end.jpg", false),
    ];
    write("link-folder", folder(Some(entries), Some(upload()))).await?;
    write("link-folder-empty", folder(Some(Vec::new()), None)).await?;
    write("link-drop", folder(None, Some(upload()))).await?;
    let password = LinkPassword {
        status: StatusCode::OK,
        action: "/s/token/authenticate",
        server: SERVER,
        error: Some("Wrong password. Try again."),
        csrf: "csrf",
    };
    write("link-password", password).await
}
