use http::StatusCode;
use nc_proto::login_flow::Started;

use crate::{
    differences::{Absent, Difference},
    recording, report,
    wire::{Wire, unintended},
};

const ABSENT: &[Absent] = &[
    Absent {
        exchanges: &[
            "well-known-openid-configuration-index-php",
            "well-known-webfinger-index-php",
        ],
        reason: "comes with the OpenID provider",
    },
    Absent {
        exchanges: &[
            "user-status-none",
            "user-status-set",
            "user-status-set-invalid",
            "user-status-message-custom",
            "user-status-get",
        ],
        reason: "no user status, and no capability key that promises it",
    },
    Absent {
        exchanges: &["notifications-list-empty"],
        reason: "no notifications, and no capability key that promises them",
    },
    Absent {
        exchanges: &[
            "unified-search-providers",
            "unified-search-files-no-hit",
            "unified-search-unknown-provider",
        ],
        reason: "no unified search: files are searched by WebDAV SEARCH",
    },
];

const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &["avatar-png"],
        begins: &["header Content-Type", "header ETag", "header Last-Modified"],
        reason: "a drawing (SVG) that never changes, made from the user id alone; nobody gives a picture of their own",
    },
    Difference {
        exchanges: &["avatar-unknown-user"],
        begins: &["status 404"],
        reason: "whatever is asked for has a picture, so none tells whether there is such an account",
    },
    Difference {
        exchanges: &[
            "capabilities-anonymous-json",
            "capabilities-anonymous-xml",
            "capabilities-user-json",
            "capabilities-user-xml",
        ],
        begins: &[
            "/ocs/data/capabilities/activity",
            "/ocs/data/capabilities/app_api",
            "/ocs/data/capabilities/circles",
            "/ocs/data/capabilities/downloadlimit",
            "/ocs/data/capabilities/files/directEditing",
            "/ocs/data/capabilities/files/$comment",
            "/ocs/data/capabilities/dav/absence",
            "/ocs/data/capabilities/dav/bulkupload",
            "/ocs/data/capabilities/notifications",
            "/ocs/data/capabilities/ocm",
            "/ocs/data/capabilities/recommendations",
            "/ocs/data/capabilities/systemtags",
            "/ocs/data/capabilities/theming/background",
            "/ocs/data/capabilities/theming/favicon",
            "/ocs/data/capabilities/theming/logo",
            "/ocs/data/capabilities/user_status",
        ],
        reason: "keys only of what is here: clients switch features on by them",
    },
    Difference {
        exchanges: &["login-flow-v2-poll-missing-token"],
        begins: &["status 500"],
        reason: "a missing token is the caller's mistake: 404 as for any unknown token",
    },
];

#[tokio::test]
async fn the_recorded_requests_of_the_core_are_answered_alike() {
    let wire = Wire::boot().await;
    let mut failures = Vec::new();
    let mut login_path = String::new();
    for exchange in recording::read("core")
        .into_iter()
        .filter(|e| !e.name.starts_with("login-flow"))
    {
        let name = exchange.name.as_str();
        if let Some(absent) = ABSENT.iter().find(|absent| absent.exchanges.contains(&name)) {
            let (answer, _) = wire.replay(&exchange, &exchange.request.path, &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", absent.reason);
            report::is_absent("core", name, absent.reason);
            continue;
        }
        let replaced: &[(&str, String)] = match name {
            "app-password-get-with-account-password" => {
                &[("Authorization", "Basic dave (account password)".to_owned())]
            }
            _ => &[],
        };
        let path = match name {
            "login-flow-v2-open-login-page-redirects" => login_path.as_str(),
            _ => &exchange.request.path,
        };
        let (answer, found) = wire.replay(&exchange, path, replaced).await;
        if name == "login-flow-v2-start" {
            let started: Started = serde_json::from_slice(&answer.body).unwrap();
            login_path = started
                .login
                .strip_prefix("https://cloud.example.org")
                .unwrap()
                .to_owned();
        }
        let found = unintended("core", name, found, INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
