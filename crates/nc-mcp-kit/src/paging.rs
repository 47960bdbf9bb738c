//! Opaque, stable cursors for list methods.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::ErrorData;

/// One page holds this many entries; a usual client sees one page.
pub(crate) const PAGE_SIZE: usize = 250;

/// Cuts the page that `cursor` names out of `items`.
///
/// # Errors
/// `-32602` for a cursor that this server did not give out.
pub(crate) fn page<T>(items: Vec<T>, cursor: Option<&str>, size: usize) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let start = match cursor {
        // An empty string is a valid cursor: the start.
        None | Some("") => 0,
        Some(cursor) => decode(cursor).filter(|start| *start < items.len()).ok_or_else(|| {
            ErrorData::invalid_params(
                "unknown cursor; start again without one, or use `nextCursor` as given",
                None,
            )
        })?,
    };
    let next = start + size;
    let next_cursor = (next < items.len()).then(|| encode(next));
    Ok((items.into_iter().skip(start).take(size).collect(), next_cursor))
}

fn encode(start: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("p{start}"))
}

fn decode(cursor: &str) -> Option<usize> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix('p')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_to_the_whole() {
        let all: Vec<u32> = (0..10).collect();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let (items, next) = page(all.clone(), cursor.as_deref(), 3).expect("page");
            seen.extend(items);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn an_invented_cursor_is_refused() {
        for cursor in ["abc", "cDk5", "!!"] {
            assert!(page(vec![1, 2, 3], Some(cursor), 2).is_err(), "{cursor}");
        }
        assert!(page(vec![1, 2, 3], Some(""), 2).is_ok());
    }
}
