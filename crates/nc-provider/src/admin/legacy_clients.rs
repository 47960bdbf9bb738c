use nc_store::Unit;

use super::AdminError;

/// The setting that names the clients which may ask for ID tokens through the browser: a JSON list. What the server says about
/// itself is asked for often, and must not read every client.
pub const LEGACY_CLIENTS: &str = "legacy_flow_clients";

/// Notes whether a client is one of them.
pub(super) async fn note(unit: &dyn Unit, client_id: &str, is_one: bool) -> Result<(), AdminError> {
    let stored = unit.find_setting(LEGACY_CLIENTS).await?;
    let mut clients: Vec<String> = stored.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json))?;
    let was_one = clients.iter().any(|known| known == client_id);
    match (was_one, is_one) {
        (false, true) => clients.push(client_id.to_owned()),
        (true, false) => clients.retain(|known| known != client_id),
        _ => return Ok(()),
    }
    let json = serde_json::to_string(&clients)?;
    Ok(unit.put_setting(LEGACY_CLIENTS, Some(&json)).await?)
}
