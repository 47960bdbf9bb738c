use nc_store::ResourceRecord;

use super::{
    Admin, AdminError,
    clients::check_algorithm,
    clients_change::{resource, scopes},
    invalid,
};
use crate::{Audit, Event, Resource};

impl Admin<'_> {
    /// Every resource server that an administrator added.
    pub async fn list_resources(&self) -> Result<Vec<Resource>, AdminError> {
        let records = self.store.list_resources().await?;
        records
            .into_iter()
            .map(|record| Ok(Resource::from_record(record)?))
            .collect()
    }

    /// Makes or replaces a resource server.
    pub async fn put_resource(&self, put: Resource) -> Result<Resource, AdminError> {
        let mut put = put;
        if put.owner.as_deref() != Some(put.uri.as_str()) {
            put.uri = resource(put.uri)?;
        }
        put.document.scopes = scopes(&put.document.scopes)?;
        if let Some(format) = &put.document.token_format
            && !["jwt", "opaque"].contains(&format.as_str())
        {
            return Err(invalid("the token format must be jwt or opaque"));
        }
        check_algorithm(put.document.algorithm.as_deref())?;
        if let Some(claim) = put
            .document
            .claims
            .iter()
            .find(|claim| !["groups", "roles"].contains(&claim.as_str()))
        {
            return Err(invalid(format!("tokens tell groups and roles, not {claim}")));
        }
        let unit = self.store.begin().await?;
        if let Some(owner) = &put.owner
            && unit.find_client(owner).await?.is_none()
        {
            return Err(AdminError::Missing("client"));
        }
        let record = ResourceRecord {
            uri: put.uri.clone(),
            owner: put.owner.clone(),
            document: serde_json::to_string(&put.document)?,
        };
        unit.put_resource(&record).await?;
        let audit = Audit::new(Event::Administration).with("resource", put.uri.as_str());
        self.finish(unit, audit.with("what", "resource")).await?;
        Ok(put)
    }

    /// Deletes a resource server. Tokens for it are no longer renewed.
    pub async fn remove_resource(&self, uri: &str) -> Result<(), AdminError> {
        let unit = self.store.begin().await?;
        if !unit.delete_resource(uri).await? {
            return Err(AdminError::Missing("resource"));
        }
        let audit = Audit::new(Event::Administration).with("resource", uri);
        self.finish(unit, audit.with("what", "resource removed")).await
    }
}
