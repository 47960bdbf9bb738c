use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::Ocs;
use crate::{BaseUrl, Cloud, Error, SignedIn, cookbook, deck, known::is_known, notes, tables, version};

/// Largest part of a chunked upload that we ask clients to send.
const CHUNK_BYTES: u64 = 100 * 1024 * 1024;

/// `GET …/cloud/capabilities`: what is here, in full for users and reduced for strangers. Only keys of what we have:
/// clients switch features on by them.
pub(super) async fn get(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    base: BaseUrl,
    headers: HeaderMap,
    signed_in: Option<axum::Extension<SignedIn>>,
) -> Response {
    let capabilities = match signed_in {
        None => anonymous(),
        Some(signed_in) => match full(&cloud, &base, &signed_in).await {
            Ok(capabilities) => capabilities,
            Err(error) => return ocs.fail(&error.into()),
        },
    };
    let data = json!({
        "version": {
            "major": version::MAJOR, "minor": version::MINOR, "micro": version::MICRO, "string": version::STRING,
            "edition": "", "extendedSupport": false
        },
        "capabilities": capabilities
    });
    let etag = format!("\"{}\"", hex::encode(Md5::digest(data.to_string())));
    // Clients poll this (P29).
    let mut response = if is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ocs.ok(&data)
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn anonymous() -> Value {
    json!({ "bruteforce": bruteforce(), "cookbook": { "api-version": cookbook::api_version() }, "theming": theming() })
}

async fn full(cloud: &Cloud, base: &BaseUrl, signed_in: &SignedIn) -> Result<Value, Error> {
    let notes = notes::settings(cloud, &signed_in.user).await?;
    let is_joined = cloud.federated().is_some();
    let mut capabilities = json!({
        "core": {
            "pollinterval": 60, "webdav-root": "remote.php/webdav", "reference-api": false, "reference-regex": "",
            "mod-rewrite-working": true, "user": { "language": "", "locale": "", "timezone": "UTC" }
        },
        "bruteforce": bruteforce(),
        "cookbook": { "api-version": cookbook::api_version(), "version": cookbook::APP_VERSION },
        "deck": deck::capability(),
        "dav": { "chunking": "1.0", "public_shares_chunking": false },
        "files": {
            "blacklisted_files": [".htaccess"],
            "forbidden_filenames": [".htaccess"],
            "forbidden_filename_basenames": [],
            "forbidden_filename_characters": ["\\", "/"],
            "forbidden_filename_extensions": [".filepart", ".part"],
            "bigfilechunking": true,
            "chunked_upload": { "max_size": CHUNK_BYTES, "max_parallel_count": 5 },
            "file_conversions": [],
            "windows_compatible_filenames": false,
            "comments": false,
            "undelete": false,
            "delete_from_trash": false,
            "versioning": false,
            "version_labeling": false,
            "version_deletion": false
        },
        "files_sharing": sharing(is_joined),
        "notes": { "api_version": notes::API_VERSIONS, "version": notes::APP_VERSION, "notes_path": notes.notes_path },
        "tables": tables::capability(),
        "provisioning_api": {
            "version": "1.22.0", "AccountPropertyScopesVersion": 2, "AccountPropertyScopesFederatedEnabled": true,
            "AccountPropertyScopesPublishedEnabled": false
        },
        "theming": theming()
    });
    if is_joined {
        capabilities["ocm"] = ocm(base);
    }
    Ok(capabilities)
}

/// Where other servers speak with this one; the whole document is `/.well-known/ocm`.
fn ocm(base: &BaseUrl) -> Value {
    let shared = |name: &str| json!({ "name": name, "shareTypes": ["user", "group"], "protocols": { "webdav": "/public.php/webdav/" } });
    json!({
        "enabled": true, "apiVersion": "1.4.0", "version": "1.4.0", "endPoint": base.join("/ocm"),
        "resourceTypes": [shared("file"), shared("folder")]
    })
}

/// As Nextcloud's defaults; other clouds are shared with where this one `is_joined` to them. No mail is sent.
fn sharing(is_joined: bool) -> Value {
    let open = json!({ "enabled": true });
    let none = json!({ "enabled": false });
    json!({
        "api_enabled": true,
        "public": {
            "enabled": true,
            "password": { "enforced": false, "askForOptionalPassword": false },
            "expire_date": none, "multiple_links": true, "expire_date_internal": none, "expire_date_remote": none,
            "send_mail": false, "upload": true, "upload_files_drop": true, "custom_tokens": false
        },
        "resharing": true,
        "user": { "send_mail": false, "expire_date": open },
        "group_sharing": true,
        "group": { "enabled": true, "expire_date": open },
        "default_permissions": 31,
        "federation": {
            "outgoing": is_joined, "incoming": is_joined, "expire_date": open, "expire_date_supported": open
        },
        "sharee": { "query_lookup_default": false, "always_show_unique": true },
        "sharebymail": {
            "enabled": true, "send_password_by_mail": false, "upload_files_drop": open,
            "password": { "enabled": true, "enforced": false },
            "expire_date": { "enabled": true, "enforced": false }
        }
    })
}

/// Throttled requests are refused, not delayed.
fn bruteforce() -> Value {
    json!({ "delay": 0, "allow-listed": false })
}

fn theming() -> Value {
    json!({
        "name": version::PRODUCT, "productName": version::PRODUCT, "url": "", "slogan": "", "color": "#00639a",
        "color-text": "#ffffff", "color-element": "#00639a", "color-element-bright": "#00639a",
        "color-element-dark": "#00639a"
    })
}

/// `GET …/config`: a remnant of the first OCS, which some clients still ask for.
pub(super) async fn config(ocs: Ocs, base: BaseUrl) -> Response {
    let ssl = if base.is_https() { "true" } else { "false" };
    ocs.ok(
        &json!({ "version": "1.7", "website": version::PRODUCT, "host": base.authority(), "contact": "", "ssl": ssl }),
    )
}
