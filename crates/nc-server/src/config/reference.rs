//! The settings for people and programs: `config show`, `config schema`, and the page in the docs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    layers::Layers,
    setting::{Kind, SETTINGS},
};

/// Every value with its source; secrets are masked.
pub fn show(layers: &Layers) -> String {
    let mut text = String::new();
    for setting in SETTINGS {
        let (value, source) = match layers.get(setting.key) {
            Some((_, source)) if setting.kind == Kind::Secret => ("********".to_owned(), source.to_string()),
            Some((value, source)) => (format!("{value:?}"), source.to_string()),
            None => ("(unset)".to_owned(), "default".to_owned()),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {value}  # {source}", setting.key);
    }
    text
}

/// JSON Schema of the configuration file.
pub fn schema() -> Value {
    let mut sections: Map<String, Value> = Map::new();
    for setting in SETTINGS {
        let (section, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        let mut property = match setting.kind {
            Kind::Text | Kind::Path | Kind::Secret => json!({ "type": "string" }),
            Kind::Choice(choices) => json!({ "type": "string", "enum": choices }),
            Kind::Url => json!({ "type": "string", "format": "uri" }),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Integer(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
            Kind::Seconds | Kind::Megabytes => json!({ "type": "number", "minimum": 0 }),
            Kind::List => json!({ "type": "array", "items": { "type": "string" } }),
        };
        property["description"] = setting.doc.into();
        if !setting.default.is_empty() {
            property["default"] = match setting.kind {
                Kind::Bool | Kind::Integer(..) | Kind::Seconds | Kind::Megabytes => {
                    serde_json::from_str(setting.default).unwrap_or_else(|_| setting.default.into())
                }
                Kind::List => setting.default.split(',').collect(),
                _ => setting.default.into(),
            };
        }
        let entry = sections
            .entry(section)
            .or_insert_with(|| json!({ "type": "object", "additionalProperties": false, "properties": {} }));
        if setting.kind == Kind::Secret {
            let text = format!(
                "File that holds `{}`; one line break at its end is not part of it.",
                setting.key
            );
            entry["properties"][format!("{name}_file")] = json!({ "type": "string", "description": text });
        }
        entry["properties"][name] = property;
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nextcloud-mcp configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

/// The reference page, in Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Generated from the table in `crates/nc-server/src/config/setting.rs`; do not edit.\n\n\
         Order, the later wins: defaults, TOML file (`--config FILE`), environment, flags. An empty variable counts as unset.\n\
         Each setting is also read from `NEXTCLOUD_MCP__SECTION__NAME`. Secrets are also read from a file: `NAME_FILE` in the\n\
         environment, `name_file` in the TOML file. Unknown keys stop the start.\n",
    );
    let mut current = "";
    for setting in SETTINGS {
        let (section, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if section != current {
            current = section;
            let _ = write!(
                text,
                "\n## `[{section}]`\n\n| key | environment | value | default | what it does |\n|---|---|---|---|---|\n"
            );
        }
        let env: Vec<_> = setting.env.iter().map(|name| format!("`{name}`")).collect();
        let default = if setting.default.is_empty() {
            "–".to_owned()
        } else {
            format!("`{}`", setting.default)
        };
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {default} | {} |",
            if env.is_empty() {
                "–".to_owned()
            } else {
                env.join(" ")
            },
            describe(setting.kind),
            setting.doc
        );
    }
    text.push_str(
        "\n## Settings of the Python server `nextcloud-mcp-server`\n\n\
         Its names are read where they stand above. `MCP_DISABLE_CAPABILITY_GATING=true` means `tools.hide_missing_apps = false`.\n\
         Names of features that this version lacks are told in one log line and have no effect.\n",
    );
    text
}

fn describe(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Choice(choices) => choices
            .iter()
            .map(|choice| format!("`{choice}`"))
            .collect::<Vec<_>>()
            .join(" "),
        Kind::Url => "address".to_owned(),
        Kind::Bool => "`true` `false`".to_owned(),
        Kind::Integer(low, high) => format!("{low} to {high}"),
        Kind::Seconds => "seconds".to_owned(),
        Kind::Megabytes => "MiB".to_owned(),
        Kind::List => "list".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Path => "path".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn secrets_are_masked() {
        let environment: Environment = [("NEXTCLOUD_PASSWORD".to_owned(), "hunter2".to_owned())].into();
        let layers = Layers::read(None, &environment, &[]).expect("layers");
        let text = show(&layers);
        assert!(
            text.contains("cloud.password = ********  # environment NEXTCLOUD_PASSWORD"),
            "{text}"
        );
        assert!(!text.contains("hunter2"));
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = schema();
        for setting in SETTINGS {
            let (section, name) = setting.key.split_once('.').expect("section");
            assert!(
                schema["properties"][section]["properties"][name].is_object(),
                "{}",
                setting.key
            );
        }
    }
}
