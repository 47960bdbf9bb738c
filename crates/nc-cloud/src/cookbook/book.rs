use std::collections::HashMap;

use nc_auth::UserId;
use nc_proto::{
    apps::cookbook::{Config, Recipe, RecipeId},
    dav::DavPath,
};
use tokio::sync::OwnedMutexGuard;

use super::{
    MAX_RECIPE_BYTES,
    config::{config, root},
    documents,
    error::CookbookError,
    images::{self, Picture},
    index, names,
};
use crate::{
    Cloud, Error,
    content::{Entry, FileId, Home, Precondition, Transfer, WriteOptions},
};

/// The document of a recipe, in its folder.
const DOCUMENT: &str = "recipe.json";

/// Tries to find a free folder.
const ATTEMPTS: u32 = 100;

/// One user's recipes.
pub(super) struct Book {
    pub(super) home: Home,
    pub(super) config: Config,
    root: DavPath,
    cloud: Cloud,
}

/// A recipe's folder and document.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) folder: Entry,
    pub(super) file: Entry,
}

impl Found {
    pub(super) const fn id(&self) -> RecipeId {
        RecipeId(self.folder.id.0)
    }
}

impl Book {
    pub(super) async fn open(cloud: &Cloud, user: &UserId) -> Result<Self, CookbookError> {
        let config = config(cloud, user).await?;
        let root = root(&config)?;
        let home = cloud.content().home(user).await?;
        Ok(Self {
            home,
            config,
            root,
            cloud: cloud.clone(),
        })
    }

    /// For a change: one at a time, as it is several changes of files.
    pub(super) async fn open_for_change(
        cloud: &Cloud,
        user: &UserId,
    ) -> Result<(Self, OwnedMutexGuard<()>), CookbookError> {
        let turn = cloud.recipe_turns().take(user).await;
        Ok((Self::open(cloud, user).await?, turn))
    }

