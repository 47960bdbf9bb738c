//! The Cookbook app, API version 1 (source: nextcloud/cookbook, `docs/dev/api/0.1.2`).

use http::Method;
use nc_proto::{
    apps::cookbook::{Category, Config, ConfigPatch, Recipe, RecipeEntry, RecipeId, RecipePatch, Version},
    public_url::{self, Hosts},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{Client, Error, Subject, request::Request};

mod lists;
mod taken;

/// The Cookbook app.
#[derive(Debug, Clone, Copy)]
pub struct Cookbook<'a>(&'a Client);

impl Client {
    /// The Cookbook app.
    pub const fn cookbook(&self) -> Cookbook<'_> {
        Cookbook(self)
    }
}

impl<'a> Cookbook<'a> {
    /// Versions of the app and of its interface.
    ///
    /// # Errors
    /// As for every call.
    pub async fn version(&self) -> Result<Version, Error> {
        let subject = Subject::named("the version of Cookbook");
        let request = self.0.app("cookbook", Method::GET, &["api", "version"], subject);
        self.judged(request.read_object().await).await
    }

    /// The user's settings of the app.
    ///
    /// # Errors
    /// As for every call.
    pub async fn config(&self) -> Result<Config, Error> {
        let request = self.request(Method::GET, &["config"], Subject::named("the settings of Cookbook"));
        self.judged(request.read_object().await).await
    }

    /// Changes the user's settings of the app, and gives them as they are then. Recipes do not move with the folder.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if nothing is to be changed or the folder has no name that can be stored; otherwise as for every
    /// call.
    pub async fn change_config(&self, patch: &ConfigPatch) -> Result<Config, Error> {
        if patch.is_empty() {
            return Err(Error::invalid(
                "fields",
                "give at least one of folder, update_interval, print_image",
            ));
        }
        if let Some(folder) = &patch.folder {
            nc_proto::dav::DavPath::plain(folder.trim_matches('/'))
                .map_err(|why| Error::invalid("folder", why.to_string()))?;
        }
        if patch.update_interval.is_some_and(|minutes| minutes < 0) {
            return Err(Error::invalid("update_interval", "give a number of minutes"));
        }
        let request = self.request(Method::POST, &["config"], Subject::named("the settings of Cookbook"));
        self.judged(request.json(patch).read().await).await?;
        self.config().await
    }

