use async_trait::async_trait;
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

use crate::UserId;

/// An account that may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// The name that others see; never empty.
    pub display_name: String,
    /// The mail address, if there is one.
    pub email: Option<String>,
}

/// A file or folder as somebody reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The last name of its path.
    pub name: String,
    /// In whose tree it lies.
    pub file_owner: UserId,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// What the person may do with it now.
    pub permissions: SharePermissions,
    /// Bytes of a file.
    pub size: Option<u64>,
}

/// The cloud could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cloud cannot answer: {0}")]
pub struct ResidentsError(pub String);

/// People and files of this server.
#[async_trait]
pub trait Residents: Send + Sync {
    /// An account by its id; `None` when there is none or it is disabled.
    async fn person(&self, id: &str) -> Result<Option<Person>, ResidentsError>;

    /// The members of a group that may sign in; empty when there is no such group.
    async fn group_members(&self, group: &str) -> Result<Vec<UserId>, ResidentsError>;

    /// The file or folder with a number as `user` reaches it; `None` when it is gone, out of reach, or the user disabled.
    async fn reach(&self, user: &UserId, node: i64) -> Result<Option<Reached>, ResidentsError>;

    /// A place in the root of a user's files for something called `wanted`, where nothing is yet and which is none of `taken`:
    /// `wanted` or `wanted (2)` and so on. A name that is too long for a file is shortened.
    async fn free_place(&self, user: &UserId, wanted: &str, taken: &[DavPath]) -> Result<DavPath, ResidentsError>;
}
