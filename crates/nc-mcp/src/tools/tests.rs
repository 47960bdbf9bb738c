use std::collections::BTreeSet;

use nc_mcp_kit::ToolSpec;
use serde_json::Value;

use super::{access_rows, rows as cloud_rows};
use crate::row::Row;

/// The apps of the catalogue whose tools are all here.
const HERE: &[&str] = &[
    "calendar", "contacts", "cookbook", "deck", "notes", "sharing", "tables", "webdav",
];

/// Tools whose results are bare lists at the peer; here the list stands in a field.
const LISTS: &[(&str, &str)] = &[("nc_tables_read_table", "rows")];

/// The interface that users of the peer have wired into their prompts.
fn catalogue() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../../fixtures/catalogue.json")).expect("JSON")
}

fn rows() -> Vec<Row> {
    [cloud_rows(), access_rows()].concat()
}

fn names(schema: &serde_json::Map<String, Value>) -> BTreeSet<String> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|all| all.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn every_tool_of_the_catalogue_keeps_its_name_parameters_scopes_and_fields() {
    let specs: Vec<ToolSpec> = rows().into_iter().map(|row| row.spec).collect();
    for tool in catalogue() {
        let name = tool["name"].as_str().expect("name");
        let is_about_access = matches!(tool["app"].as_str(), Some("auth_login_flow_v2" | "oauth_provisioning"));
        if !is_about_access && !HERE.contains(&tool["app"].as_str().expect("app")) {
            continue;
        }
        let spec = specs
            .iter()
            .find(|spec| spec.name == name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        let parameters = names(&spec.input);
        for wanted in tool["parameters"].as_array().expect("parameters") {
            assert!(
                parameters.contains(wanted.as_str().expect("name")),
                "{name} lacks the parameter {wanted}"
            );
        }
        let scopes: BTreeSet<&str> = spec.scopes.iter().map(nc_auth::Scope::as_str).collect();
        // The peer asks for `openid`; here any valid token may ask about its own access.
        // The peer asks for the right to share of those who only look.
        let least = |scope| match (name, scope) {
            ("nc_share_get" | "nc_share_list", "sharing:write") => "sharing:read",
            _ => scope,
        };
        let wanted = if is_about_access {
            BTreeSet::new()
        } else {
            let wanted = tool["scopes"].as_array().expect("scopes");
            wanted.iter().filter_map(Value::as_str).map(least).collect()
        };
        assert_eq!(scopes, wanted, "{name}");
        let output = spec.output.as_ref().expect("an output schema");
        let fields = match LISTS.iter().find(|(tool, _)| *tool == name) {
            Some((_, list)) => names(
                output["properties"][list]["items"]
                    .as_object()
                    .expect("the schema of an item"),
            ),
            None => names(output),
        };
        for wanted in tool["fields"].as_array().expect("fields") {
            assert!(
                fields.contains(wanted.as_str().expect("name")),
                "{name} lacks the result field {wanted}"
            );
        }
        assert_eq!(tool["read_only"], spec.hints.read_only, "{name}");
    }
}

/// Models pay for the list with every conversation.
#[test]
fn the_list_of_all_tools_stays_below_120_kb() {
    let definitions: Vec<_> = rows().iter().map(|row| row.spec.definition()).collect();
    let bytes = serde_json::to_vec(&definitions).expect("JSON").len();
    assert!(bytes < 120_000, "{} tools take {bytes} bytes", definitions.len());
}

/// Gateways drop tools whose texts hold shell characters.
#[test]
fn no_text_holds_what_a_gateway_takes_for_a_command() {
    fn scan(name: &str, value: &Value) {
        match value {
            Value::String(text) => {
                for bad in [";", "&&", "||", "$(", "<", ">", "`$"] {
                    assert!(!text.contains(bad), "{name}: {bad} in {text:?}");
                }
            }
            Value::Array(items) => items.iter().for_each(|item| scan(name, item)),
            Value::Object(object) => object.values().for_each(|value| scan(name, value)),
            _ => {}
        }
    }
    for row in rows() {
        scan(
            row.spec.name,
            &serde_json::to_value(row.spec.definition()).expect("JSON"),
        );
    }
}

#[test]
fn names_fit_the_tightest_hosts() {
    for row in rows() {
        let name = row.spec.name;
        assert!(name.len() <= 40, "{name}");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{name}"
        );
    }
}

#[test]
fn every_parameter_says_what_it_is() {
    for row in rows() {
        let properties = row
            .spec
            .input
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        for (name, schema) in properties {
            assert!(schema["description"].is_string(), "{} of {}", name, row.spec.name);
            assert!(
                schema["type"].is_string(),
                "{} of {} has no single type",
                name,
                row.spec.name
            );
        }
    }
}

/// Whoever changes a word here sees it in review: the texts are the model's manual.
#[test]
fn the_list_of_tools_is_as_reviewed() {
    let mut rows = rows();
    rows.sort_by_key(|row| row.spec.name);
    let list: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::to_value(row.spec.definition()).expect("JSON"))
        .collect();
    insta::assert_json_snapshot!("tools_list", list);
}
