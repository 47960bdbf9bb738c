//! What answers before anybody signs in: `status.php`, the connectivity check, the front page, the well-known redirects.

use axum::{
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{StatusCode, header};
use nc_proto::status::ServerStatus;
use nc_web::pages::Notice;
use serde_json::json;

use crate::{
    BaseUrl, Cloud,
    address::Path,
    json::json,
    routes::{Access, Routes, Surface},
    version,
};

pub(crate) fn routes(cloud: &Cloud) -> Routes {
    let plain = Routes::new(Surface::Plain, cloud)
        .at("/", Access::Public, get(home))
        .at("/index.php", Access::Public, get(home))
        .at("/status.php", Access::Public, get(status))
        .at("/.well-known/caldav", Access::Public, any(dav))
        .at("/.well-known/carddav", Access::Public, any(dav))
        .at("/.well-known/{service}", Access::Public, get(to_index_php))
        .at("/index.php/.well-known/{service}", Access::Public, get(no_such_service));
    let pages = Routes::new(Surface::Page, cloud).at("/204", Access::Public, get(StatusCode::NO_CONTENT));
    plain.and(pages)
}

/// For people who open the address in a browser.
async fn home() -> Notice<'static> {
    Notice {
        status: StatusCode::OK,
        title: "Your cloud is running",
        text: "There is nothing to click here. Give this address to a program that speaks to Nextcloud, and sign in when it \
               asks you to.",
    }
}

async fn status() -> impl IntoResponse {
    let status = ServerStatus {
        installed: true,
        maintenance: false,
        needs_db_upgrade: false,
        version: version::BUILD.to_owned(),
        version_string: version::STRING.to_owned(),
        edition: String::new(),
        product_name: version::PRODUCT.to_owned(),
        extended_support: false,
    };
    // Read by pages of other origins that look for a Nextcloud; there is nothing private in it.
    (
        [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")],
        json(StatusCode::OK, &status),
    )
}

/// RFC 6764 §5: where CalDAV and CardDAV begin.
async fn dav(base: BaseUrl) -> Response {
    moved(base.join("/remote.php/dav/"))
}

async fn to_index_php(base: BaseUrl, uri: http::Uri) -> Response {
    let path = uri.path_and_query().map_or(uri.path(), http::uri::PathAndQuery::as_str);
    moved(base.join(&format!("/index.php{path}")))
}

async fn no_such_service(Path(service): Path<String>) -> Response {
    let message = format!("{service} not supported");
    json(StatusCode::NOT_FOUND, &json!({ "message": message }))
}

fn moved(location: String) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, "text/html".to_owned()),
    ];
    (StatusCode::MOVED_PERMANENTLY, headers).into_response()
}
