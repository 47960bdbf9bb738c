use http::HeaderName;
use sfv::InnerList;

use super::{
    Claim, Message, Rules, SignatureError, VerifyingKey, component, digest,
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
    claim: Claim,
    algorithm: Option<String>,
    base: Vec<u8>,
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
            claim: Claim::new(key_id, bytes.to_vec())?,
            algorithm: field::text(list, "alg")?.map(str::to_owned),
            base,
        }))
    }

    /// Whose it says that it is.
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Verifies it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), SignatureError> {
        let names_key = self
            .algorithm
            .as_deref()
            .is_none_or(|name| name == key.algorithm_name());
        if !names_key || key.key_id() != self.claim.key_id() {
            return Err(SignatureError::Algorithm);
        }
        key.verify(&self.base, self.claim.bytes())
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
