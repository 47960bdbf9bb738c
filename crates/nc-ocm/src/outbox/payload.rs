//! What is sealed of a message.

use nc_store::Sealer;
use secrecy::{ExposeSecret as _, SecretSlice};
use uuid::{Builder, Uuid};
use zeroize::Zeroizing;

use crate::{OcmError, Random};

/// Bytes of the id in front, which the sealed text is bound to: the message has no number yet when it is sealed.
const ID_BYTES: usize = 16;

/// A message without what finds it.
pub(super) struct Payload {
    pub(super) plain_http: bool,
    pub(super) share: Option<String>,
    pub(super) body: SecretSlice<u8>,
}

impl Payload {
    /// Layout: id; sealed: whether plain http (1 byte), length of the share's id (2 bytes), it, body.
    pub(super) fn seal(&self, sealer: &Sealer, random: &Random) -> Result<Vec<u8>, OcmError> {
        let id = Builder::from_random_bytes(random.bytes()?).into_uuid();
        let share = self.share.as_deref().unwrap_or_default().as_bytes();
        let length = u16::try_from(share.len()).map_err(|_| OcmError::Internal("the id of a share is too long"))?;
        let plain = [
            &[u8::from(self.plain_http)][..],
            &length.to_be_bytes(),
            share,
            self.body.expose_secret(),
        ];
        let plain = Zeroizing::new(plain.concat());
        let sealed = sealer.seal(&place(id), &plain, random.bytes()?)?;
        Ok([&id.as_bytes()[..], &sealed].concat())
    }

    pub(super) fn open(stored: &[u8], sealer: &Sealer) -> Result<Self, OcmError> {
        const DAMAGED: OcmError = OcmError::Damaged("message");
        let (id, sealed) = stored.split_first_chunk::<ID_BYTES>().ok_or(DAMAGED)?;
        let plain = sealer.open(&place(Uuid::from_bytes(*id)), sealed)?;
        let (head, rest) = plain.split_first_chunk::<3>().ok_or(DAMAGED)?;
        let length = usize::from(u16::from_be_bytes([head[1], head[2]]));
        let (share, body) = rest.split_at_checked(length).ok_or(DAMAGED)?;
        let share = String::from_utf8(share.to_vec()).map_err(|_| DAMAGED)?;
        Ok(Self {
            plain_http: head[0] == 1,
            share: Some(share).filter(|share| !share.is_empty()),
            body: body.to_vec().into(),
        })
    }
}

fn place(id: Uuid) -> String {
    format!("ocm_outbox/{id}")
}

#[cfg(test)]
mod tests {
    use nc_store::SealError;

    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&[Zeroizing::new([byte; 32])]).expect("a key")
    }

    #[test]
    fn a_message_opens_with_its_key_and_under_its_id_only() {
        let payload = Payload {
            plain_http: true,
            share: Some("7c08".to_owned()),
            body: br#"{"sharedSecret":"hidden"}"#.to_vec().into(),
        };
        let random = Random::system();
        let mut sealed = payload.seal(&sealer(1), &random).expect("sealed");
        assert!(!sealed.windows(6).any(|window| window == b"hidden"));
        let opened = Payload::open(&sealed, &sealer(1)).expect("opened");
        assert_eq!((opened.plain_http, opened.share.as_deref()), (true, Some("7c08")));
        assert_eq!(opened.body.expose_secret(), payload.body.expose_secret());
        assert!(Payload::open(&sealed, &sealer(2)).is_err());
        sealed[0] ^= 1;
        let moved = Payload::open(&sealed, &sealer(1));
        assert!(matches!(moved, Err(OcmError::Seal(SealError::Damaged))));
        for bytes in [&sealed[..0], &sealed[..10], &sealed[..40]] {
            assert!(Payload::open(bytes, &sealer(1)).is_err());
        }
    }
}
