//! The Cookbook app. A recipe *is* a folder in the recipes folder: its id is the folder's id, `recipe.json` in it the document, an
//! image beside it the picture. Source: nextcloud/cookbook, `docs/dev/api/0.1.2`.

mod book;
mod config;
mod documents;
mod error;
mod handlers;
mod images;
mod imports;
mod index;
mod input;
mod lists;
mod names;

use axum::{
    extract::DefaultBodyLimit,
    routing::{get, post, put},
};
use nc_auth::Scope;

pub(crate) use handlers::api_version;
pub(crate) use imports::Imports;

use crate::{
    Cloud,
    routes::{Access, Routes, Surface},
};

/// The release of the app whose behaviour we follow.
pub(crate) const APP_VERSION: [u32; 3] = [0, 11, 9];

/// Version of the interface: epoch, major, minor.
const API_VERSION: [u32; 3] = [0, 1, 2];

/// Largest request with a recipe in it, and largest `recipe.json` that is read.
const MAX_RECIPE_BYTES: usize = 1 << 20;

/// The routes below `/apps/cookbook`.
pub(crate) fn routes(cloud: &Cloud) -> Routes {
    let access = Access::scoped(Scope::CookbookRead, Scope::CookbookWrite);
    let limit = DefaultBodyLimit::max(MAX_RECIPE_BYTES);
    let v1 = |path: &str| format!("/apps/cookbook/api/v1/{path}");
    Routes::new(Surface::App, cloud)
        .marked_cors()
        .at("/apps/cookbook/api/version", access, get(handlers::version))
        .at(
            &v1("recipes"),
            access,
            get(lists::all).post(handlers::create).layer(limit),
        )
        .at(
            &v1("recipes/{id}"),
            access,
            get(handlers::show)
                .put(handlers::update)
                .delete(handlers::delete)
                .layer(limit),
        )
        .at(&v1("recipes/{id}/image"), access, get(images::show))
        // The address that answers name.
        .at("/apps/cookbook/webapp/recipes/{id}/image", access, get(images::show))
        .at(&v1("import"), access, post(handlers::import).layer(limit))
        .at(&v1("reindex"), access, post(handlers::reindex))
        .at(&v1("search/{query}"), access, get(lists::search))
        .at(&v1("categories"), access, get(lists::categories))
        .at(
            &v1("category/{name}"),
            access,
            get(lists::in_category).merge(put(handlers::rename_category)).layer(limit),
        )
        .at(&v1("keywords"), access, get(lists::keywords))
        .at(&v1("tags/{keywords}"), access, get(lists::with_keywords))
        .at(
            &v1("config"),
            access,
            get(config::show).post(config::change).layer(limit),
        )
}
