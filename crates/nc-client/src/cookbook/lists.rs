use nc_proto::apps::cookbook::{Category, RecipeEntry};

use super::Cookbook;
use crate::{Error, Subject};

/// The name under which the server lists recipes without category.
const UNCATEGORIZED: &str = "_";

/// The name under which it counts them.
const COUNT_OF_UNCATEGORIZED: &str = "*";

impl Cookbook<'_> {
    /// All recipes, by name.
    ///
    /// # Errors
    /// As for every call.
    pub async fn list(&self) -> Result<Vec<RecipeEntry>, Error> {
        self.entries(&["recipes"], Subject::named("the list of recipes")).await
    }

    /// Recipes that have any of the words between commas in name, keywords or category.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] without a word; otherwise as for every call.
    pub async fn search(&self, query: &str) -> Result<Vec<RecipeEntry>, Error> {
        // A slash would end the address on many servers, however it is written.
        let words = query
            .split([',', '/', '\\'])
            .map(str::trim)
            .filter(|word| !word.is_empty());
        let words: Vec<&str> = words.filter(|word| !matches!(*word, "." | "..")).collect();
        if words.is_empty() {
            return Err(Error::invalid("query", "give at least one word"));
        }
        self.entries(&["search", &words.join(",")], Subject::named("the search for recipes"))
            .await
    }

    /// The categories, and how many recipes each has; the name `*` counts those without.
    ///
    /// # Errors
    /// As for every call.
    pub async fn categories(&self) -> Result<Vec<Category>, Error> {
        self.counts("categories", Subject::named("the categories of recipes"))
            .await
    }

    /// Recipes of a category; `_`, `*` or nothing for those without.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such category, which the server itself would call empty; otherwise as for every call.
    pub async fn in_category(&self, name: &str) -> Result<Vec<RecipeEntry>, Error> {
        let categories = self.categories().await?;
        if matches!(name, "" | UNCATEGORIZED | COUNT_OF_UNCATEGORIZED) {
            let path = ["category", UNCATEGORIZED];
            return self
                .entries(&path, Subject::named("the recipes without category"))
                .await;
        }
        let subject = Subject::new(format!("the category \"{name}\""));
        if !categories.iter().any(|category| category.name == name) {
            return Err(Error::not_found(subject));
        }
        if is_segment(name) {
            return self.entries(&["category", name], subject).await;
        }
        let mut all = self.list().await?;
        all.retain(|recipe| recipe.category.as_deref() == Some(name));
        Ok(all)
    }

    /// The keywords, and how many recipes each has.
    ///
    /// # Errors
    /// As for every call.
    pub async fn keywords(&self) -> Result<Vec<Category>, Error> {
        self.counts("keywords", Subject::named("the keywords of recipes")).await
    }

    /// Recipes that have all of the keywords.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] without a keyword, or for one with a comma; otherwise as for every call.
    pub async fn with_keywords(&self, keywords: &[String]) -> Result<Vec<RecipeEntry>, Error> {
        let keywords: Vec<&str> = keywords.iter().map(|keyword| keyword.trim()).collect();
        if keywords.is_empty()
            || keywords
                .iter()
                .any(|keyword| keyword.is_empty() || keyword.contains(','))
        {
            return Err(Error::invalid(
                "keywords",
                "give at least one keyword, each without commas",
            ));
        }
        if keywords.iter().all(|keyword| is_segment(keyword)) {
            let subject = Subject::named("the recipes with these keywords");
            return self.entries(&["tags", &keywords.join(",")], subject).await;
        }
        let mut all = self.list().await?;
        all.retain(|recipe| {
            let own: Vec<&str> = recipe
                .keywords
                .iter()
                .flat_map(|all| all.split(','))
                .map(str::trim)
                .collect();
            keywords.iter().all(|keyword| own.contains(keyword))
        });
        Ok(all)
    }
}

/// Whether a name can be a part of an address on every server.
fn is_segment(name: &str) -> bool {
    !name.contains(['/', '\\']) && !matches!(name, "." | "..")
}
