use nc_auth::UserId;
use sqlx::{FromRow, SqliteConnection};

use super::{Collection, CollectionId, HomeKind, Row};
use crate::Error;

/// What somebody may do with a collection of another person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ShareAccess {
    Read,
    Write,
}

/// One with whom a collection is shared.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    /// `users/{id}` or `groups/{id}`.
    pub(crate) principal: String,
    pub(crate) access: ShareAccess,
}

impl ShareAccess {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Nothing for a member who left a share of the group's.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "write" => Some(Self::Write),
            "read" => Some(Self::Read),
            _ => None,
        }
    }
}

pub(super) async fn list(connection: &mut SqliteConnection, id: CollectionId) -> Result<Vec<Share>, Error> {
    let rows =
        sqlx::query_as("SELECT principal, access FROM collection_shares WHERE collection = ? ORDER BY principal");
    let rows: Vec<(String, String)> = rows.bind(id).fetch_all(connection).await?;
    let shares = rows.into_iter().filter_map(|(principal, access)| {
        Some(Share {
            principal,
            access: ShareAccess::parse(&access)?,
        })
    });
    Ok(shares.collect())
}

#[derive(FromRow)]
struct Shared {
    #[sqlx(flatten)]
    collection: Row,
    principal: String,
    access: String,
}

/// A share with the person outdoes those with the person's groups; of several groups the widest counts.
pub(super) async fn shared_with(
    connection: &mut SqliteConnection,
    home: HomeKind,
    user: &UserId,
) -> Result<Vec<(Collection, ShareAccess)>, Error> {
    let rows = sqlx::query_as::<_, Shared>(
        "SELECT id, kind, owner, uri, components, token, deleted_at, principal, access \
         FROM collection_shares JOIN collections ON id = collection \
         WHERE home = ?1 AND owner <> ?2 AND deleted_at IS NULL AND (principal = 'users/' || ?2 \
         OR principal IN (SELECT 'groups/' || group_id FROM group_members WHERE user_id = ?2)) \
         ORDER BY id, principal LIKE 'users/%' DESC",
    );
    let rows = rows.bind(home.as_str()).bind(user.as_str());
    let mut found: Vec<(Collection, Option<ShareAccess>, bool)> = Vec::new();
    for row in rows.fetch_all(connection).await? {
        let access = ShareAccess::parse(&row.access);
        let is_own = row.principal.starts_with("users/");
        match found.last_mut().filter(|(known, ..)| known.id == row.collection.id) {
            Some((_, _, true)) => {}
            Some((_, widest, false)) => *widest = (*widest).max(access),
            None => found.push((row.collection.into(), access, is_own)),
        }
    }
    let found = found.into_iter();
    Ok(found
        .filter_map(|(collection, access, _)| Some((collection, access?)))
        .collect())
}

pub(super) async fn set(
    connection: &mut SqliteConnection,
    id: CollectionId,
    principal: &str,
    access: Option<ShareAccess>,
) -> Result<(), Error> {
    let access = access.map_or("none", ShareAccess::as_str);
    sqlx::query(
        "INSERT INTO collection_shares (collection, principal, access) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET access = excluded.access",
    )
    .bind(id)
    .bind(principal)
    .bind(access)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn remove(connection: &mut SqliteConnection, id: CollectionId, principal: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM collection_shares WHERE collection = ? AND principal = ?")
        .bind(id)
        .bind(principal)
        .execute(connection)
        .await?;
    Ok(())
}
