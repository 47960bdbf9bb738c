//! Shares with people on other servers, as the sharing interface knows them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use nc_auth::{
    UserId,
    federation::{Federation, FederationError, OutShare, OutShareFilter, RemoteKind},
};

use super::{Brief, Share, ShareType, Tree};
use crate::{Cloud, Error, content::FileId, ocs::Failure};

/// What is added to the numbers of shares with other servers. They are counted elsewhere, from 1 as those of this cloud are,
/// and clients name a share by its number alone. No cloud makes so many shares of its own that the two meet.
const BASE: i64 = 1_000_000_000;

/// The number on the other side of [`BASE`], if a share's number lies there.
pub(super) fn number_of(id: &str) -> Option<i64> {
    let id: i64 = id.parse().ok()?;
    id.checked_sub(BASE).filter(|number| *number > 0)
}

impl ShareType {
    /// What it is to those who share with other servers; `None` if it stays here.
    pub(super) const fn remote_kind(self) -> Option<RemoteKind> {
        match self {
            Self::Remote => Some(RemoteKind::User),
            Self::RemoteGroup => Some(RemoteKind::Group),
            Self::User | Self::Group | Self::Link | Self::Mail => None,
        }
    }

    pub(super) const fn of_remote(kind: RemoteKind) -> Self {
        match kind {
            RemoteKind::User => Self::Remote,
            RemoteKind::Group => Self::RemoteGroup,
        }
    }
}

impl Share {
    /// The number by which the federation knows it; `None` for a share of this cloud.
    pub(super) const fn federated_number(&self) -> Option<i64> {
        match self.share_type.remote_kind() {
            Some(_) => Some(self.id - BASE),
            None => None,
        }
    }
}

/// An address at another server, as it is compared: without the scheme that some put before the host.
pub(super) fn normal_address(address: &str) -> Option<String> {
    let (user, host) = split_address(address)?;
    Some(format!("{user}@{host}"))
}

/// Whom an address names, and where. `None` for a text that is no address: `user@host`, the host with or without a port.
pub(super) fn split_address(address: &str) -> Option<(&str, String)> {
    let (user, host) = address.trim().rsplit_once('@')?;
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| host.strip_prefix(scheme))
        .unwrap_or(host);
    let host = host.trim_end_matches('/').to_lowercase();
    let is_host =
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/\\?#".contains(c));
    (!user.is_empty() && !user.chars().any(char::is_control) && is_host).then_some((user, host))
}

/// What went wrong with other servers, as the interface says it.
pub(super) fn refusal(error: FederationError) -> Failure {
    match error {
        FederationError::Refused(text) => Failure::saying(403, text),
        FederationError::NotFound => Failure::new(404, "Wrong share ID, share does not exist"),
        FederationError::Unavailable { retry_after_s } => Failure::saying(
            503,
            match retry_after_s {
                Some(seconds) => format!("The other server cannot be reached, try again after {seconds} s"),
                None => "The other server cannot be reached, try again later".to_owned(),
            },
        ),
        FederationError::Failed(text) => {
            tracing::error!(error = text, "the federation failed");
            Failure::new(996, "Internal Server Error\n")
        }
    }
}

/// Shares with other servers that one person looks at.
pub(super) struct Outgoing<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) user: &'a UserId,
    pub(super) tree: &'a Tree,
}

