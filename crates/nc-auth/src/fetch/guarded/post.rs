//! Requests that change something, to the endpoints of an issuer. The same guard as for documents.

use async_trait::async_trait;
use http::header;
use url::Url;

use super::{GuardedFetch, classify, is_json};
use crate::fetch::{FetchError, PostForm};

/// The longest answer that is read where nobody looks at it.
const IGNORED_MAX_BYTES: usize = 16 * 1024;

/// What is sent.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// `application/x-www-form-urlencoded`.
    Form(&'a str),
    /// `application/json`.
    Json(&'a str),
}

/// What was answered, whatever the status.
pub struct Posted {
    /// The status.
    pub status: u16,
    /// The body when it is JSON; else nothing. It may hold secrets.
    pub body: Vec<u8>,
}

impl GuardedFetch {
    /// Posts to `url`. An error is what is known only without an answer, or an answer too large to be one.
    pub async fn post(
        &self,
        url: &Url,
        body: Body<'_>,
        authorization: Option<&str>,
        max_bytes: usize,
    ) -> Result<Posted, FetchError> {
        self.check(url)?;
        let (content_type, text) = match body {
            Body::Form(text) => ("application/x-www-form-urlencoded", text),
            Body::Json(text) => ("application/json", text),
        };
        let mut request = self
            .client
            .post(url.clone())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, content_type)
            .body(text.to_owned());
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, sensitive(value)?);
        }
        let mut answer = request.send().await.map_err(|error| classify(&error))?;
        let status = answer.status().as_u16();
        let mut read = Vec::new();
        if is_json(answer.headers()) {
            while let Some(piece) = answer.chunk().await.map_err(|error| classify(&error))? {
                if read.len() + piece.len() > max_bytes {
                    return Err(FetchError::TooLarge);
                }
                read.extend_from_slice(&piece);
            }
        }
        Ok(Posted { status, body: read })
    }

    /// Deletes what is at `url`. The status; the answer is not read.
    pub async fn delete(&self, url: &Url, authorization: &str) -> Result<u16, FetchError> {
        self.check(url)?;
        let request = self
            .client
            .delete(url.clone())
            .header(header::AUTHORIZATION, sensitive(authorization)?);
        let answer = request.send().await.map_err(|error| classify(&error))?;
        Ok(answer.status().as_u16())
    }
}

#[async_trait]
impl PostForm for GuardedFetch {
    async fn post_form(&self, url: &Url, form: &str) -> Result<u16, FetchError> {
        let posted = self.post(url, Body::Form(form), None, IGNORED_MAX_BYTES).await?;
        Ok(posted.status)
    }
}

fn sensitive(value: &str) -> Result<header::HeaderValue, FetchError> {
    let mut value = header::HeaderValue::from_str(value).map_err(|_| FetchError::Forbidden)?;
    value.set_sensitive(true);
    Ok(value)
}
