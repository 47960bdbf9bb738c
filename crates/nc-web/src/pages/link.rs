//! The pages behind a public link: a file, a folder, a folder that only takes files, and the question for the password.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer;

/// Asks for the password of a link.
#[derive(Debug, Template)]
#[template(path = "link_password.html")]
pub struct LinkPassword<'a> {
    /// The status of the answer: 200, or that of the failed attempt.
    pub status: StatusCode,
    /// Where the form is posted.
    pub action: &'a str,
    /// The host of the cloud.
    pub server: &'a str,
    /// Why the last attempt failed.
    pub error: Option<&'a str>,
    /// Token against forged posts.
    pub csrf: &'a str,
}

/// Something in a shared folder, with its address.
#[derive(Debug)]
pub struct LinkEntry {
    /// Its name.
    pub name: String,
    /// Where it is opened; `None` for a file that is not to be downloaded.
    pub href: Option<String>,
    /// Its size in words.
    pub size: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// The form that takes files.
#[derive(Debug)]
pub struct LinkUpload<'a> {
    /// Where the form is posted.
    pub action: &'a str,
    /// Token against forged posts.
    pub csrf: &'a str,
    /// The files that have just arrived.
    pub arrived: Option<&'a str>,
}

/// One shared file.
#[derive(Debug, Template)]
#[template(path = "link_file.html")]
pub struct LinkFile<'a> {
    /// What it is called.
    pub title: &'a str,
    /// The host of the cloud.
    pub server: &'a str,
    /// Words of the owner; may be empty.
    pub note: &'a str,
    /// The file.
    pub file: LinkEntry,
}

/// A shared folder: what is in it where that may be seen, and a form where files may be added.
#[derive(Debug, Template)]
#[template(path = "link_folder.html")]
pub struct LinkFolder<'a> {
    /// What it is called.
    pub title: &'a str,
    /// The host of the cloud.
    pub server: &'a str,
    /// Words of the owner; may be empty.
    pub note: &'a str,
    /// Names and addresses of the folders above, from the shared one; empty in that.
    pub trail: Vec<(String, String)>,
    /// What is inside; `None`: that is not shown.
    pub entries: Option<Vec<LinkEntry>>,
    /// Whether not everything is shown.
    pub has_more: bool,
    /// The form, where files may be added.
    pub upload: Option<LinkUpload<'a>>,
}

impl IntoResponse for LinkPassword<'_> {
    fn into_response(self) -> Response {
        answer(self.status, &self)
    }
}

impl IntoResponse for LinkFile<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}

impl IntoResponse for LinkFolder<'_> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_are_escaped() {
        let page = LinkFolder {
            title: "<b>",
            server: "cloud.example.org",
            note: "<i>",
            trail: vec![("<u>".to_owned(), "/s/x".to_owned())],
            entries: Some(vec![LinkEntry {
                name: "<script>".to_owned(),
                href: Some("/s/x?path=%22".to_owned()),
                size: "1 B".to_owned(),
                is_folder: false,
            }]),
            has_more: false,
            upload: None,
        };
        let html = page.render().unwrap();
        for bad in ["<b>", "<i>", "<u>", "<script>"] {
            assert!(!html.contains(bad), "{html}");
        }
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }
}
