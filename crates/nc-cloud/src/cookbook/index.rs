use std::collections::HashMap;

use nc_auth::UserId;
use nc_proto::apps::cookbook::{Recipe, RecipeEntry, RecipeId};
use serde::{Deserialize, Serialize};

use super::{
    book::{Book, Found},
    documents::{list_date, seconds},
    error::CookbookError,
};
use crate::Cloud;

/// What lists tell of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) name: String,
    pub(super) keywords: Vec<String>,
    pub(super) category: Option<String>,
    /// Unix seconds.
    pub(super) created_at: i64,
    pub(super) modified_at: i64,
}

/// A recipe in a list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) id: RecipeId,
    pub(super) summary: Summary,
}

impl Listed {
    /// As it goes over the wire. `dated`: whether the image's address moves with the recipe, as all lists but the whole one have it.
    pub(super) fn to_entry(&self, dated: bool) -> RecipeEntry {
        let (id, summary) = (self.id, &self.summary);
        let mut keywords = summary.keywords.clone();
        keywords.sort();
        let base = format!("/apps/cookbook/webapp/recipes/{id}/image?");
        let date = if dated {
            format!("t={}&", summary.modified_at)
        } else {
            String::new()
        };
        RecipeEntry {
            recipe_id: id,
            name: summary.name.clone(),
            keywords: Some(keywords.join(",")).filter(|text| !text.is_empty()),
            category: summary.category.clone(),
            date_created: list_date(summary.created_at),
            date_modified: Some(list_date(summary.modified_at)),
            image_url: format!("{base}{date}size=thumb"),
            image_placeholder_url: format!("{base}size=thumb16"),
            id: id.to_string(),
        }
    }
}

impl Summary {
    fn of(recipe: &Recipe, written_at: i64) -> Option<Self> {
        let time = |field: &str| seconds(&recipe.text(field));
        let modified_at = time("dateModified").unwrap_or(written_at);
        Some(Self {
            name: Some(recipe.name()).filter(|name| !name.is_empty())?,
            keywords: recipe.keywords(),
            category: Some(recipe.text("recipeCategory")).filter(|text| !text.is_empty()),
            created_at: time("dateCreated").unwrap_or(modified_at),
            modified_at,
        })
    }
}

/// Every recipe, by name. Reads the files that changed since they were last looked at; what is no recipe is left out.
pub(super) async fn look(cloud: &Cloud, book: &Book) -> Result<Vec<Listed>, CookbookError> {
    let user = book.home.user();
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT folder_id, etag, summary FROM cookbook_recipes WHERE user_id = ?")
            .bind(user.as_str())
            .fetch_all(cloud.db().reader())
            .await?;
    let mut known: HashMap<i64, (String, String)> =
        rows.into_iter().map(|(id, etag, text)| (id, (etag, text))).collect();
    let (mut listed, mut changed) = (Vec::new(), Vec::new());
    for found in book.find_all().await? {
        let id = found.id();
        let etag = found.file.etag.header_value();
        let stored = known.remove(&id.0).filter(|(stored, _)| *stored == etag);
        let remembered = stored.and_then(|(_, text)| serde_json::from_str(&text).ok());
        let summary: Option<Summary> = if let Some(summary) = remembered {
            summary
        } else {
            let summary = read(book, &found).await?;
            changed.push((id, etag, serde_json::to_string(&summary).unwrap_or_default()));
            summary
        };
        listed.extend(summary.map(|summary| Listed { id, summary }));
    }
    if !changed.is_empty() || !known.is_empty() {
        keep(cloud, user, changed, known.into_keys()).await?;
    }
    listed.sort_by_cached_key(|recipe| (recipe.summary.name.to_lowercase(), recipe.id));
    Ok(listed)
}

async fn read(book: &Book, found: &Found) -> Result<Option<Summary>, CookbookError> {
    match book.read(found).await {
        Ok(recipe) => Ok(Summary::of(&recipe, found.file.modified_at)),
        Err(CookbookError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn keep(
    cloud: &Cloud,
    user: &UserId,
    changed: Vec<(RecipeId, String, String)>,
    gone: impl Iterator<Item = i64>,
) -> Result<(), CookbookError> {
    let mut write = cloud.db().write().await?;
    for (id, etag, summary) in changed {
        sqlx::query("INSERT OR REPLACE INTO cookbook_recipes (user_id, folder_id, etag, summary) VALUES (?, ?, ?, ?)")
            .bind(user.as_str())
            .bind(id.0)
            .bind(etag)
            .bind(summary)
            .execute(&mut *write)
            .await?;
    }
    for id in gone {
        sqlx::query("DELETE FROM cookbook_recipes WHERE user_id = ? AND folder_id = ?")
            .bind(user.as_str())
            .bind(id)
            .execute(&mut *write)
            .await?;
    }
    Ok(write.commit().await?)
}

/// Forgets what was read, so that every file is read again.
pub(super) async fn forget(cloud: &Cloud, user: &UserId) -> Result<(), CookbookError> {
    let mut write = cloud.db().write().await?;
    sqlx::query("DELETE FROM cookbook_recipes WHERE user_id = ?")
        .bind(user.as_str())
        .execute(&mut *write)
        .await?;
    Ok(write.commit().await?)
}
