use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use http::StatusCode;
use nc_proto::apps::cookbook::Category;

use super::{
    book::Book,
    error::CookbookError,
    index::{self, Listed, Summary},
};
use crate::{Cloud, SignedIn, address::Path, json::json};

/// The name that counts recipes without category.
const NO_CATEGORY: &str = "*";

/// The name under which recipes without category are asked for.
const UNCATEGORIZED: &str = "_";

async fn recipes(cloud: &Cloud, signed_in: &SignedIn) -> Result<Vec<Listed>, CookbookError> {
    let book = Book::open(cloud, &signed_in.user).await?;
    index::look(cloud, &book).await
}

async fn some(
    cloud: &Cloud,
    signed_in: &SignedIn,
    wanted: impl Fn(&Summary) -> bool,
) -> Result<Response, CookbookError> {
    let all = recipes(cloud, signed_in).await?;
    let entries = all.iter().filter(|recipe| wanted(&recipe.summary));
    let entries: Vec<_> = entries.map(|recipe| recipe.to_entry(true)).collect();
    Ok(json(StatusCode::OK, &entries))
}

/// `GET …/recipes`
pub(super) async fn all(State(cloud): State<Cloud>, signed_in: SignedIn) -> Result<Response, CookbookError> {
    let all = recipes(&cloud, &signed_in).await?;
    let entries: Vec<_> = all.iter().map(|recipe| recipe.to_entry(false)).collect();
    Ok(json(StatusCode::OK, &entries))
}

/// `GET …/search/{query}`: any of the words between commas, in name, keywords or category.
pub(super) async fn search(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(query): Path<String>,
) -> Result<Response, CookbookError> {
    let words: Vec<String> = query.split(',').map(|word| word.trim().to_lowercase()).collect();
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    some(&cloud, &signed_in, |recipe| {
        let texts = recipe.keywords.iter().chain(&recipe.category).chain([&recipe.name]);
        let texts: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
        words.iter().any(|word| texts.iter().any(|text| text.contains(word)))
    })
    .await
}

/// `GET …/category/{name}`
pub(super) async fn in_category(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, CookbookError> {
    some(&cloud, &signed_in, |recipe| match &recipe.category {
        None => name == UNCATEGORIZED,
        Some(category) => *category == name,
    })
    .await
}

/// `GET …/tags/{keywords}`: all of the keywords between commas.
pub(super) async fn with_keywords(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(keywords): Path<String>,
) -> Result<Response, CookbookError> {
    let wanted: Vec<&str> = keywords
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    some(&cloud, &signed_in, |recipe| {
        wanted
            .iter()
            .all(|word| recipe.keywords.iter().any(|keyword| keyword == word))
    })
    .await
}

/// `GET …/categories`
pub(super) async fn categories(State(cloud): State<Cloud>, signed_in: SignedIn) -> Result<Response, CookbookError> {
    let all = recipes(&cloud, &signed_in).await?;
    let mut counts = counted(all.iter().filter_map(|recipe| recipe.summary.category.as_deref()));
    let without = all.iter().filter(|recipe| recipe.summary.category.is_none()).count();
    if without > 0 {
        counts.push(count(NO_CATEGORY, without));
    }
    Ok(json(StatusCode::OK, &counts))
}

/// `GET …/keywords`
pub(super) async fn keywords(State(cloud): State<Cloud>, signed_in: SignedIn) -> Result<Response, CookbookError> {
    let all = recipes(&cloud, &signed_in).await?;
    let counts = counted(
        all.iter()
            .flat_map(|recipe| recipe.summary.keywords.iter().map(String::as_str)),
    );
    Ok(json(StatusCode::OK, &counts))
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Category> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().map(|(name, number)| count(name, number)).collect()
}

fn count(name: &str, number: usize) -> Category {
    Category {
        name: name.to_owned(),
        recipe_count: i64::try_from(number).unwrap_or(i64::MAX),
    }
}
