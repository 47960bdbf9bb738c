//! The Tables app: tables with typed columns, views of them, shares. Its interface comes in two versions, REST and OCS, over the
//! same objects. Source: nextcloud/tables, `openapi.json`, and recorded traffic of 1.0.9.

mod columns;
mod desk;
mod error;
mod favorites;
mod filter;
mod input;
mod nodes;
mod rest;
mod rows;
mod shares;
mod v2;
mod value;
mod views;

use axum::routing::{delete, get, post};
use nc_auth::Scope;
use serde_json::{Value, json};

use crate::{
    Cloud,
    routes::{Access, Routes, Surface},
};

/// The release of the app whose behaviour we follow.
const APP_VERSION: &str = "1.0.9";

/// The branch of the capabilities. Teams there are none, but clients of 1.0 look for the key.
pub(crate) fn capability() -> Value {
    json!({
        "enabled": true, "version": APP_VERSION, "apiVersions": ["1.0", "2.0", "2.1"],
        "features": ["favorite", "archive"], "isCirclesEnabled": false,
        "column_types": [
            "text-line", "text-rich", "text-link", "number", "number-stars", "number-progress", "selection",
            "selection-multi", "selection-check", "datetime", "datetime-date", "datetime-time", "usergroup"
        ]
    })
}

/// The routes of both versions.
pub(crate) fn routes(cloud: &Cloud) -> Routes {
    rest_routes(cloud).and(v2_routes(cloud))
}

const ACCESS: Access = Access::scoped(Scope::TablesRead, Scope::TablesWrite);

fn rest_routes(cloud: &Cloud) -> Routes {
    let base = "/apps/tables/api/1";
    let at = |path: &str| format!("{base}{path}");
    Routes::new(Surface::App, cloud)
        .marked_cors()
        .at(&at("/tables"), ACCESS, get(rest::tables).post(rest::create_table))
        .at(
            &at("/tables/{id}"),
            ACCESS,
            get(rest::table).put(rest::update_table).delete(rest::delete_table),
        )
        .at(&at("/tables/{id}/scheme"), ACCESS, get(rest::scheme))
        .at(
            &at("/tables/{id}/views"),
            ACCESS,
            get(rest::views).post(rest::create_view),
        )
        .at(
            &at("/views/{id}"),
            ACCESS,
            get(rest::view).put(rest::update_view).delete(rest::delete_view),
        )
        .at(
            &at("/tables/{id}/columns"),
            ACCESS,
            get(rest::columns).post(rest::create_column),
        )
        .at(&at("/views/{id}/columns"), ACCESS, get(rest::view_columns))
        .at(
            &at("/columns/{id}"),
            ACCESS,
            get(rest::column).put(rest::update_column).delete(rest::delete_column),
        )
        .at(&at("/tables/{id}/rows"), ACCESS, get(rest::rows).post(rest::create_row))
        .at(&at("/tables/{id}/rows/simple"), ACCESS, get(rest::simple_rows))
        .at(
            &at("/views/{id}/rows"),
            ACCESS,
            get(rest::view_rows).post(rest::create_view_row),
        )
        .at(&at("/views/{id}/rows/{row}"), ACCESS, delete(rest::delete_view_row))
        .at(
            &at("/rows/{id}"),
            ACCESS,
            get(rest::row).put(rest::update_row).delete(rest::delete_row),
        )
        .at(
            &at("/tables/{id}/shares"),
            ACCESS,
            get(rest::shares).post(rest::create_share),
        )
        .at(
            &at("/shares/{id}"),
            ACCESS,
            get(rest::share).put(rest::update_share).delete(rest::delete_share),
        )
}

fn v2_routes(cloud: &Cloud) -> Routes {
    let base = "/apps/tables/api/2";
    let at = |path: &str| format!("{base}{path}");
    let mut routes = Routes::new(Surface::Ocs, cloud)
        .at(&at("/init"), ACCESS, get(v2::init))
        .at(&at("/tables"), ACCESS, get(v2::tables).post(v2::create_table))
        .at(
            &at("/tables/{id}"),
            ACCESS,
            get(v2::table).put(v2::update_table).delete(v2::delete_table),
        )
        .at(&at("/tables/scheme/{id}"), ACCESS, get(v2::scheme))
        .at(&at("/columns/{id}"), ACCESS, get(v2::column))
        .at(&at("/columns/{node}/{id}"), ACCESS, get(v2::columns))
        .at(&at("/favorites/{node}/{id}"), ACCESS, post(v2::mark).delete(v2::unmark))
        .at(&at("/contexts"), ACCESS, get(v2::contexts));
    for kind in ["text", "number", "selection", "datetime", "usergroup"] {
        let create = post(move |state, ocs, signed_in, input| v2::create_column(kind, state, ocs, signed_in, input));
        routes = routes.at(&at(&format!("/columns/{kind}")), ACCESS, create);
    }
    routes.at(&at("/tables/{id}/rows"), ACCESS, post(v2::create_row)).at(
        &at("/views/{id}/rows"),
        ACCESS,
        post(v2::create_view_row),
    )
}