    /// Every folder with a document, directly in the folder of the recipes.
    pub(super) async fn find_all(&self) -> Result<Vec<Found>, CookbookError> {
        // The folder comes with the first recipe.
        match self.home.find(&self.root).await? {
            Some(entry) if entry.is_folder() => {}
            _ => return Ok(Vec::new()),
        }
        let mut folders = HashMap::new();
        let mut found = Vec::new();
        for entry in self.home.list_tree(&self.root).await? {
            let Some(below) = entry.path.strip_prefix(&self.root) else {
                continue;
            };
            match below.names() {
                [_] if entry.is_folder() => drop(folders.insert(entry.path.clone(), entry)),
                [_, name] if name == DOCUMENT && !entry.is_folder() => {
                    let folder = entry.path.parent().and_then(|path| folders.get(&path)).cloned();
                    found.extend(folder.map(|folder| Found { folder, file: entry }));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// One recipe.
    pub(super) async fn get(&self, id: RecipeId) -> Result<Found, CookbookError> {
        let missing = CookbookError::NotFound(id.0);
        let Some(folder) = self.home.find_by_id(FileId(id.0)).await? else {
            return Err(missing);
        };
        let is_ours = folder
            .path
            .strip_prefix(&self.root)
            .is_some_and(|below| below.names().len() == 1);
        if !is_ours || !folder.is_folder() {
            return Err(missing);
        }
        match self.home.find(&folder.path.child(DOCUMENT)).await? {
            Some(file) if !file.is_folder() => Ok(Found { folder, file }),
            _ => Err(missing),
        }
    }

    /// The document. A file that is none is no recipe.
    pub(super) async fn read(&self, found: &Found) -> Result<Recipe, CookbookError> {
        let missing = || CookbookError::NotFound(found.id().0);
        if found.file.size_bytes > MAX_RECIPE_BYTES as u64 {
            return Err(missing());
        }
        let (_, bytes) = self.home.read(&found.file.path).await?;
        serde_json::from_slice(&bytes).map_err(|_| missing())
    }

    /// Makes a recipe.
    pub(super) async fn create(
        &self,
        sent: Recipe,
        picture: Option<Picture>,
    ) -> Result<(RecipeId, Recipe), CookbookError> {
        let recipe = documents::to_store(sent, None, self.cloud.now());
        self.check_name(&recipe.name(), None).await?;
        let folder = self.free_folder(&recipe.name()).await?;
        self.write(&folder, &recipe, Precondition::CreateOnly).await?;
        if let Some(picture) = picture {
            images::store(&self.home, &folder, &picture).await?;
        }
        Ok((RecipeId(self.home.stat(&folder).await?.id.0), recipe))
    }

    /// Replaces a recipe's document. Its folder follows its name.
    pub(super) async fn replace(
        &self,
        id: RecipeId,
        sent: Recipe,
        picture: images::Change,
    ) -> Result<(), CookbookError> {
        let found = self.get(id).await?;
        let old = self.read(&found).await?;
        let recipe = documents::to_store(sent, Some(&old.text("dateCreated")), self.cloud.now());
        if recipe.name() != old.name() {
            self.check_name(&recipe.name(), Some(id)).await?;
        }
        let folder = &found.folder.path;
        self.write(folder, &recipe, Precondition::unchanged_since(&found.file.etag))
            .await?;
        match picture {
            images::Change::Keep => {}
            images::Change::Remove => images::remove(&self.home, folder).await?,
            images::Change::Set(picture) => {
                images::remove(&self.home, folder).await?;
                images::store(&self.home, folder, &picture).await?;
            }
        }
        // Last, since the name in the document is the one that counts.
        if names::folder(&recipe.name()) != names::folder(&old.name()) {
            let to = self.free_folder(&recipe.name()).await?;
            self.home.transfer(Transfer::new(folder.clone(), to)).await?;
        }
        Ok(())
    }

    /// Deletes a recipe with all that lies in its folder.
    pub(super) async fn delete(&self, id: RecipeId) -> Result<(), CookbookError> {
        let found = self.get(id).await?;
        Ok(self.home.delete(&found.folder.path, Vec::new()).await?)
    }

    /// Gives every recipe of a category another one.
    pub(super) async fn rename_category(&self, from: &str, to: &str) -> Result<(), CookbookError> {
        for listed in index::look(&self.cloud, self).await? {
            if listed.summary.category.as_deref() != Some(from) {
                continue;
            }
            let found = self.get(listed.id).await?;
            let mut recipe = self.read(&found).await?;
            recipe.0.insert("recipeCategory".to_owned(), to.into());
            let created = recipe.text("dateCreated");
            let recipe = documents::to_store(recipe, Some(&created), self.cloud.now());
            self.write(
                &found.folder.path,
                &recipe,
                Precondition::unchanged_since(&found.file.etag),
            )
            .await?;
        }
        Ok(())
    }

    async fn check_name(&self, name: &str, own: Option<RecipeId>) -> Result<(), CookbookError> {
        if name.is_empty() {
            return Err(CookbookError::NoName);
        }
        let all = index::look(&self.cloud, self).await?;
        if all
            .iter()
            .any(|listed| listed.summary.name == name && Some(listed.id) != own)
        {
            return Err(CookbookError::NameTaken);
        }
        Ok(())
    }

    /// Different names can become the same folder.
    async fn free_folder(&self, name: &str) -> Result<DavPath, CookbookError> {
        let folder = names::folder(name);
        for number in 1..=ATTEMPTS {
            let path = self.root.child(names::numbered(&folder, number));
            if self.home.find(&path).await?.is_none() {
                return Ok(path);
            }
        }
        Err(CookbookError::NameTaken)
    }

    async fn write(&self, folder: &DavPath, recipe: &Recipe, precondition: Precondition) -> Result<(), CookbookError> {
        let text = serde_json::to_vec(recipe).map_err(|_| Error::Internal("a recipe cannot be written"))?;
        if text.len() > MAX_RECIPE_BYTES {
            return Err(CookbookError::TooLarge);
        }
        let options = WriteOptions {
            precondition,
            create_parents: true,
            ..WriteOptions::default()
        };
        self.home.write(&folder.child(DOCUMENT), &text, options).await?;
        Ok(())
    }
}
