use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use nc_proto::{apps::cookbook::RecipeId, dav::DavPath};
use serde::Deserialize;

use super::{book::Book, error::CookbookError};
use crate::{
    Cloud, SignedIn,
    address::{Path, Query},
    content::{Home, Precondition, WriteOptions},
    known::is_known,
};

/// Names of the picture, by kind. The app itself writes and reads the first one.
const NAMES: [&str; 6] = [
    "full.jpg",
    "full.jpeg",
    "full.png",
    "full.webp",
    "full.gif",
    "full.avif",
];

/// Largest picture, which is also the largest that is read.
pub(super) const MAX_BYTES: usize = 10 << 20;

/// What is shown for recipes without picture, to those who take drawings.
const DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><path fill=\"#888\" \
    d=\"M12 28h40v4H12zM16 34h32v12a8 8 0 0 1-8 8H24a8 8 0 0 1-8-8zM29 14h6v12h-6z\"/></svg>";

/// A picture, whose kind its own bytes say.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    bytes: Vec<u8>,
    name: &'static str,
}

/// What happens to the picture of a recipe.
#[derive(Debug)]
pub(super) enum Change {
    Keep,
    Remove,
    Set(Picture),
}

impl Picture {
    /// `None` if the bytes are no picture.
    pub(super) fn new(bytes: Vec<u8>) -> Option<Self> {
        let (_, name) = kind(&bytes)?;
        Some(Self { bytes, name })
    }
}

/// Media type and name, by the first bytes. A name or a header may say anything; a browser must not find a page here.
fn kind(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(("image/jpeg", "full.jpg")),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(("image/png", "full.png")),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(("image/gif", "full.gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("image/webp", "full.webp")),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f' | b's', ..] => Some(("image/avif", "full.avif")),
        _ => None,
    }
}

pub(super) async fn store(home: &Home, folder: &DavPath, picture: &Picture) -> Result<(), CookbookError> {
    let options = WriteOptions {
        precondition: Precondition::Overwrite,
        ..WriteOptions::default()
    };
    home.write(&folder.child(picture.name), &picture.bytes, options).await?;
    Ok(())
}

pub(super) async fn remove(home: &Home, folder: &DavPath) -> Result<(), CookbookError> {
    for name in NAMES {
        let path = folder.child(name);
        if home.find(&path).await?.is_some_and(|entry| !entry.is_folder()) {
            home.delete(&path, Vec::new()).await?;
        }
    }
    Ok(())
}

/// Which size: `full`, `thumb` or `thumb16`. There is one picture, for all sizes.
#[derive(Debug, Deserialize)]
pub(super) struct Size {
    #[serde(default)]
    size: String,
}

/// `GET …/recipes/{id}/image?size=`
pub(super) async fn show(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
    Query(Size { size }): Query<Size>,
    headers: HeaderMap,
) -> Result<Response, CookbookError> {
    if !matches!(size.as_str(), "" | "full" | "thumb" | "thumb16") {
        return Err(CookbookError::Invalid("size is full, thumb or thumb16".to_owned()));
    }
    let id = RecipeId(text.parse().unwrap_or_default());
    let book = Book::open(&cloud, &signed_in.user).await?;
    match picture(&book, id, &headers).await {
        Err(CookbookError::NotFound(_) | CookbookError::NoImage) if takes_drawings(&headers) => {
            Ok(([(header::CONTENT_TYPE, "image/svg+xml")], DRAWING).into_response())
        }
        Err(CookbookError::NotFound(_)) => Err(CookbookError::NoImage),
        answer => answer,
    }
}

async fn picture(book: &Book, id: RecipeId, headers: &HeaderMap) -> Result<Response, CookbookError> {
    let found = book.get(id).await?;
    for name in NAMES {
        let path = found.folder.path.child(name);
        let fits = |entry: crate::content::Entry| !entry.is_folder() && entry.size_bytes <= MAX_BYTES as u64;
        if !book.home.find(&path).await?.is_some_and(fits) {
            continue;
        }
        let (entry, bytes) = book.home.read(&path).await?;
        let Some((media_type, _)) = kind(&bytes) else { continue };
        let etag = entry.etag.header_value();
        let fresh = [
            (header::CONTENT_TYPE, media_type.to_owned()),
            (header::ETAG, etag.clone()),
            (header::LAST_MODIFIED, crate::dav::http_date(entry.modified_at)),
            (header::CACHE_CONTROL, "private, max-age=0".to_owned()),
        ];
        return Ok(if is_known(headers, &etag) {
            (StatusCode::NOT_MODIFIED, fresh).into_response()
        } else {
            (fresh, bytes).into_response()
        });
    }
    Err(CookbookError::NoImage)
}

fn takes_drawings(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(','));
    kinds.any(|kind| {
        matches!(
            kind.split(';').next().unwrap_or_default().trim(),
            "image/svg+xml" | "image/*" | "*/*"
        )
    })
}
