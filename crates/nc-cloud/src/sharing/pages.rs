//! The pages behind links, for people: `/s/{token}`.
//!
//! Nobody is signed in here, and no credential of a user is looked at. A link with a password remembers the browser that
//! knew it by a cookie of its own.

mod opened;
mod upload;

use axum::{
    Extension, Form,
    extract::{DefaultBodyLimit, Request, State, rejection::FormRejection},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use nc_web::{
    ClientAddress,
    pages::{LinkEntry, LinkFile, LinkFolder, LinkPassword, LinkUpload, Notice},
};
use secrecy::SecretString;
use serde::Deserialize;
use url::form_urlencoded;

pub(crate) use opened::OpenedLinks;

use super::{Found, Link, Tree};
use crate::{
    BaseUrl, Cloud, Error,
    address::{Path, Query},
    auth::Refusal,
    content::{ContentError, Entry},
    dav,
    routes::{Access, Routes, Surface},
};

/// Most entries of a folder on a page.
const MOST_ENTRIES: u32 = 500;

pub(super) fn routes(cloud: &Cloud) -> Routes {
    let page = get(show).post(upload::upload).layer(DefaultBodyLimit::disable());
    Routes::new(Surface::Page, cloud)
        .at("/s/{token}", Access::Public, page)
        .at("/s/{token}/authenticate/showshare", Access::Public, get(ask).post(open))
        .at("/s/{token}/download", Access::Public, get(download))
}

/// A page in place of the one that was asked for.
struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(page: Response) -> Self {
        Self(Box::new(page))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a page of a link failed");
        Notice::internal_error().into_response().into()
    }
}

impl From<ContentError> for Refused {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Storage(error) => error.into(),
            _ => no_link(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// What is not there, is over or was never there: all the same.
fn no_link() -> Refused {
    let page = Notice {
        status: StatusCode::NOT_FOUND,
        title: "This link leads nowhere",
        text: "It may have run out, or what it led to is shared no more. Ask whoever gave it to you for another one.",
    };
    page.into_response().into()
}

/// Which part of a shared folder is wanted.
#[derive(Debug, Default, Deserialize)]
struct Part {
    #[serde(default)]
    path: String,
}

impl Part {
    fn path(&self) -> Result<DavPath, Refused> {
        DavPath::plain(&self.path).map_err(|_| no_link())
    }
}

/// One request for a link.
struct Visitor<'a> {
    cloud: &'a Cloud,
    base: &'a BaseUrl,
    token: &'a str,
    link: Link,
    tree: Tree,
    /// What the browser proves itself with, and whether it is new.
    browser: opened::Browser,
}

impl<'a> Visitor<'a> {
    async fn new(cloud: &'a Cloud, base: &'a BaseUrl, headers: &HeaderMap, token: &'a str) -> Result<Self, Refused> {
        let link = cloud.find_link(token).await?.ok_or_else(no_link)?;
        let tree = link.tree(cloud).await?.ok_or_else(no_link)?;
        Ok(Self {
            cloud,
            base,
            token,
            link,
            tree,
            browser: opened::Browser::of(headers, base)?,
        })
    }

    /// Fails, on the way to the form, if the link has a password that this browser did not give yet.
    fn check_open(&self) -> Result<(), Refused> {
        if self.cloud.opened_links().has(&self.browser, &self.link.share) {
            return Ok(());
        }
        Err(see_other(&self.address("/authenticate/showshare", None)).into())
    }

    /// An address of this link, as browsers see it.
    fn address(&self, page: &str, path: Option<&DavPath>) -> String {
        let rest = self.base.as_str().split_once("://").map_or("", |(_, rest)| rest);
        let prefix = rest.find('/').map_or("", |at| &rest[at..]);
        let query = path.filter(|path| !path.is_root()).map(|path| {
            let path = super::expose::absolute(path);
            let path: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            format!("?path={path}")
        });
        format!("{prefix}/s/{}{page}{}", self.token, query.unwrap_or_default())
    }

    async fn find(&self, path: &DavPath) -> Result<(Found, Entry), Refused> {
        let found = self.tree.find(path).await?;
        let entry = found.shown.clone().ok_or_else(no_link)?;
        Ok((found, entry))
    }

    fn entry(&self, entry: &Entry) -> LinkEntry {
        let href = if entry.is_folder() {
            Some(self.address("", Some(&entry.path)))
        } else {
            let href = self.address("/download", Some(&entry.path));
            Some(href).filter(|_| self.link.may_download())
        };
        LinkEntry {
            name: entry.path.name().unwrap_or(&self.link.share.target_name).to_owned(),
            href,
            size: if entry.is_folder() {
                String::new()
            } else {
                size_words(entry.size_bytes)
            },
            is_folder: entry.is_folder(),
        }
    }

    fn title(&self) -> &str {
        match self.link.share.label.as_str() {
            "" => &self.link.share.target_name,
            label => label,
        }
    }

