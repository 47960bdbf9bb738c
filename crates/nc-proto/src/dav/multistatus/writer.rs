use super::{MULTISTATUS, Response, SYNC_TOKEN};
use crate::dav::{Element, element::XmlWriter};

/// Writes a multistatus piece by piece.
pub struct MultistatusWriter(XmlWriter);

impl std::fmt::Debug for MultistatusWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MultistatusWriter")
    }
}

impl Default for MultistatusWriter {
    fn default() -> Self {
        let mut writer = XmlWriter::with_declaration();
        writer.open_root(&MULTISTATUS);
        Self(writer)
    }
}

impl MultistatusWriter {
    /// Adds an entry.
    pub fn response(&mut self, response: &Response) {
        self.0.element(&response.to_element());
    }

    /// The number of bytes that wait to be taken.
    pub fn pending_bytes(&mut self) -> usize {
        self.0.len()
    }

    /// Takes what was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.0.take()
    }

    /// Closes the document and gives what was not taken before.
    pub fn finish(mut self, sync_token: Option<&str>) -> Vec<u8> {
        if let Some(token) = sync_token {
            self.0.element(&Element::text(SYNC_TOKEN, token));
        }
        self.0.close_root(&MULTISTATUS);
        self.0.into_bytes()
    }
}
