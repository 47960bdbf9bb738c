//! Former content of files (source: Nextcloud developer manual, "File versions").

use nc_proto::dav::{DavPath, Depth, Name, Propfind, Response, check_name, props};
use time::OffsetDateTime;

use super::{FileEntry, FilePath, Files, listing::read_whole_multistatus, system_tags::file_id};
use crate::{Error, Subject, request::Request};

const ROOT: [&str; 3] = ["remote.php", "dav", "versions"];
const LABEL: Name = Name::nc("version-label");
const AUTHOR: Name = Name::nc("version-author");

/// A state of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// What it is called. Nextcloud takes the time of its last change, but that is its own affair.
    pub id: String,
    /// Size in bytes.
    pub size: Option<u64>,
    /// When it was last changed.
    pub modified: Option<OffsetDateTime>,
    /// What somebody called it.
    pub label: Option<String>,
    /// Id of the one who wrote it.
    pub author: Option<String>,
    /// Whether it is what the file has now.
    pub is_current: bool,
}

impl Version {
    fn read(response: &Response, current: Option<OffsetDateTime>) -> Option<Self> {
        let id = DavPath::decode(&response.href).ok()?.name()?.to_owned();
        let modified = response.last_modified();
        Some(Self {
            is_current: modified.is_some() && modified == current,
            id,
            size: response.prop_number(&props::GETCONTENTLENGTH),
            modified,
            label: response.prop_text(&LABEL),
            author: response.prop_text(&AUTHOR),
        })
    }
}

impl Files<'_> {
    /// The states of a file that the server has, the latest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::InvalidInput`] for a folder; otherwise as for every call.
    pub async fn versions(&self, path: &FilePath) -> Result<(FileEntry, Vec<Version>), Error> {
        let entry = self.stat(path).await?;
        if entry.is_directory() {
            return Err(Error::invalid(
                "path",
                format!("\"{path}\" is a folder, and only files have versions"),
            ));
        }
        let wanted = [
            props::RESOURCETYPE,
            props::GETCONTENTLENGTH,
            props::GETLASTMODIFIED,
            LABEL,
            AUTHOR,
        ];
        let subject = Subject::new(format!("the versions of \"{path}\""));
        let request = self
            .version_request("PROPFIND", &["versions", &file_id(&entry)?], subject)
            .await?;
        let request = request
            .depth(Depth::One)
            .xml(Propfind::Prop(wanted.to_vec()).to_document());
        let responses = read_whole_multistatus(&request.read().await?)?;
        let states = responses.iter().filter(|response| !response.is_collection());
        let mut versions: Vec<Version> = states
            .filter_map(|response| Version::read(response, entry.last_modified))
            .collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.modified));
        Ok((entry, versions))
    }

    /// Makes a former state of a file the present one; the present one stays as a version. Gives the file as it is then.
    ///
    /// # Errors
    /// [`Error::NotFound`] if file or version are missing, [`Error::InvalidInput`] for the present state; otherwise as for
    /// every call.
    pub async fn restore_version(&self, path: &FilePath, version: &str) -> Result<FileEntry, Error> {
        check_name(version).map_err(|why| Error::invalid("version", why.to_string()))?;
        let (entry, versions) = self.versions(path).await?;
        let subject = || Subject::new(format!("version {version} of \"{path}\""));
        let known = versions.iter().find(|known| known.id == version);
        let known = known.ok_or_else(|| Error::not_found(subject()))?;
        if known.is_current {
            return Err(Error::invalid("version", "it is what the file has now"));
        }
        let to = self
            .version_request("GET", &["restore", "target"], subject())
            .await?
            .path()?;
        let request = self
            .version_request("MOVE", &["versions", &file_id(&entry)?, version], subject())
            .await?;
        let request = request.header("destination", to).header("overwrite", "F");
        match request.read().await {
            Ok(_) => self.stat(path).await,
            Err(error) => Err(self.explain(path, error).await),
        }
    }

    async fn version_request(&self, method: &str, path: &[&str], subject: Subject) -> Result<Request<'_>, Error> {
        let user = self.user_id().await?;
        let path = DavPath::from_names(path.iter().copied());
        self.dav(method, &ROOT, &user, &path, subject)
    }
}