    /// A recipe.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn get(&self, id: RecipeId) -> Result<Recipe, Error> {
        let request = self.one(Method::GET, id);
        self.judged(request.read_object::<Map<String, Value>>().await)
            .await
            .map(Recipe)
    }

    /// Creates a recipe. Addresses in it are for hosts as `hosts` says: the server fetches pictures.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] with the id of the recipe that has the name; [`Error::InvalidInput`] without name or for an address
    /// that is not allowed; otherwise as for every call.
    pub async fn create(&self, patch: &RecipePatch, hosts: Hosts) -> Result<RecipeId, Error> {
        let mut recipe = Recipe(Map::from_iter([
            ("@context".to_owned(), json!("http://schema.org")),
            ("@type".to_owned(), json!("Recipe")),
        ]));
        recipe.apply(patch);
        check(&recipe, patch, hosts)?;
        let subject = Subject::new(format!("the recipe \"{}\"", recipe.name()));
        let request = self.request(Method::POST, &["recipes"], subject.clone()).json(&recipe);
        match self.number(request, &subject).await {
            Err(error) if taken::is_taken(&error) => Err(self.name_taken(&recipe.name()).await),
            result => result,
        }
    }

    /// Changes fields of a recipe; what is not given stays, also what nobody here knows. `unchanged_since`: its `dateModified` when it
    /// was last read; the app itself checks no versions.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it changed since; [`Error::AlreadyExists`] with the id of the recipe that has the
    /// new name; [`Error::InvalidInput`] as for [`Self::create`], or if nothing is to be changed; otherwise as for every call.
    pub async fn update(
        &self,
        id: RecipeId,
        patch: &RecipePatch,
        unchanged_since: Option<&str>,
        hosts: Hosts,
    ) -> Result<RecipeId, Error> {
        if patch.is_empty() {
            return Err(Error::invalid("fields", "give at least one field to change"));
        }
        // An unknown id would be answered with 500, or would make a recipe.
        let mut recipe = self.get(id).await?;
        if unchanged_since.is_some_and(|date| date != recipe.text("dateModified")) {
            return Err(Error::Conflict {
                subject: subject(id),
                current: Box::default(),
            });
        }
        recipe.apply(patch);
        check(&recipe, patch, hosts)?;
        let name = recipe.name();
        let request = self.one(Method::PUT, id).json(&recipe.stored());
        match self.number(request, &subject(id)).await {
            Err(error) if taken::is_taken(&error) => Err(self.name_taken(&name).await),
            result => result,
        }
    }

    /// Deletes a recipe with its folder.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there, also if it was deleted before; otherwise as for every call.
    pub async fn delete(&self, id: RecipeId) -> Result<(), Error> {
        // Deleting what is not there is answered as if it had been.
        self.get(id).await?;
        self.judged(self.one(Method::DELETE, id).read().await).await?;
        Ok(())
    }

    /// Makes a recipe of a web page, which the server fetches.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an address that is not allowed; [`Error::AlreadyExists`], with the id if it can be found;
    /// [`Error::Refused`] with the server's words if it found no recipe there; otherwise as for every call.
    pub async fn import(&self, url: &str, hosts: Hosts) -> Result<Recipe, Error> {
        let url = public_url::parse(url, hosts).map_err(|why| Error::invalid("url", why.to_string()))?;
        let subject = Subject::named("the import");
        let request = self.request(Method::POST, &["import"], subject.clone());
        let answer = request.json(&json!({ "url": url.as_str() })).read_object().await;
        match self.judged(answer.map_err(|error| unproven(error, &subject))).await {
            Err(error) if taken::is_taken(&error) => Err(self.page_taken(url.as_str()).await),
            result => result.map(Recipe),
        }
    }

    /// Lets the server read all recipes anew.
    ///
    /// # Errors
    /// As for every call.
    pub async fn reindex(&self) -> Result<(), Error> {
        let request = self.request(Method::POST, &["reindex"], Subject::named("the index of recipes"));
        self.judged(request.read().await).await?;
        Ok(())
    }

    fn one(&self, method: Method, id: RecipeId) -> Request<'_> {
        self.request(method, &["recipes", &id.to_string()], subject(id))
    }

    fn request(self, method: Method, path: &[&str], subject: Subject) -> Request<'a> {
        self.0
            .app("cookbook", method, &[&["api", "v1"], path].concat(), subject)
    }

    /// Writes answer the bare number of the recipe.
    async fn number(&self, request: Request<'_>, subject: &Subject) -> Result<RecipeId, Error> {
        let answer = request.read_json::<Value>().await.and_then(|(value, _)| {
            Recipe(Map::from_iter([("id".to_owned(), value)]))
                .id()
                .ok_or_else(|| Error::bad_answer(subject.clone(), 200, "no number of a recipe"))
        });
        self.judged(answer.map_err(|error| unproven(error, subject))).await
    }

    /// Some routes answer a credential that is no longer good with an error page and 500 instead of 401.
    async fn judged<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        match answer {
            Err(error @ Error::ServerError { .. }) => match self.0.is_still_accepted().await {
                Ok(false) => Err(Error::Unauthorized),
                _ => Err(error),
            },
            answer => answer,
        }
    }

    async fn read<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        self.judged(request.read_json().await.map(|(value, _)| value)).await
    }

    async fn entries(&self, path: &[&str], subject: Subject) -> Result<Vec<RecipeEntry>, Error> {
        self.read(self.request(Method::GET, path, subject)).await
    }

    async fn counts(&self, path: &str, subject: Subject) -> Result<Vec<Category>, Error> {
        self.read(self.request(Method::GET, &[path], subject)).await
    }
}

fn subject(id: RecipeId) -> Subject {
    Subject::new(format!("recipe {id}"))
}

/// The change was made, or not; only the answer that would prove it is missing.
fn unproven(error: Error, subject: &Subject) -> Error {
    match error {
        Error::BadAnswer { .. } => Error::OutcomeUnknown {
            subject: subject.clone(),
        },
        error => error,
    }
}

/// Refuses what the server must not get.
fn check(recipe: &Recipe, patch: &RecipePatch, hosts: Hosts) -> Result<(), Error> {
    if recipe.name().is_empty() {
        return Err(Error::invalid("name", "a recipe needs a name"));
    }
    if let Some(url) = patch.url.as_deref().filter(|url| !url.is_empty()) {
        public_url::parse(url, hosts).map_err(|why| Error::invalid("url", why.to_string()))?;
    }
    // The server fetches the picture when the recipe is written.
    let image = recipe.image();
    if image.contains("://") {
        public_url::parse(&image, hosts).map_err(|why| Error::invalid("image", why.to_string()))?;
    }
    Ok(())
}
