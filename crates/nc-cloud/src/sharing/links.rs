//! What a link opens, for whoever has it.

use std::sync::Arc;

use nc_auth::{LoginName, UserId};
use nc_proto::apps::sharing::SharePermissions;
use nc_web::ClientAddress;
use secrecy::SecretString;

use super::{Share, Tree, access::Effective};
use crate::{Cloud, Error, auth::Refusal, content::ContentError};

/// Length of a token: 15 letters and digits, 89 bits, as in Nextcloud.
pub(super) const TOKEN_LENGTH: usize = 15;

/// A link that is open at this moment.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) share: Arc<Share>,
    effective: Effective,
}

impl Cloud {
    /// The link with a token; `None` if there is none, if its time is over, or if whoever made it has the file no more.
    pub(crate) async fn find_link(&self, token: &str) -> Result<Option<Link>, Error> {
        if token.len() != TOKEN_LENGTH {
            return Ok(None);
        }
        let Some(share) = self.shares().find_by_token(token).await? else {
            return Ok(None);
        };
        let effective = self.shares().effective(&share).await?;
        Ok(effective.map(|effective| Link {
            share: Arc::new(share),
            effective,
        }))
    }
}

impl Link {
    /// What it allows.
    pub(crate) const fn permissions(&self) -> SharePermissions {
        self.effective.permissions
    }

    pub(crate) const fn may_download(&self) -> bool {
        self.effective.may_download
    }

    /// What it opens; `None` if that has just gone away.
    pub(crate) async fn tree(&self, cloud: &Cloud) -> Result<Option<Tree>, ContentError> {
        let home = cloud.content().home(&self.share.file_owner).await?;
        let root = home.find_by_id(self.share.file).await?;
        Ok(root.map(|root| Tree::of_link(&home, &nobody(), root, self.effective)))
    }

    /// Whether a password opens it. Without one in the link, every password does. Guesses are limited by link and address.
    pub(crate) async fn opens(
        &self,
        cloud: &Cloud,
        password: Option<SecretString>,
        address: Option<ClientAddress>,
    ) -> Result<bool, Refusal> {
        let Some(hash) = &self.share.password_hash else {
            return Ok(true);
        };
        let Some(password) = password else {
            return Ok(false);
        };
        // No login name has a NUL: wrong guesses lock the link and no account.
        let name = LoginName::new(format!("{}\0link", self.share.id));
        cloud
            .authenticator()
            .guess(&name, address, password, hash.clone())
            .await
    }
}

/// Whoever has a link. No account has this id: nothing that hangs on people is ever theirs.
pub(crate) fn nobody() -> UserId {
    UserId::new("")
}
