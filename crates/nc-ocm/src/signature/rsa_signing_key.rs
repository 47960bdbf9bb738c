use std::fmt;

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_SHA512, RsaKeyPair},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Method};
use nc_proto::ocm::PeerHost;
use url::Url;
use zeroize::Zeroizing;

use super::{cavage::write_http_date, digest, pem};
use crate::OcmError;

/// The key with which messages to Nextcloud 31 to 34 are signed: RSA of 2048 bits. They keep it for good.
pub struct RsaSigningKey(RsaKeyPair);

impl RsaSigningKey {
    /// A fresh key.
    pub fn generate() -> Result<Self, OcmError> {
        let key = RsaKeyPair::generate(KeySize::Rsa2048);
        key.map(Self).map_err(|_| OcmError::Internal("a key cannot be made"))
    }

    /// Reads a stored key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, OcmError> {
        let key = RsaKeyPair::from_pkcs8(pkcs8);
        key.map(Self).map_err(|_| OcmError::Damaged("key"))
    }

    /// The key in PKCS#8, to be sealed.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, OcmError> {
        let der = self
            .0
            .as_der()
            .map_err(|_| OcmError::Internal("a key cannot be written"))?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// What is published: `BEGIN PUBLIC KEY`.
    pub fn public_pem(&self) -> Result<String, OcmError> {
        let der = self.0.public_key().as_der();
        let der = der.map_err(|_| OcmError::Internal("a key cannot be written"))?;
        Ok(pem::encode(der.as_ref()))
    }

    /// The headers that sign a message by draft-cavage: `Content-Length`, `Date`, `Digest`, `Host`, `Signature`. `date` in Unix
    /// seconds.
    pub fn sign_cavage(
        &self,
        method: &Method,
        url: &Url,
        body: &[u8],
        key_id: &str,
        date: i64,
    ) -> Result<HeaderMap, OcmError> {
        let failed = |_| OcmError::Internal("a message cannot be signed");
        let host = PeerHost::of_url(url).map_err(|_| OcmError::Internal("a message needs a server"))?;
        let date = write_http_date(date).ok_or(OcmError::Internal("no such date"))?;
        let (length, digest) = (body.len().to_string(), digest::legacy_digest(body));
        let method = method.as_str().to_ascii_lowercase();
        let path = url.path();
        let text = format!(
            "(request-target): {method} {path}\ncontent-length: {length}\ndate: {date}\ndigest: {digest}\nhost: {host}"
        );
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(failed)?;
        let signature = format!(
            "keyId=\"{key_id}\",algorithm=\"rsa-sha512\",headers=\"(request-target) content-length date digest host\",\
             signature=\"{}\"",
            BASE64_STANDARD.encode(signature)
        );
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-length", length),
            ("date", date),
            ("digest", digest),
            ("host", host.to_string()),
            ("signature", signature),
        ] {
            let value = HeaderValue::try_from(value).map_err(|_| OcmError::Internal("a header cannot be written"))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

impl fmt::Debug for RsaSigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RsaSigningKey")
    }
}
