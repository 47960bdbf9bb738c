//! Recipes and pictures from the web: one page, and at most one picture for it. What is refused or fails changes nothing.

use encoding_rs::Encoding;
use nc_auth::fetch::{PageError, PageFetch, Wanted};
use nc_proto::{
    apps::cookbook::{Recipe, imported, page::find_recipe},
    public_url::{self, Hosts},
};
use tokio::sync::{OnceCell, Semaphore};
use url::Url;

use super::{
    error::CookbookError,
    images::{self, Picture},
};
use crate::Error;

/// Largest page.
const MAX_PAGE_BYTES: usize = 5 << 20;

/// Pages that are fetched and read at the same time; each takes memory.
const AT_ONCE: usize = 4;

/// What imports work with.
pub(crate) struct Imports {
    fetch: OnceCell<PageFetch>,
    hosts: Hosts,
    turns: Semaphore,
}

impl Imports {
    /// `fetch`: how pages are fetched; else by the system's resolver, from these `hosts`.
    pub(crate) fn new(fetch: Option<PageFetch>, hosts: Hosts) -> Self {
        Self {
            fetch: OnceCell::new_with(fetch),
            hosts,
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// The recipe of a page, and its picture if there is one that can be fetched.
    pub(super) async fn import(&self, address: &str) -> Result<(Recipe, Option<Picture>), CookbookError> {
        let fetch = self.fetch().await?;
        let url = parse(address, fetch.hosts())
            .map_err(|why| CookbookError::Import(format!("The provided URL is not allowed: {why}.")))?;
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|_| Error::Internal("a semaphore was closed"))?;
        let page = fetch.get(&url, Wanted::Page, MAX_PAGE_BYTES).await.map_err(|error| {
            CookbookError::Import(match error {
                PageError::Refused(why) => format!("The provided URL is not allowed: it leads to another, and {why}."),
                PageError::Private => format!("The provided URL is not allowed: {error}."),
                error => format!("The page could not be fetched: {error}."),
            })
        })?;
        // Reading takes time on large pages; other requests go on meanwhile.
        let read = tokio::task::spawn_blocking(move || {
            let html = decoded(&page.body, &page.content_type);
            find_recipe(&html).map(|found| (imported(&found, url.as_str()), page.url))
        });
        let (mut recipe, at) = read
            .await
            .map_err(|_| Error::Internal("a task was lost"))?
            .map_err(|why| CookbookError::Import(format!("No recipe can be imported: {why}.")))?;
        // Pages name their pictures relative to themselves.
        let image = at.join(&recipe.image()).ok().filter(|_| !recipe.image().is_empty());
        let mut picture = None;
        if let Some(image) = image {
            picture = Self::picture(fetch, &image).await;
            recipe.0.insert("image".to_owned(), image.as_str().into());
        }
        Ok((recipe, picture))
    }

    /// The picture that a recipe names by an address. One that cannot be fetched is none; one that may not be fetched is refused.
    pub(super) async fn picture_named(&self, address: &str) -> Result<Option<Picture>, CookbookError> {
        // Pictures by path would let a credential for recipes read other files.
        if address.is_empty() || (address.starts_with('/') && !address.starts_with("//")) {
            return Ok(None);
        }
        let fetch = self.fetch().await?;
        let url = parse(address, fetch.hosts())
            .map_err(|why| CookbookError::Invalid(format!("The URL of the image is not allowed: {why}.")))?;
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|_| Error::Internal("a semaphore was closed"))?;
        Ok(Self::picture(fetch, &url).await)
    }

    async fn picture(fetch: &PageFetch, url: &Url) -> Option<Picture> {
        match fetch.get(url, Wanted::Image, images::MAX_BYTES).await {
            Ok(image) => Picture::new(image.body),
            Err(error) => {
                tracing::debug!(%error, "the image of a recipe was not fetched");
                None
            }
        }
    }

    async fn fetch(&self) -> Result<&PageFetch, Error> {
        let made = self
            .fetch
            .get_or_try_init(|| async { PageFetch::new(self.hosts) })
            .await;
        made.map_err(|_| Error::Internal("TLS cannot be set up"))
    }
}

fn parse(address: &str, hosts: Hosts) -> Result<Url, public_url::Refused> {
    public_url::parse(address, hosts)
}

/// The text of a page, by the character set that its server named; else UTF-8.
fn decoded(body: &[u8], content_type: &str) -> String {
    let parameters = content_type.split(';').skip(1);
    let charset = parameters
        .filter_map(|parameter| parameter.trim().split_once('='))
        .find_map(|(name, value)| {
            name.eq_ignore_ascii_case("charset")
                .then(|| value.trim_matches(['"', '\'', ' ']))
        });
    let encoding = charset.and_then(|name| Encoding::for_label(name.as_bytes()));
    encoding.unwrap_or(encoding_rs::UTF_8).decode(body).0.into_owned()
}
