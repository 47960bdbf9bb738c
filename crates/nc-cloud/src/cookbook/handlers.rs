use axum::{extract::State, response::Response};
use http::StatusCode;
use nc_proto::apps::cookbook::{Recipe, RecipeId};
use serde_json::{Value, json};

use super::{API_VERSION, APP_VERSION, book::Book, documents, error::CookbookError, images, index, input::Input};
use crate::{Cloud, SignedIn, address::Path, json::json as reply};

/// Versions, as told here and in the capabilities.
pub(crate) fn api_version() -> Value {
    let [epoch, major, minor] = API_VERSION;
    json!({ "epoch": epoch, "major": major, "minor": minor })
}

/// `GET …/api/version`
pub(super) async fn version(_signed_in: SignedIn) -> Response {
    let body = json!({ "cookbook_version": APP_VERSION, "api_version": api_version() });
    reply(StatusCode::OK, &body)
}

/// What is no number is answered as 0, as PHP reads it.
fn id(text: &str) -> RecipeId {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    RecipeId(text.parse().ok().filter(|_| digits).unwrap_or_default())
}

/// `GET …/recipes/{id}`
pub(super) async fn show(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, CookbookError> {
    let book = Book::open(&cloud, &signed_in.user).await?;
    let found = book.get(id(&text)).await?;
    let recipe = book.read(&found).await?;
    let shown = documents::to_show(recipe, found.id(), book.config.print_image);
    Ok(reply(StatusCode::OK, &shown))
}

/// `POST …/recipes`: answers the bare number.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Input(fields): Input,
) -> Result<Response, CookbookError> {
    let recipe = Recipe(fields);
    if recipe.name().is_empty() {
        return Err(CookbookError::NoName);
    }
    // Fetched before the turn is taken: it may last.
    let picture = cloud.imports().picture_named(&recipe.image()).await?;
    let (book, _turn) = Book::open_for_change(&cloud, &signed_in.user).await?;
    let (id, _) = book.create(recipe, picture).await?;
    Ok(reply(StatusCode::OK, &id))
}

/// `PUT …/recipes/{id}`: the whole recipe; what is not given is gone.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
    Input(fields): Input,
) -> Result<Response, CookbookError> {
    let (id, recipe) = (id(&text), Recipe(fields));
    if recipe.name().is_empty() {
        return Err(CookbookError::NoName);
    }
    let before = {
        let book = Book::open(&cloud, &signed_in.user).await?;
        let found = book.get(id).await?;
        book.read(&found).await?
    };
    let picture = match recipe.image() {
        image if image.is_empty() => images::Change::Remove,
        image if image == before.image() => images::Change::Keep,
        image => match cloud.imports().picture_named(&image).await? {
            Some(picture) => images::Change::Set(picture),
            None => images::Change::Remove,
        },
    };
    let (book, _turn) = Book::open_for_change(&cloud, &signed_in.user).await?;
    book.replace(id, recipe, picture).await?;
    Ok(reply(StatusCode::OK, &id))
}

/// `DELETE …/recipes/{id}`: fine if it is not there.
pub(super) async fn delete(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, CookbookError> {
    let id = id(&text);
    let (book, _turn) = Book::open_for_change(&cloud, &signed_in.user).await?;
    match book.delete(id).await {
        Ok(()) | Err(CookbookError::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(reply(StatusCode::OK, &format!("Recipe {id} deleted successfully")))
}

/// `POST …/import`: the recipe of a page.
pub(super) async fn import(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Input(fields): Input,
) -> Result<Response, CookbookError> {
    let Some(url) = fields
        .get("url")
        .and_then(Value::as_str)
        .filter(|url| !url.trim().is_empty())
    else {
        return Err(CookbookError::Import("Field \"url\" is required".to_owned()));
    };
    let (recipe, picture) = cloud.imports().import(url).await?;
    let (book, _turn) = Book::open_for_change(&cloud, &signed_in.user).await?;
    let (id, recipe) = book.create(recipe, picture).await?;
    Ok(reply(StatusCode::OK, &documents::with_fields(recipe, id)))
}

/// `POST …/reindex`
pub(super) async fn reindex(State(cloud): State<Cloud>, signed_in: SignedIn) -> Result<Response, CookbookError> {
    let (book, _turn) = Book::open_for_change(&cloud, &signed_in.user).await?;
    index::forget(&cloud, &signed_in.user).await?;
    index::look(&cloud, &book).await?;
    Ok(reply(StatusCode::OK, &"Search index rebuilt successfully"))
}

/// `PUT …/category/{name}`
pub(super) async fn rename_category(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(from): Path<String>,
    Input(fields): Input,
) -> Result<Response, CookbookError> {
    let to = fields
        .get("name")
        .and_then(Value::as_str)
        .map(str::trim)
        .unwrap_or_default();
    if to.is_empty() {
        return Err(CookbookError::Invalid("A category needs a name.".to_owned()));
    }
    let (book, _turn) = Book::open_for_change(&cloud, &signed_in.user).await?;
    book.rename_category(&from, to).await?;
    Ok(reply(StatusCode::OK, &to))
}
