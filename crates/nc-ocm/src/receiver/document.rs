use nc_proto::apps::sharing::SharePermissions;
use serde::{Deserialize, Serialize};
use url::Url;

/// How much the secret of a share may do. It follows from what the share said, and never becomes weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// It is exchanged for access tokens, and never sent to the files.
    Strict,
    /// It is exchanged where that works, else it opens the files.
    Optional,
    /// It opens the files. Also what rows from before there were modes mean.
    #[default]
    Legacy,
}

/// What opened the files the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    /// An access token.
    Token,
    /// The secret as a bearer.
    BearerSecret,
    /// The secret as a user name.
    BasicSecret,
}

/// The `document` of a share from another server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InShareDocument {
    /// What it is called there; checked to be the name of a file.
    pub(super) name: String,
    /// Address of its owner. Text of a stranger, as all names here.
    pub(super) owner: String,
    /// Address of the one who shared it.
    #[serde(default)]
    pub(super) sender: String,
    /// The owner's name for people.
    #[serde(default)]
    pub(super) owner_name: String,
    /// The other one's.
    #[serde(default)]
    pub(super) sender_name: String,
    /// A word from there.
    #[serde(default)]
    pub(super) note: String,
    /// `file` or `folder`, as it was said; up to Nextcloud 34 folders are called `file` too.
    pub(super) resource: String,
    /// Whether it is a folder, once that is known.
    #[serde(default)]
    pub(super) is_folder: Option<bool>,
    /// What it allows, once that was said, with the share or on WebDAV.
    #[serde(default)]
    pub(super) permissions: Option<SharePermissions>,
    /// What the secret may do.
    #[serde(default)]
    pub(super) mode: Mode,
    /// Whether the other server is reached without TLS, where that is allowed at all.
    #[serde(default)]
    pub(super) plain_http: bool,
    /// Where the files are, without a slash at the end.
    pub(super) base: Url,
    /// What opened them the last time.
    #[serde(default)]
    pub(super) way: Option<Way>,
    /// Whether the other server said that it never exchanges this secret.
    #[serde(default)]
    pub(super) is_exchange_refused: bool,
    /// Life of the access token when it was new, in seconds.
    #[serde(default)]
    pub(super) token_life_s: Option<i64>,
    /// Tag of the secret: it tells who knows it, also when the secret is gone.
    #[serde(default)]
    pub(super) secret_tag: String,
    /// Tag of everything that was offered: it tells a repeated offer from another one, also when the secret is gone.
    #[serde(default)]
    pub(super) offer: String,
}

impl InShareDocument {
    /// Whether it is a folder, as far as it is known.
    pub(super) fn is_folder(&self) -> bool {
        self.is_folder.unwrap_or(self.resource == "folder")
    }

    /// What it allows. The other server decides about each request anyway.
    pub(super) fn permissions(&self) -> SharePermissions {
        let most = match self.is_folder {
            Some(false) => SharePermissions::ALL_OF_A_FILE,
            _ => SharePermissions::ALL,
        };
        self.permissions
            .map_or(most, |permissions| permissions.limited_to(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ocm_n088_a_row_from_before_the_upgrade_is_legacy() {
        let old = r#"{"name":"plan.odt","owner":"eve@peer.example.net","resource":"file","permissions":19,
            "base":"https://peer.example.net/public.php/webdav"}"#;
        let document: InShareDocument = serde_json::from_str(old).expect("a document");
        assert_eq!(document.mode, Mode::Legacy);
        assert_eq!(
            (document.way, document.token_life_s, document.is_folder),
            (None, None, None)
        );
        let again: InShareDocument =
            serde_json::from_str(&serde_json::to_string(&document).expect("a text")).expect("a document");
        assert_eq!(again, document);
    }

    #[test]
    fn modes_and_ways_have_stable_words() {
        let words = serde_json::json!([
            Mode::Strict,
            Mode::Optional,
            Mode::Legacy,
            Way::Token,
            Way::BearerSecret,
            Way::BasicSecret
        ]);
        assert_eq!(
            words.to_string(),
            r#"["strict","optional","legacy","token","bearer-secret","basic-secret"]"#
        );
    }
}
