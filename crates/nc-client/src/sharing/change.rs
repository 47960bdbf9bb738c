use http::Method;
use nc_proto::apps::sharing::{Attribute, Share, ShareId, SharePermissions, ShareType};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Sharing, read, subject};
use crate::{Error, FilePath, Subject};

/// What a new share is made of.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// The file or folder.
    pub path: FilePath,
    /// With whom.
    pub share_type: ShareType,
    /// The id, address or token of the receiver; a link has none.
    pub share_with: Option<String>,
    /// What it allows.
    pub permissions: SharePermissions,
    /// Asked of whoever has the link.
    pub password: Option<SecretString>,
    /// `YYYY-MM-DD`: the day on which it is over.
    pub expire_date: Option<String>,
    /// What the owner calls a link.
    pub label: Option<String>,
    /// Words for the receiver.
    pub note: Option<String>,
    /// Whether the page of a link offers no download.
    pub hide_download: bool,
    /// Whether receivers may look at it here only.
    pub no_download: bool,
}

/// What to change of a share; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct SharePatch {
    /// What it allows.
    pub permissions: Option<SharePermissions>,
    /// A new password; empty takes it away.
    pub password: Option<SecretString>,
    /// `YYYY-MM-DD`; empty takes it away.
    pub expire_date: Option<String>,
    /// What the owner calls a link.
    pub label: Option<String>,
    /// Words for the receiver.
    pub note: Option<String>,
    /// Whether the page of a link offers no download.
    pub hide_download: Option<bool>,
}

/// How far a change came. Several fields need several requests.
#[derive(Debug)]
pub struct ChangedShare {
    /// The share as it is now.
    pub share: Share,
    /// The fields that were changed, by their names.
    pub changed: Vec<&'static str>,
    /// The field that was refused, if one was; those after it were not tried.
    pub refused: Option<(&'static str, Error)>,
}

impl SharePatch {
    /// The fields to change: our name, the name on the wire, the value.
    fn fields(&self) -> Vec<(&'static str, &'static str, String)> {
        let permissions = self.permissions.map(|mask| mask.bits().to_string());
        let password = self.password.as_ref().map(|secret| secret.expose_secret().to_owned());
        let hide = self.hide_download.map(|hide| hide.to_string());
        [
            ("permissions", "permissions", permissions),
            ("password", "password", password),
            ("expire_date", "expireDate", self.expire_date.clone()),
            ("label", "label", self.label.clone()),
            ("note", "note", self.note.clone()),
            ("hide_download", "hideDownload", hide),
        ]
        .into_iter()
        .filter_map(|(name, wire, value)| Some((name, wire, value?)))
        .collect()
    }
}

impl Sharing<'_> {
    /// Shares a file or folder. The server may give more than was asked for: compare the answer's permissions (P148).
    /// Sharing once more with the same receiver changes nothing and gives the share that there is (P151).
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown path, and from the server for unknown receivers, with its words;
    /// [`Error::Forbidden`] for what may not be shared so; otherwise as for every call.
    pub async fn create(&self, new: &NewShare) -> Result<Share, Error> {
        if (new.share_type == ShareType::Link) == new.share_with.is_some() {
            let why = "a link has no receiver, every other share needs one";
            return Err(Error::invalid("share_with", why));
        }
        let view = self.0.files().view().await?;
        view.check(&new.path)?;
        // What tags hide would be shown to others.
        view.check_whole(&new.path)?;
        let path = new.path.to_string();
        let share_type = new.share_type.number().to_string();
        // Never `publicUpload`: it overrides the mask.
        let permissions = new.permissions.bits().to_string();
        let mut form = vec![
            ("path", path.as_str()),
            ("shareType", &share_type),
            ("permissions", &permissions),
        ];
        let optional = [
            ("shareWith", new.share_with.as_deref()),
            ("password", new.password.as_ref().map(SecretString::expose_secret)),
            ("expireDate", new.expire_date.as_deref()),
            ("label", new.label.as_deref()),
            ("note", new.note.as_deref()),
            ("hideDownload", new.hide_download.then_some("true")),
            ("attributes", new.no_download.then_some(Attribute::NO_DOWNLOAD)),
        ];
        form.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let about = Subject::new(format!("the share of {path}"));
        let request = self.request(Method::POST, &["shares"], about.clone()).form(&form);
        let made: Vec<Share> = read(request).await?;
        made.into_iter().next().ok_or(Error::OutcomeUnknown { subject: about })
    }

    /// Changes fields of a share, one request each, because some servers take only one of several (P152), and reads it again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the user may see, [`Error::InvalidInput`] if nothing is to be changed; what
    /// happens after the first field was changed is told in [`ChangedShare::refused`].
    pub async fn update(&self, id: ShareId, patch: &SharePatch) -> Result<ChangedShare, Error> {
        let fields = patch.fields();
        if fields.is_empty() {
            return Err(Error::invalid("fields", "say what to change"));
        }
        self.get(id).await?;
        let mut changed = Vec::new();
        let mut refused = None;
        for (name, wire, value) in fields {
            let request = self.request(Method::PUT, &["shares", &id.to_string()], subject(id));
            match read::<Vec<Share>>(request.form(&[(wire, &value)])).await {
                Ok(_) => changed.push(name),
                Err(error) if changed.is_empty() => return Err(error),
                Err(error) => {
                    refused = Some((name, error));
                    break;
                }
            }
        }
        let share = self.get(id).await?;
        Ok(ChangedShare {
            share,
            changed,
            refused,
        })
    }
}
