//! What people marked.

use nc_proto::apps::tables::{TableId, ViewId};

use super::{
    desk::{Desk, Right},
    error::TablesError,
};

impl Desk {
    /// Marks a table or view, or takes the mark away. `node` is the wire's number of the kind: 0 for tables, 1 for views.
    pub(super) async fn set_favorite(&mut self, node: u8, id: i64, marked: bool) -> Result<(), TablesError> {
        let (table, view) = match node {
            0 => (self.reach(TableId(id), Right::See).await?.record.id, 0),
            1 => (self.reach_view(ViewId(id), Right::See).await?.1.table_id, id),
            _ => {
                return Err(TablesError::invalid(
                    "the kind of node is 0 for a table or 1 for a view",
                ));
            }
        };
        let statement = if marked {
            "INSERT OR IGNORE INTO tables_favorites (user_id, table_id, view_id) VALUES (?, ?, ?)"
        } else {
            "DELETE FROM tables_favorites WHERE user_id = ? AND table_id = ? AND view_id = ?"
        };
        sqlx::query(statement)
            .bind(self.user.as_str().to_owned())
            .bind(table)
            .bind(view)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    pub(super) async fn is_favorite(&mut self, table: i64, view: i64) -> Result<bool, TablesError> {
        let query = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM tables_favorites WHERE user_id = ? AND table_id = ? AND view_id = ?)",
        );
        let query = query.bind(self.user.as_str().to_owned()).bind(table).bind(view);
        Ok(query.fetch_one(self.connection()).await?)
    }
}