impl Outgoing<'_> {
    /// The share with that number, if the one who asks may know of it: who shared it, and whose file it is.
    pub(super) async fn find(&self, number: i64) -> Result<Option<Share>, Failure> {
        let found = self.list_by(&OutShareFilter::Number(number)).await?;
        Ok(found.into_iter().next())
    }

    /// Those of one file or folder.
    pub(super) async fn of_file(&self, file: FileId) -> Result<Vec<Share>, Failure> {
        self.list_by(&OutShareFilter::Node(file.0)).await
    }

    /// What the one who asks shares; with `of_others` also what others share on of the own files.
    pub(super) async fn all(&self, of_others: bool) -> Result<Vec<Share>, Failure> {
        let mut shares = self.list_by(&OutShareFilter::Sharer(self.user.clone())).await?;
        if of_others && self.cloud.federated().is_some() {
            for other in self.receivers().await? {
                let theirs = self.list_by(&OutShareFilter::Sharer(other)).await?;
                shares.extend(theirs.into_iter().filter(|share| share.file_owner == *self.user));
            }
        }
        Ok(shares)
    }

    /// Everybody to whom files of the one who asks were given: only they can share them on.
    async fn receivers(&self) -> Result<BTreeSet<UserId>, Failure> {
        let mut receivers = BTreeSet::new();
        for share in self.cloud.shares().list_by(self.user, true).await? {
            let Some(with) = share.share_with else { continue };
            match share.share_type {
                ShareType::User => drop(receivers.insert(UserId::new(with))),
                ShareType::Group => {
                    let members = self.cloud.accounts().list_members(&with).await?;
                    receivers.extend(members.into_iter().map(UserId::new));
                }
                _ => {}
            }
        }
        receivers.remove(self.user);
        Ok(receivers)
    }

    async fn list_by(&self, filter: &OutShareFilter) -> Result<Vec<Share>, Failure> {
        let Some(federated) = self.cloud.federated() else {
            return Ok(Vec::new());
        };
        let mut shares = Vec::new();
        for share in federated.shares.outgoing(filter).await.map_err(refusal)? {
            shares.extend(self.read(share).await?);
        }
        shares.retain(|share| share.owner == *self.user || share.file_owner == *self.user);
        Ok(shares)
    }

    /// A share in the terms of this cloud; `None` if the one who asks does not reach the file.
    pub(super) async fn read(&self, share: OutShare) -> Result<Option<Share>, Failure> {
        let file = FileId(share.node);
        let Some((spot, entry)) = self.tree.locate(file).await? else {
            return Ok(None);
        };
        Ok(Some(Share {
            id: share.number + BASE,
            share_type: ShareType::of_remote(share.kind),
            file,
            file_owner: spot.home.user().clone(),
            owner: share.sharer,
            share_with: Some(share.share_with),
            permissions: share.permissions,
            target_name: entry.name().to_owned(),
            token: None,
            password_hash: None,
            label: String::new(),
            note: share.note,
            hide_download: false,
            attributes: None,
            expires_at: share.expires_at,
            shared_at: share.created_at,
        }))
    }
}

/// Ends the shares of files and folders that were deleted for good. Whoever deleted them does not wait for it.
pub(crate) fn end_federated(federation: &Arc<dyn Federation>, files: Vec<FileId>) {
    let federation = Arc::clone(federation);
    tokio::spawn(async move {
        for file in files {
            if let Err(error) = federation.node_deleted(file.0).await {
                // Nobody reaches the file by them; the upkeep tries again.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "shares of a deleted file did not end"
                );
            }
        }
    });
}

impl Cloud {
    /// Ends shares of files that are gone, where that did not happen when they went: the process may have ended in between.
    pub(crate) async fn end_shares_of_gone_files(&self) -> Result<(), Error> {
        let Some(federated) = self.federated() else {
            return Ok(());
        };
        for (id, _, _) in self.accounts().list().await? {
            let sharer = OutShareFilter::Sharer(UserId::new(id));
            let Ok(shares) = federated.shares.outgoing(&sharer).await else {
                continue;
            };
            let files: Vec<FileId> = shares.iter().map(|share| FileId(share.node)).collect();
            if !files.is_empty() {
                end_federated(&federated.shares, self.content().missing(&files).await?);
            }
        }
        Ok(())
    }

    /// With whom a user shares what, here and elsewhere.
    pub(crate) async fn share_briefs(&self, user: &UserId) -> Result<HashMap<FileId, Vec<Brief>>, Error> {
        let mut briefs = self.shares().briefs(user).await?;
        let Some(federated) = self.federated() else {
            return Ok(briefs);
        };
        match federated.shares.outgoing(&OutShareFilter::Sharer(user.clone())).await {
            Ok(shares) => {
                for share in shares {
                    briefs.entry(FileId(share.node)).or_default().push(Brief {
                        share_type: ShareType::of_remote(share.kind),
                        share_with: Some(share.share_with),
                    });
                }
            }
            // A mark is missing in a listing, which is better than no listing.
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "shares with other servers are unknown"
            ),
        }
        Ok(briefs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_at_the_last_sign_and_compared_without_scheme() {
        for (address, user, host) in [
            ("bob@cloud.example.org", "bob", "cloud.example.org"),
            (
                "bob@example.org@Cloud.Example.org:8443",
                "bob@example.org",
                "cloud.example.org:8443",
            ),
            ("Bob@https://cloud.example.org/", "Bob", "cloud.example.org"),
            ("bob@http://localhost:80", "bob", "localhost:80"),
        ] {
            assert_eq!(split_address(address), Some((user, host.to_owned())), "{address}");
        }
        for text in [
            "",
            "bob",
            "@host",
            "bob@",
            "bob@host/path",
            "bob@ho st",
            "b\u{7}ob@host",
            "bob@https://",
            "bob@h?x",
        ] {
            assert_eq!(split_address(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_the_two_kinds_never_meet() {
        assert_eq!(number_of("1000000001"), Some(1));
        for id in ["1", "1000000000", "-1", "x", "", "999999999"] {
            assert_eq!(number_of(id), None, "{id}");
        }
    }
}