    async fn page(&self, path: &DavPath, arrived: Option<&str>) -> Result<Response, Refused> {
        let (found, entry) = self.find(path).await?;
        let server = self.base.authority();
        let note = &self.link.share.note;
        if !entry.is_folder() {
            let page = LinkFile {
                title: self.title(),
                server,
                note,
                file: self.entry(&entry),
            };
            return Ok(self.browser.keep(self.base, page.into_response()));
        }
        let csrf = self.browser.csrf(upload::PURPOSE);
        let action = self.address("", Some(path));
        let upload = self.link.permissions().allows(SharePermissions::CREATE);
        let upload = upload.then_some(LinkUpload {
            action: &action,
            csrf: &csrf,
            arrived,
        });
        let (mut entries, mut has_more) = (None, false);
        if self.link.permissions().allows(SharePermissions::READ) {
            let mut inside = found.spot.home.list_page(entry.id, None, MOST_ENTRIES).await?;
            has_more = inside.len() == MOST_ENTRIES as usize;
            for entry in &mut inside {
                entry.path = found.spot.shown_path(&entry.path);
            }
            entries = Some(inside.iter().map(|entry| self.entry(entry)).collect());
        } else if !path.is_root() {
            return Err(no_link());
        }
        let names = path.names();
        let above = (0..names.len()).map(|count| {
            let folder = DavPath::from_names(&names[..count]);
            let name = folder.name().unwrap_or(&self.link.share.target_name).to_owned();
            (name, self.address("", Some(&folder)))
        });
        let page = LinkFolder {
            title: path.name().unwrap_or_else(|| self.title()),
            server,
            note,
            trail: above.collect(),
            entries,
            has_more,
            upload,
        };
        Ok(self.browser.keep(self.base, page.into_response()))
    }
}

/// `GET /s/{token}`.
async fn show(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    Path(token): Path<String>,
    Query(part): Query<Part>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let visitor = Visitor::new(&cloud, &base, &headers, &token).await?;
    visitor.check_open()?;
    visitor.page(&part.path()?, None).await
}

/// `GET /s/{token}/download`: a file. A folder as a whole is not given away; that leads back to its page.
async fn download(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    Path(token): Path<String>,
    Query(part): Query<Part>,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, _) = request.into_parts();
    let visitor = Visitor::new(&cloud, &base, &parts.headers, &token).await?;
    visitor.check_open()?;
    let path = part.path()?;
    if !visitor.link.permissions().allows(SharePermissions::READ) || !visitor.link.may_download() {
        return Err(no_link());
    }
    let (_, entry) = visitor.find(&path).await?;
    if entry.is_folder() {
        return Ok(see_other(&visitor.address("", Some(&path))));
    }
    Ok(dav::download(&cloud, &visitor.tree, path, parts).await)
}

/// `GET /s/{token}/authenticate/showshare`: asks for the password.
async fn ask(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let visitor = Visitor::new(&cloud, &base, &headers, &token).await?;
    if cloud.opened_links().has(&visitor.browser, &visitor.link.share) {
        return Ok(see_other(&visitor.address("", None)));
    }
    Ok(password_page(&visitor, None))
}

/// What the form sends.
#[derive(Deserialize)]
struct PasswordForm {
    csrf: String,
    password: SecretString,
}

const PASSWORD: &str = "link/password";

/// `POST /s/{token}/authenticate/showshare`.
async fn open(
    State(cloud): State<Cloud>,
    base: BaseUrl,
    Path(token): Path<String>,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, Refused> {
    let visitor = Visitor::new(&cloud, &base, &headers, &token).await?;
    let Ok(Form(form)) = form else {
        return Err(forged());
    };
    visitor.browser.check(&base, &headers, PASSWORD, &form.csrf)?;
    let address = address.map(|address| address.0);
    match visitor.link.opens(&cloud, Some(form.password), address).await {
        Ok(true) => {
            let browser = opened::Browser::fresh()?;
            cloud.opened_links().add(&browser, &visitor.link.share);
            let response = see_other(&visitor.address("", None));
            Ok(browser.keep(&base, response))
        }
        Ok(false) => Ok(password_page(
            &visitor,
            Some((StatusCode::FORBIDDEN, "That is not the password.")),
        )),
        Err(Refusal::Throttled { retry_after_s }) => {
            let text = format!(
                "Too many wrong passwords. Try again in {} min.",
                (retry_after_s + 59) / 60
            );
            Ok(password_page(&visitor, Some((StatusCode::TOO_MANY_REQUESTS, &text))))
        }
        Err(_) => Err(Error::Internal("the password of a link could not be checked").into()),
    }
}

fn password_page(visitor: &Visitor<'_>, error: Option<(StatusCode, &str)>) -> Response {
    let page = LinkPassword {
        status: error.map_or(StatusCode::OK, |(status, _)| status),
        action: &visitor.address("/authenticate/showshare", None),
        server: visitor.base.authority(),
        error: error.map(|(_, text)| text),
        csrf: &visitor.browser.csrf(PASSWORD),
    };
    visitor.browser.keep(visitor.base, page.into_response())
}

fn forged() -> Refused {
    let page = Notice {
        status: StatusCode::FORBIDDEN,
        title: "This form cannot be used",
        text: "It did not come from this page, or the page was open for too long. Open the link again.",
    };
    page.into_response().into()
}

fn see_other(location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/html; charset=UTF-8"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A size for people.
fn size_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_words() {
        let words = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_234_567, "1.2 MB"),
            (u64::MAX, "18446.7 PB"),
        ];
        for (bytes, text) in words {
            assert_eq!(size_words(bytes), text);
        }
    }
}
