use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) request: Recorded,
    pub(crate) response: Recorded,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    #[serde(default)]
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    body: Option<String>,
    body_base64: Option<String>,
    #[serde(default)]
    body_truncated: bool,
}

impl Recorded {
    pub(crate) fn body(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(encoded)) => BASE64_STANDARD.decode(encoded).unwrap(),
            (None, None) => Vec::new(),
        }
    }

    /// Sends this text instead: numbers in it stand for other things here.
    pub(crate) fn set_body(&mut self, text: String) {
        self.body = Some(text);
        self.body_base64 = None;
    }

    pub(crate) fn is_whole(&self) -> bool {
        !self.body_truncated
    }
}

pub(crate) fn read(area: &str) -> Vec<Exchange> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../fixtures/nextcloud-32/{area}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
