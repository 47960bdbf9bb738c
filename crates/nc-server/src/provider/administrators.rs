use async_trait::async_trait;
use axum::response::Response;
use http::request::Parts;
use nc_auth::UserId;
use nc_cloud::Cloud;
use nc_provider::admin::{AdminAccess, AdminGate};

/// The cloud's administrators, by the cloud's own rules for credentials.
pub(super) struct Administrators(pub(super) Cloud);

#[async_trait]
impl AdminGate for Administrators {
    async fn admit(&self, request: &Parts, access: AdminAccess) -> Result<UserId, Response> {
        self.0.admit_administrator(request, access == AdminAccess::Write).await
    }
}
