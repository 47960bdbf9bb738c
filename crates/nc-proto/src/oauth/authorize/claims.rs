//! The `claims` parameter (`OpenID` Connect Core §5.5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oauth::error::AuthorizeError;

/// Claims asked for one by one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// For the answer of the userinfo endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Option<ClaimRequest>>,
    /// For the ID token.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Option<ClaimRequest>>,
}

/// How much one claim is wanted, and with which value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimRequest {
    /// Whether the client needs it.
    #[serde(default)]
    pub essential: bool,
    /// The one value it should have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values it may have, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// Reads the parameter.
    pub fn parse(text: &str) -> Result<Self, AuthorizeError> {
        // Derived readers take an array for a struct too, so the shape is looked at first.
        let shape: Value = serde_json::from_str(text).map_err(|_| AuthorizeError::Claims)?;
        if !shape.is_object() {
            return Err(AuthorizeError::Claims);
        }
        serde_json::from_value(shape).map_err(|_| AuthorizeError::Claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_reads_and_writes_back() {
        let text = r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"email":{"essential":true},
            "http://example.info/claims/groups":null},
            "id_token":{"auth_time":{"essential":true},"acr":{"values":["urn:mace:incommon:iap:silver"]}}}"#;
        let claims = ClaimsRequest::parse(text).expect("valid");
        assert_eq!(claims.userinfo.get("nickname"), Some(&None));
        assert!(
            claims.id_token["auth_time"]
                .as_ref()
                .is_some_and(|claim| claim.essential)
        );
        let written = serde_json::to_string(&claims).expect("writable");
        assert_eq!(ClaimsRequest::parse(&written), Ok(claims));
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "",
            "[]",
            "{",
            "null",
            r#"{"userinfo":[]}"#,
            r#"{"id_token":{"acr":{"essential":"yes"}}}"#,
        ] {
            assert_eq!(ClaimsRequest::parse(text), Err(AuthorizeError::Claims), "{text}");
        }
        let deep = format!(
            "{{\"userinfo\":{{\"a\":{{\"value\":{}{}}}}}}}",
            "[".repeat(300),
            "]".repeat(300)
        );
        assert_eq!(ClaimsRequest::parse(&deep), Err(AuthorizeError::Claims));
        assert_eq!(ClaimsRequest::parse(r#"{"other":1}"#), Ok(ClaimsRequest::default()));
    }
}
