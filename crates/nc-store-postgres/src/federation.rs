//! Questions and changes of Open Cloud Mesh.

use async_trait::async_trait;
use nc_store::{
    ContactRecord, Digest, FederationLookup, FederationUnit, InShareMemberRecord, InShareRecord, IssuedTokenRecord,
    KeyRecord, OutShareRecord, OutboxRecord, PeerRecord, ReshareRecord, StoreError,
};

use crate::{
    PostgresStore,
    sql::{
        contacts, federation_sweep, in_share_members, in_shares, issued_tokens,
        keys::{self, Ring},
        out_shares, outbox, peers, reshares,
    },
    unit::{PostgresUnit, attempt, succeed},
};

macro_rules! lookup {
    ($type:ty) => {
        #[async_trait]
        impl FederationLookup for $type {
            async fn find_out_share(&self, id: &str) -> Result<Option<OutShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(out_shares::find(&mut connection, id).await?)
            }

            async fn find_out_share_by_number(&self, number: i64) -> Result<Option<OutShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(out_shares::find_by_number(&mut connection, number).await?)
            }

            async fn find_out_share_by_secret(&self, secret: Digest) -> Result<Option<OutShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(out_shares::find_by_secret(&mut connection, secret).await?)
            }

            async fn list_out_shares(&self, owner: &str) -> Result<Vec<OutShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(out_shares::list_of_owner(&mut connection, owner).await?)
            }

            async fn list_out_shares_of_node(&self, node: i64) -> Result<Vec<OutShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(out_shares::list_of_node(&mut connection, node).await?)
            }

            async fn list_ended_out_shares(&self, now: i64, limit: u32) -> Result<Vec<OutShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(out_shares::list_ended(&mut connection, now, limit).await?)
            }

            async fn find_issued_token(&self, jti: &str) -> Result<Option<IssuedTokenRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(issued_tokens::find(&mut connection, jti).await?)
            }

            async fn list_live_tokens(&self, share: &str, now: i64) -> Result<Vec<IssuedTokenRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(issued_tokens::list_live(&mut connection, share, now).await?)
            }

            async fn find_reshare(&self, share: &str) -> Result<Option<ReshareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(reshares::find(&mut connection, share).await?)
            }

            async fn find_in_share(&self, id: &str) -> Result<Option<InShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_shares::find(&mut connection, id).await?)
            }

            async fn find_in_share_by_number(&self, number: i64) -> Result<Option<InShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_shares::find_by_number(&mut connection, number).await?)
            }

            async fn list_in_shares_from(
                &self,
                sender_host: &str,
                provider_id: &str,
            ) -> Result<Vec<InShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_shares::list_from(&mut connection, sender_host, provider_id).await?)
            }

            async fn list_in_shares_named(&self, provider_id: &str) -> Result<Vec<InShareRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_shares::list_named(&mut connection, provider_id).await?)
            }

            async fn find_in_share_member(
                &self,
                share: &str,
                user: &str,
            ) -> Result<Option<InShareMemberRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_share_members::find(&mut connection, share, user).await?)
            }

            async fn list_in_share_members(&self, share: &str) -> Result<Vec<InShareMemberRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_share_members::list(&mut connection, share).await?)
            }

            async fn list_in_shares_of(
                &self,
                user: &str,
            ) -> Result<Vec<(InShareRecord, InShareMemberRecord)>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(in_share_members::list_of_user(&mut connection, user).await?)
            }

            async fn find_peer(&self, host: &str) -> Result<Option<PeerRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(peers::find(&mut connection, host).await?)
            }

            async fn list_peers(&self) -> Result<Vec<PeerRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(peers::list(&mut connection).await?)
            }

            async fn list_federation_keys(&self) -> Result<Vec<KeyRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(keys::list(&mut connection, Ring::Federation).await?)
            }

            async fn list_due_messages(&self, now: i64, limit: u32) -> Result<Vec<OutboxRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(outbox::list_due(&mut connection, now, limit).await?)
            }

            async fn find_first_message(&self, host: &str) -> Result<Option<OutboxRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(outbox::find_first(&mut connection, host).await?)
            }

            async fn find_contact(
                &self,
                owner: &str,
                host: &str,
                user: &str,
            ) -> Result<Option<ContactRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(contacts::find(&mut connection, owner, host, user).await?)
            }

            async fn list_contacts(&self, owner: &str) -> Result<Vec<ContactRecord>, StoreError> {
                let mut connection = self.connection().await?;
                Ok(contacts::list(&mut connection, owner).await?)
            }
        }
    };
}

lookup!(PostgresStore);
lookup!(PostgresUnit);

#[async_trait]
impl FederationUnit for PostgresUnit {
    async fn insert_out_share(&self, share: &OutShareRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = out_shares::insert(&mut attempt, share).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn update_out_share(&self, share: &OutShareRecord) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = out_shares::update(&mut attempt, share).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn delete_out_share(&self, id: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(out_shares::delete(&mut connection, id).await?)
    }

    async fn insert_issued_token(&self, token: &IssuedTokenRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = issued_tokens::insert(&mut attempt, token).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn revoke_issued_token(&self, jti: &str, now: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(issued_tokens::revoke(&mut connection, jti, now).await?)
    }

    async fn revoke_issued_tokens(&self, share: &str, now: i64) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(issued_tokens::revoke_of(&mut connection, share, now).await?)
    }

    async fn put_reshare(&self, reshare: &ReshareRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = reshares::put(&mut attempt, reshare).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn insert_in_share(&self, share: &InShareRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = in_shares::insert(&mut attempt, share).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn update_in_share(&self, share: &InShareRecord) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = in_shares::update(&mut attempt, share).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn delete_in_share(&self, id: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(in_shares::delete(&mut connection, id).await?)
    }

    async fn put_in_share_member(&self, member: &InShareMemberRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let mut attempt = attempt(&mut connection).await?;
        let done = in_share_members::put(&mut attempt, member).await?;
        succeed(attempt).await?;
        Ok(done)
    }

    async fn put_peer(&self, peer: &PeerRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(peers::put(&mut connection, peer).await?)
    }

    async fn delete_peer(&self, host: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(peers::delete(&mut connection, host).await?)
    }

    async fn put_federation_key(&self, key: &KeyRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(keys::put(&mut connection, Ring::Federation, key).await?)
    }

    async fn delete_federation_key(&self, kid: &str) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(keys::delete(&mut connection, Ring::Federation, kid).await?)
    }

    async fn insert_message(&self, message: &OutboxRecord) -> Result<i64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(outbox::insert(&mut connection, message).await?)
    }

    async fn update_message(&self, message: &OutboxRecord) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(outbox::update(&mut connection, message).await?)
    }

    async fn delete_message(&self, number: i64) -> Result<bool, StoreError> {
        let mut connection = self.connection().await?;
        Ok(outbox::delete(&mut connection, number).await?)
    }

    async fn put_contact(&self, contact: &ContactRecord) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        Ok(contacts::put(&mut connection, contact).await?)
    }

    async fn sweep_federation(&self, now: i64) -> Result<u64, StoreError> {
        let mut connection = self.connection().await?;
        Ok(federation_sweep::sweep(&mut connection, now).await?)
    }
}
