use nc_proto::ocm::PeerHost;
use sha2::{Digest, Sha256};

use super::SignatureError;

/// Whose a signature says that it is, and its bytes. The same of both kinds; nothing of it is believed before it is verified.
#[derive(Debug)]
pub struct Claim {
    key_id: String,
    key_host: PeerHost,
    bytes: Vec<u8>,
}

impl Claim {
    pub(super) fn new(key_id: &str, bytes: Vec<u8>) -> Result<Self, SignatureError> {
        Ok(Self {
            key_host: key_host(key_id)?,
            key_id: key_id.to_owned(),
            bytes,
        })
    }

    /// The name of the key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The server that the name of the key names: it has to be the expected one.
    pub const fn key_host(&self) -> &PeerHost {
        &self.key_host
    }

    /// What the signature is remembered by, so that it counts once: SHA-256 over the key's name and the half of the signature
    /// that nobody but the signer can change. Of ECDSA everybody can turn `(r, s)` into `(r, -s)`, which is as good; so `s` is
    /// left out.
    pub fn replay_key(&self) -> [u8; 32] {
        let fixed = &self.bytes[..self.bytes.len() / 2];
        Sha256::new()
            .chain_update(self.key_id.len().to_be_bytes())
            .chain_update(&self.key_id)
            .chain_update(fixed)
            .finalize()
            .into()
    }

    /// The signature itself. To remember it, use [`Self::replay_key`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// `sender.example.org#key1`, or `https://host/ocm#…` as Nextcloud writes it. What a browser would make of an odd one does not
/// count: everything before the path has to be a server and nothing else.
fn key_host(key_id: &str) -> Result<PeerHost, SignatureError> {
    let start = key_id.find("://").map_or(0, |at| at + 3);
    let end = key_id[start..]
        .find(['/', '#', '?'])
        .map_or(key_id.len(), |at| start + at);
    PeerHost::parse(&key_id[..end]).map_err(|_| SignatureError::KeyId)
}
