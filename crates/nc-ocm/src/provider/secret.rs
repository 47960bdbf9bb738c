//! Secrets of shares. What is stored of one is a code under a key of this server; the secret itself is told to the other server.

use nc_store::{Digest, Lookup, OutShareRecord};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::{Ocm, OcmError};

/// What the codes are for: no other use of the key gives the same.
const PURPOSE: &str = "ocm_out_share/secret";

/// A new secret: 256 bits, 43 characters.
pub(super) fn generate(ocm: &Ocm) -> Result<SecretString, OcmError> {
    Ok(SecretString::from(ocm.0.random.text::<32>()?))
}

/// What is stored of a secret.
pub(super) fn code(ocm: &Ocm, secret: &SecretString) -> Result<Digest, OcmError> {
    Ok(Digest::from_bytes(
        ocm.0.sealer.mac(PURPOSE, secret.expose_secret().as_bytes())?,
    ))
}

/// Whether a record is of this secret, in constant time.
pub(super) fn is_of(ocm: &Ocm, record: &OutShareRecord, secret: &SecretString) -> bool {
    let Some(stored) = record.secret else { return false };
    let codes = ocm.0.sealer.macs(PURPOSE, secret.expose_secret().as_bytes());
    codes
        .into_iter()
        .fold(false, |found, code| found | bool::from(code.ct_eq(stored.as_bytes())))
}

/// The share with this secret, whatever its state.
pub(super) async fn find<L: Lookup + ?Sized>(
    ocm: &Ocm,
    lookup: &L,
    secret: &SecretString,
) -> Result<Option<OutShareRecord>, OcmError> {
    for code in ocm.0.sealer.macs(PURPOSE, secret.expose_secret().as_bytes()) {
        if let Some(found) = lookup.find_out_share_by_secret(Digest::from_bytes(code)).await? {
            return Ok(is_of(ocm, &found, secret).then_some(found));
        }
    }
    Ok(None)
}

/// Where the secret of a share is sealed.
fn place(share: &str) -> String {
    format!("ocm_out_share/{share}/secret")
}

/// Where the secret of a share that came of sharing on is sealed.
fn reshare_place(share: &str) -> String {
    format!("ocm_reshare/{share}/secret")
}

/// Seals the secret of a share.
pub(super) fn seal(ocm: &Ocm, share: &str, secret: &SecretString) -> Result<Vec<u8>, OcmError> {
    seal_at(ocm, &place(share), secret)
}

/// Seals what the one who shares on was told.
pub(super) fn seal_reshare(ocm: &Ocm, share: &str, secret: &SecretString) -> Result<Vec<u8>, OcmError> {
    seal_at(ocm, &reshare_place(share), secret)
}

/// The secret of a share, where it is kept.
pub(super) fn open(ocm: &Ocm, record: &OutShareRecord) -> Result<Option<SecretString>, OcmError> {
    let sealed = record.secret_sealed.as_deref();
    sealed
        .map(|sealed| open_at(ocm, &place(&record.id), sealed))
        .transpose()
}

/// What the one who shares on was told.
pub(super) fn open_reshare(ocm: &Ocm, share: &str, sealed: &[u8]) -> Result<SecretString, OcmError> {
    open_at(ocm, &reshare_place(share), sealed)
}

fn seal_at(ocm: &Ocm, place: &str, secret: &SecretString) -> Result<Vec<u8>, OcmError> {
    let nonce = ocm.0.random.bytes()?;
    Ok(ocm.0.sealer.seal(place, secret.expose_secret().as_bytes(), nonce)?)
}

fn open_at(ocm: &Ocm, place: &str, sealed: &[u8]) -> Result<SecretString, OcmError> {
    let plain = ocm.0.sealer.open(place, sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| OcmError::Damaged("secret"))?;
    Ok(SecretString::from(text))
}
