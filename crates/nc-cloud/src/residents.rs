//! People and files of the cloud, for shares with other servers.

use async_trait::async_trait;
use nc_auth::{
    UserId,
    federation::{Person, Reached, Residents, ResidentsError},
};
use nc_proto::dav::DavPath;

use crate::{
    Cloud, Error,
    cloud::WeakCloud,
    content::{ContentError, FileId},
    sharing::{Tree, fitting, for_kind, numbered},
};

impl From<ContentError> for ResidentsError {
    fn from(error: ContentError) -> Self {
        Self(error.to_string())
    }
}

impl From<Error> for ResidentsError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl Cloud {
    async fn tree_of(&self, user: &UserId) -> Result<Tree, ResidentsError> {
        Ok(Tree::of_user(self.content(), self.shares(), user).await?)
    }
}

#[async_trait]
impl Residents for Cloud {
    async fn person(&self, id: &str) -> Result<Option<Person>, ResidentsError> {
        let account = self.find_user(&UserId::new(id)).await?;
        Ok(account.map(|account| Person {
            id: account.user_id(),
            display_name: Some(account.display_name)
                .filter(|name| !name.is_empty())
                .unwrap_or(account.id),
            email: account.email,
        }))
    }

    async fn group_members(&self, group: &str) -> Result<Vec<UserId>, ResidentsError> {
        let mut members = Vec::new();
        for id in self.accounts().list_members(group).await? {
            let id = UserId::new(id);
            if self.find_user(&id).await?.is_some() {
                members.push(id);
            }
        }
        Ok(members)
    }

    async fn reach(&self, user: &UserId, node: i64) -> Result<Option<Reached>, ResidentsError> {
        // Who was shut out shares nothing, also what was shared before.
        if self.find_user(user).await?.is_none() {
            return Ok(None);
        }
        let found = self.tree_of(user).await?.locate(FileId(node)).await;
        Ok(found?.map(|(spot, entry)| Reached {
            name: entry.name().to_owned(),
            file_owner: spot.home.user().clone(),
            is_folder: entry.is_folder(),
            permissions: for_kind(spot.permissions, entry.is_folder()),
            size: (!entry.is_folder()).then_some(entry.size_bytes),
        }))
    }

    async fn free_place(&self, user: &UserId, wanted: &str, taken: &[DavPath]) -> Result<DavPath, ResidentsError> {
        let mut tree = self.tree_of(user).await?;
        if let Some(federated) = self.federated() {
            // Where something appears is not always where it was put.
            let mounts = federated.shares.mounts(user).await;
            let mounts = mounts.map_err(|error| ResidentsError(error.to_string()))?;
            tree = tree.with_elsewhere(&mounts, |_| None).await?;
        }
        // Other servers have longer names than files have here.
        let wanted = fitting(wanted, "");
        let mut number = 1;
        loop {
            let place = DavPath::root().child(numbered(&wanted, number));
            let is_taken = taken.contains(&place) || tree.find_elsewhere(&place).is_some();
            if !is_taken && tree.find(&place).await?.shown.is_none() {
                return Ok(place);
            }
            number += 1;
        }
    }
}

/// The people and files of a cloud, which does not stay open for it: what a cloud is joined to must not hold the cloud.
#[derive(Clone)]
pub struct CloudResidents(WeakCloud);

impl Cloud {
    /// Its people and files, for what it is joined to.
    pub fn residents(&self) -> CloudResidents {
        CloudResidents(self.downgrade())
    }
}

impl CloudResidents {
    fn cloud(&self) -> Result<Cloud, ResidentsError> {
        let cloud = self.0.upgrade();
        cloud.ok_or_else(|| ResidentsError("the cloud is closed".to_owned()))
    }
}

#[async_trait]
impl Residents for CloudResidents {
    async fn person(&self, id: &str) -> Result<Option<Person>, ResidentsError> {
        self.cloud()?.person(id).await
    }

    async fn group_members(&self, group: &str) -> Result<Vec<UserId>, ResidentsError> {
        self.cloud()?.group_members(group).await
    }

    async fn reach(&self, user: &UserId, node: i64) -> Result<Option<Reached>, ResidentsError> {
        self.cloud()?.reach(user, node).await
    }

    async fn free_place(&self, user: &UserId, wanted: &str, taken: &[DavPath]) -> Result<DavPath, ResidentsError> {
        self.cloud()?.free_place(user, wanted, taken).await
    }
}
