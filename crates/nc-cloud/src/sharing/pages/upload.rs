//! Files that come by the form of a link.

use axum::{
    extract::{State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use nc_web::pages::Notice;

use super::{Part, Refused, Visitor, forged, no_link};
use crate::{
    BaseUrl, Cloud,
    address::{Path, Query},
    content::{ContentError, Precondition, WriteOptions, check_storable},
    form::{Field, Form},
    sharing::{Spot, numbered},
};

pub(super) const PURPOSE: &str = "link/upload";

/// Most files of one form.
const MOST_FILES: usize = 100;

/// `POST /s/{token}`: adds files; one whose name is taken gets another.
pub(super) async fn upload(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    Path(token): Path<String>,
    Query(part): Query<Part>,
    headers: HeaderMap,
    form: Result<Form, MultipartRejection>,
) -> Result<Response, Refused> {
    let visitor = Visitor::new(&cloud, &base, &headers, &token).await?;
    visitor.check_open()?;
    let path = part.path()?;
    let may_see = visitor.link.permissions().allows(SharePermissions::READ);
    if !visitor.link.permissions().allows(SharePermissions::CREATE) || (!may_see && !path.is_root()) {
        return Err(no_link());
    }
    let (found, folder) = visitor.find(&path).await?;
    if !folder.is_folder() {
        return Err(no_link());
    }
    let mut form = form.map_err(|_| forged())?;
    let mut arrived: Vec<String> = Vec::new();
    let mut is_own = false;
    while let Some(field) = form.next().await.map_err(|_| broke_off(&arrived))? {
        match field.name() {
            Some("csrf") => {
                let token = field.text().await.map_err(|_| forged())?;
                visitor.browser.check(&base, &headers, PURPOSE, &token)?;
                is_own = true;
            }
            Some("file") if is_own && arrived.len() < MOST_FILES => {
                if let Some(name) = take(&cloud, &found.spot, field).await? {
                    arrived.push(name);
                }
            }
            // The token stands before the files in our form.
            _ => return Err(forged()),
        }
    }
    if !is_own {
        return Err(forged());
    }
    visitor.page(&path, Some(&arrived.join(", "))).await
}

/// Stores one file. Gives the name under which it came; `None` for a field without a file.
async fn take(cloud: &Cloud, folder: &Spot, mut field: Field<'_>) -> Result<Option<String>, Refused> {
    // Some browsers send a whole path.
    let sent = field.file_name().unwrap_or_default();
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    check_storable(&name).map_err(|error| refused(StatusCode::BAD_REQUEST, &error.to_string()))?;
    let available = folder.home.available_bytes().await?;
    let mut staged = cloud.content().stage(None).await?;
    loop {
        let piece = field.chunk().await;
        let piece = piece.map_err(|_| broke_off(&[]))?;
        let Some(piece) = piece else { break };
        staged.write(&piece).await?;
        if available.is_some_and(|available| staged.size_bytes() > available) {
            return Err(too_large());
        }
    }
    let target = free_place(folder, &name).await?;
    let options = WriteOptions {
        precondition: Precondition::CreateOnly,
        ..WriteOptions::default()
    };
    match folder.home.commit(&target, staged, options).await {
        Ok(_) => Ok(Some(name)),
        Err(ContentError::Quota { .. }) => Err(too_large()),
        Err(ContentError::Locked(_)) => Err(refused(StatusCode::LOCKED, "Somebody is changing this folder now.")),
        Err(ContentError::Precondition { .. }) => {
            Err(refused(StatusCode::CONFLICT, "Somebody sent the same name now."))
        }
        Err(error) => Err(error.into()),
    }
}

async fn free_place(folder: &Spot, name: &str) -> Result<DavPath, ContentError> {
    let mut number = 1;
    loop {
        let candidate = folder.path.child(numbered(name, number));
        if folder.home.find(&candidate).await?.is_none() {
            return Ok(candidate);
        }
        number += 1;
    }
}

fn broke_off(arrived: &[String]) -> Refused {
    let text = if arrived.is_empty() {
        "The upload broke off."
    } else {
        "The upload broke off. Files that had arrived whole are stored."
    };
    refused(StatusCode::BAD_REQUEST, text)
}

fn too_large() -> Refused {
    refused(
        StatusCode::INSUFFICIENT_STORAGE,
        "There is not enough room left for this file.",
    )
}

fn refused(status: StatusCode, text: &str) -> Refused {
    let page = Notice {
        status,
        title: "The file was not taken",
        text,
    };
    page.into_response().into()
}
