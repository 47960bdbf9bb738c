use async_trait::async_trait;

/// The memory that is asked cannot be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be told whether it was seen before")]
pub struct MemoryFailed;

/// Remembers what may be used once: proofs and assertions. Replicas have to share it.
#[async_trait]
pub trait SeenBefore: Send + Sync {
    /// Notes `name` until `expires_at`. `false`: it was seen before. `now` and `expires_at` are Unix seconds.
    async fn see_once(&self, name: &str, expires_at: i64, now: i64) -> Result<bool, MemoryFailed>;
}
