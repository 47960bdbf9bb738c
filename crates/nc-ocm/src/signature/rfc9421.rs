use http::HeaderName;
use nc_proto::ocm::PeerHost;
use sfv::InnerList;

use super::{
    Message, Rules, SignatureError, VerifyingKey, component, digest,
    field::{self, Member},
};

const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// Which signatures are meant.
pub(super) const TAG: &str = "ocm";

/// A signature by RFC 9421 that is tagged `ocm`. Complete and fresh, but not verified.
#[derive(Debug)]
pub struct Rfc9421Signature {
    key_id: String,
    key_host: PeerHost,
    algorithm: Option<String>,
    base: Vec<u8>,
    bytes: Vec<u8>,
}

impl Rfc9421Signature {
    /// Reads the one signature that is tagged; `None` when none is.
    pub(super) fn read(message: &Message<'_>, rules: &Rules) -> Result<Option<Self>, SignatureError> {
        let inputs = field::joined(message.headers, &SIGNATURE_INPUT)?.unwrap_or_default();
        let inputs = field::dictionary(&inputs)?;
        let Some(input) = tagged(&inputs)? else {
            return Ok(None);
        };
        let signatures = field::joined(message.headers, &SIGNATURE)?.ok_or(SignatureError::Missing)?;
        let signatures = field::dictionary(&signatures)?;
        let signature = signatures.iter().find(|member| member.label == input.label);
        let bytes = signature.ok_or(SignatureError::Missing)?.bytes()?;
        if bytes.is_empty() {
            return Err(SignatureError::Signature);
        }
        let list = input.inner_list()?;
        component::check_mandatory(&list.items)?;
        let base = base(message, list, input.raw)?;
        check_times(list, rules)?;
        let key_id = field::text(list, "keyid")?.ok_or(SignatureError::Missing)?;
        let said = field::joined(message.headers, &CONTENT_DIGEST)?.ok_or(SignatureError::Digest)?;
        digest::check_content_digest(&said, message.body)?;
        message.check_length()?;
        Ok(Some(Self {
            key_host: key_host(key_id)?,
            key_id: key_id.to_owned(),
            algorithm: field::text(list, "alg")?.map(str::to_owned),
            base,
            bytes: bytes.to_vec(),
        }))
    }

    /// The name of the key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The server that the name of the key names: it has to be the expected one.
    pub const fn key_host(&self) -> &PeerHost {
        &self.key_host
    }

    /// What it is remembered by, so that it counts once.
    pub fn replay_key(&self) -> [u8; 32] {
        super::replay_key(&self.key_id, &self.bytes)
    }

    /// The signature itself. To remember it, use [`Self::replay_key`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignatureError> {
        let names_key = self
            .algorithm
            .as_deref()
            .is_none_or(|name| name == key.algorithm_name());
        if !names_key || key.key_id() != self.key_id {
            return Err(SignatureError::Algorithm);
        }
        key.verify(&self.base, &self.bytes)
    }
}

/// The signature base (RFC 9421 §2.5), with the parameters exactly as they came.
fn base(message: &Message<'_>, list: &InnerList, raw: &str) -> Result<Vec<u8>, SignatureError> {
    let mut base = component::lines(message, &list.items)?;
    base.extend_from_slice(b"\"@signature-params\": ");
    base.extend_from_slice(raw.as_bytes());
    Ok(base)
}

/// The one signature with the tag. Others are of proxies and none of our business.
fn tagged<'m, 'a>(inputs: &'m [Member<'a>]) -> Result<Option<&'m Member<'a>>, SignatureError> {
    let mut found = None;
    for input in inputs {
        if field::text(input.inner_list()?, "tag")? != Some(TAG) {
            continue;
        }
        if found.replace(input).is_some() {
            return Err(SignatureError::Repeated);
        }
    }
    Ok(found)
}

fn check_times(list: &InnerList, rules: &Rules) -> Result<(), SignatureError> {
    let created = field::seconds(list, "created")?.ok_or(SignatureError::Missing)?;
    rules.check(created)?;
    match field::seconds(list, "expires")? {
        Some(expires) if expires < rules.now || expires < created => Err(SignatureError::Old),
        _ => Ok(()),
    }
}

/// `sender.example.org#key1`, or `https://host/ocm#…` as Nextcloud writes it. What a browser would make of an odd one does not
/// count: everything before the path has to be a server and nothing else.
pub(super) fn key_host(key_id: &str) -> Result<PeerHost, SignatureError> {
    let start = key_id.find("://").map_or(0, |at| at + 3);
    let end = key_id[start..]
        .find(['/', '#', '?'])
        .map_or(key_id.len(), |at| start + at);
    PeerHost::parse(&key_id[..end]).map_err(|_| SignatureError::KeyId)
}
