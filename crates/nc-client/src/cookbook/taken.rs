//! Which recipe has a name that is taken.

use nc_proto::apps::cookbook::{RecipeEntry, RecipeId};

use super::Cookbook;
use crate::{Error, Subject};

/// Most recipes that are read to find the one of a page.
const MAX_READ: usize = 10;

/// Whether a write was refused because another recipe has the name.
pub(super) const fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 409, .. })
}

impl Cookbook<'_> {
    pub(super) async fn name_taken(&self, name: &str) -> Error {
        let found = self.search(name).await.unwrap_or_default();
        exists(
            name,
            found
                .iter()
                .find(|recipe| recipe.name == name)
                .map(|recipe| recipe.recipe_id),
        )
    }

    /// The refusal does not say the name, so recipes whose name the address holds are asked where they come from.
    pub(super) async fn page_taken(&self, url: &str) -> Error {
        let address = url.to_lowercase();
        let named = |recipe: &RecipeEntry| {
            let name = recipe.name.to_lowercase();
            let mut words = name.split(|c: char| !c.is_alphanumeric());
            words.any(|word| word.chars().count() > 3 && address.contains(word))
        };
        let mut all = self.list().await.unwrap_or_default();
        all.sort_by_key(|recipe| !named(recipe));
        for entry in all.iter().take(MAX_READ) {
            if self
                .get(entry.recipe_id)
                .await
                .is_ok_and(|recipe| recipe.text("url") == url)
            {
                return exists(&entry.name, Some(entry.recipe_id));
            }
        }
        Error::AlreadyExists {
            subject: Subject::named("a recipe with the name of that on the page"),
            current: Box::default(),
        }
    }
}

fn exists(name: &str, id: Option<RecipeId>) -> Error {
    let id = id.map(|id| format!(" (recipe_id {id})")).unwrap_or_default();
    Error::AlreadyExists {
        subject: Subject::new(format!("a recipe with the name \"{name}\"{id}")),
        current: Box::default(),
    }
}
