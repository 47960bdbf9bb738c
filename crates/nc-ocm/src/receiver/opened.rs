use nc_proto::ocm::PeerHost;
use nc_store::{InShareRecord, InShareState};
use secrecy::{ExposeSecret, SecretString};

use super::document::{InShareDocument, Mode};
use crate::{Ocm, OcmError};

/// A share from another server as it is stored, read.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) record: InShareRecord,
    pub(super) document: InShareDocument,
}

impl Opened {
    pub(super) fn of(record: InShareRecord) -> Result<Self, OcmError> {
        let document =
            serde_json::from_str(&record.document).map_err(|_| OcmError::Damaged("share from another server"))?;
        Ok(Self { record, document })
    }

    /// The record with the document as it is now.
    pub(super) fn to_record(&self) -> Result<InShareRecord, OcmError> {
        let document =
            serde_json::to_string(&self.document).map_err(|_| OcmError::Internal("a document is not written"))?;
        Ok(InShareRecord {
            document,
            ..self.record.clone()
        })
    }

    /// Whether it is there at `now`: neither declined nor ended.
    pub(super) fn is_there(&self, now: i64) -> bool {
        let over = self.record.expires_at.is_some_and(|end| end <= now);
        !over && !matches!(self.record.state, InShareState::Declined | InShareState::Dead)
    }

    /// The other server.
    pub(super) fn host(&self) -> Result<PeerHost, OcmError> {
        PeerHost::parse(&self.record.sender_host).map_err(|_| OcmError::Damaged("host of another server"))
    }

    /// The root of the other server.
    pub(super) fn remote(&self) -> String {
        let scheme = if self.document.plain_http { "http" } else { "https" };
        format!("{scheme}://{}/", self.record.sender_host)
    }

    /// The secret, for messages and the token endpoint.
    pub(super) fn secret(&self, ocm: &Ocm) -> Result<Option<SecretString>, OcmError> {
        let Some(sealed) = &self.record.secret_sealed else {
            return Ok(None);
        };
        open_text(ocm, &secret_place(&self.record.id), sealed).map(Some)
    }

    /// The secret, for the files. There is none of a strict share: it never goes there.
    pub(super) fn secret_for_files(&self, ocm: &Ocm) -> Result<Option<SecretString>, OcmError> {
        match self.document.mode {
            Mode::Strict => Ok(None),
            Mode::Optional | Mode::Legacy => self.secret(ocm),
        }
    }

    /// Takes everything out that opens something.
    pub(super) fn forget_credentials(&mut self) {
        let record = &mut self.record;
        record.secret_sealed = None;
        record.token_sealed = None;
        record.token_expires_at = None;
        record.lease_owner = None;
        record.lease_until = None;
        record.failures = 0;
        record.backoff_until = None;
    }
}

pub(super) fn secret_place(id: &str) -> String {
    format!("ocm_in_share/{id}/secret")
}

pub(super) fn token_place(id: &str) -> String {
    format!("ocm_in_share/{id}/token")
}

pub(super) fn secret_tag_place(id: &str) -> String {
    format!("ocm_in_share/{id}/secret_tag")
}

pub(super) fn offer_place(id: &str) -> String {
    format!("ocm_in_share/{id}/offer")
}

pub(super) fn seal_text(ocm: &Ocm, place: &str, text: &SecretString) -> Result<Vec<u8>, OcmError> {
    let nonce = ocm.0.random.bytes()?;
    Ok(ocm.0.sealer.seal(place, text.expose_secret().as_bytes(), nonce)?)
}

pub(super) fn open_text(ocm: &Ocm, place: &str, sealed: &[u8]) -> Result<SecretString, OcmError> {
    let plain = ocm.0.sealer.open(place, sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| OcmError::Damaged("secret of a share"))?;
    Ok(SecretString::from(text))
}
