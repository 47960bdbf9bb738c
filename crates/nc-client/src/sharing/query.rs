use http::Method;
use nc_proto::apps::sharing::ShareType;

use super::Sharing;
use crate::{FilePath, Subject, request::Request};

/// Which shares to list.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of the wire format")]
pub struct ShareQuery {
    /// Only those of this file or folder; of what is directly in this folder with [`Self::members`].
    pub path: Option<FilePath>,
    /// Whether those of the members of the folder [`Self::path`] are meant.
    pub members: bool,
    /// Also those that others made of the user's files.
    pub reshares: bool,
    /// Those that came to the user in place of those that the user made.
    pub shared_with_me: bool,
    /// Those that wait for the user's answer. Nothing else then matters.
    pub pending: bool,
}

impl ShareQuery {
    pub(super) fn request<'a>(&self, sharing: Sharing<'a>) -> Request<'a> {
        if self.pending {
            let subject = Subject::named("the shares that wait for an answer");
            return sharing.request(Method::GET, &["shares", "pending"], subject);
        }
        let subject = match &self.path {
            Some(path) => Subject::new(format!("the shares of {path}")),
            None => Subject::named("the shares"),
        };
        let mut request = sharing.request(Method::GET, &["shares"], subject);
        if let Some(path) = &self.path {
            request = request.query("path", path.to_string());
        }
        for (name, on) in [
            ("subfiles", self.members),
            ("reshares", self.reshares),
            ("shared_with_me", self.shared_with_me),
        ] {
            if on {
                request = request.query(name, "true");
            }
        }
        request
    }
}

/// Whom to look for.
#[derive(Debug, Clone)]
pub struct ShareeQuery {
    /// A part of a name, id or mail address.
    pub search: String,
    /// Whether it is a folder that is to be shared; not everything can be shared with everybody.
    pub is_folder: bool,
    /// Only these types; all that the server has if empty.
    pub types: Vec<ShareType>,
    /// Which page of hits, from 1.
    pub page: u32,
    /// Hits of each kind on a page.
    pub per_page: u32,
}

impl ShareeQuery {
    pub(super) fn request<'a>(&self, sharing: Sharing<'a>) -> Request<'a> {
        let mut request = sharing
            .request(Method::GET, &["sharees"], Subject::named("people and groups"))
            .query("search", self.search.as_str())
            .query("itemType", if self.is_folder { "folder" } else { "file" })
            // What is typed here is not sent on to a directory of all servers.
            .query("lookup", "false")
            // Zero is an error there.
            .query("page", self.page.max(1).to_string())
            .query("perPage", self.per_page.max(1).to_string());
        for share_type in &self.types {
            request = request.query("shareType[]", share_type.number().to_string());
        }
        request
    }
}
