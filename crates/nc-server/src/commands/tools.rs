//! `tools`: the table, for people, programs and the docs.

use std::fmt::Write as _;

use nc_client::{BaseUrl, ClientConfig, InProcess, Nextcloud};
use nc_mcp_kit::{Backend, ToolSpec};
use nc_proto::clock::Clock;
use serde_json::{Value, json};

use super::{OrFail, Setting, Trouble, connect, output};
use crate::{app, cli::Tools};

pub(crate) async fn run(setting: Setting, arguments: &Tools) -> Result<(), Trouble> {
    let setting = if arguments.markdown {
        setting
    } else {
        connect::with_kept_login(setting)?
    };
    let reachable = setting.config.cloud.url.is_some() && setting.config.cloud.account.is_some();
    let cloud = if reachable {
        connect::nextcloud(&setting.config)?
    } else {
        nowhere().or_fail()?
    };
    let assistant = app::assistant(&setting.config, cloud, Clock::system());
    let of_access = if arguments.markdown || arguments.all {
        nc_mcp::access_specs()
    } else {
        Vec::new()
    };
    let mut specs: Vec<&ToolSpec> = assistant.tools().specs().iter().chain(&of_access).collect();
    if reachable && !arguments.all && !arguments.markdown {
        let caller = app::configured_caller(&setting.config)?;
        let missing = assistant.missing_capabilities(&caller).await;
        specs.retain(|spec| spec.capability.is_none_or(|key| !missing.contains(key)));
    }
    let text = if arguments.json {
        let tools: Vec<Value> = specs
            .iter()
            .map(|spec| as_json(spec))
            .collect::<Result<_, _>>()
            .or_fail()?;
        serde_json::to_string_pretty(&tools).or_fail()?
    } else if arguments.markdown {
        markdown(&specs)
    } else {
        specs.iter().fold(String::new(), |mut text, spec| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:<32} {:<16} {}", spec.name, spec.scopes.to_string(), spec.title);
            text
        })
    };
    output::data(text.trim_end()).or_fail()
}

/// A cloud that is never asked: the table is the same for every cloud.
fn nowhere() -> Result<Nextcloud, nc_client::Error> {
    let config = ClientConfig::new(BaseUrl::parse("http://localhost")?);
    let transport = InProcess::new(axum::Router::new().into_service());
    Ok(Nextcloud::new(config, std::sync::Arc::new(transport), Clock::system()))
}

fn as_json(spec: &ToolSpec) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(spec.definition())?;
    value["app"] = spec.app.into();
    value["scopes"] = spec.scopes.iter().map(nc_auth::Scope::as_str).collect();
    Ok(value)
}

/// The page in the docs.
fn markdown(specs: &[&ToolSpec]) -> String {
    let mut text = String::from(
        "# Tools\n\n\
         Generated from the tool table by `cargo xtask generate`; do not edit.\n\n\
         Hints: R reads only, D may delete or replace, I can be repeated safely. Every tool reaches the Nextcloud. Unknown\n\
         arguments are refused by name. Failures are text, `code: what to do`, with `isError`.\n",
    );
    let mut apps: Vec<&str> = specs.iter().map(|spec| spec.app).collect();
    apps.sort_unstable();
    apps.dedup();
    for app in apps {
        let _ = write!(text, "\n## {app}\n");
        for spec in specs.iter().filter(|spec| spec.app == app) {
            tool(&mut text, spec);
        }
    }
    text
}

fn tool(text: &mut String, spec: &ToolSpec) {
    let hints: String = [
        ('R', spec.hints.read_only),
        ('D', spec.hints.destructive),
        ('I', spec.hints.idempotent),
    ]
    .iter()
    .filter(|(_, on)| *on)
    .map(|(letter, _)| *letter)
    .collect();
    let hints = if hints.is_empty() { "–".to_owned() } else { hints };
    let scope = if spec.scopes.is_empty() {
        "any valid token, in mode `oauth` only".to_owned()
    } else {
        format!("scope `{}`", spec.scopes)
    };
    let _ = write!(
        text,
        "\n### `{}`\n\n{} · {scope} · hints {hints}\n\n{}\n",
        spec.name, spec.title, spec.description
    );
    let empty = serde_json::Map::new();
    let properties =
        |schema: &serde_json::Map<String, Value>| schema.get("properties").and_then(Value::as_object).cloned();
    let parameters = properties(&spec.input).unwrap_or_else(|| empty.clone());
    if !parameters.is_empty() {
        let required = spec
            .input
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let _ = write!(text, "\n| parameter | type | what it is |\n|---|---|---|\n");
        for (name, schema) in &parameters {
            let star = if required.iter().any(|required| required == name) {
                " (required)"
            } else {
                ""
            };
            let _ = writeln!(text, "| `{name}`{star} | {} | {} |", kind(schema), words(schema));
        }
    }
    if let Some(fields) = spec.output.as_ref().and_then(|output| properties(output)) {
        text.push_str("\nResult:\n\n");
        result(text, &fields, 0);
    }
}

/// How deep results are shown. None of ours is deeper.
const DEEPEST: usize = 8;

/// The fields of a result, and those of the objects inside of it.
fn result(text: &mut String, fields: &serde_json::Map<String, Value>, depth: usize) {
    for (name, schema) in fields {
        let words = words(schema);
        let colon = if words.is_empty() { "" } else { ": " };
        let _ = writeln!(text, "{:1$}- `{name}` {2}{colon}{words}", "", depth * 2, shape(schema));
        if let Some(inside) = inside(schema).filter(|_| depth < DEEPEST) {
            result(text, inside, depth + 1);
        }
    }
}

/// What kind of value it is, in words.
fn shape(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> = values
            .iter()
            .map(|value| format!("`{}`", value.as_str().unwrap_or("null")))
            .collect();
        return values.join(" or ");
    }
    let or_null = |kind: String, nullable| if nullable { format!("{kind} or null") } else { kind };
    if let Some(variants) = schema.get("anyOf").and_then(Value::as_array) {
        let nullable = variants.iter().any(|variant| variant["type"] == "null");
        let others = variants.iter().filter(|variant| variant["type"] != "null");
        return or_null(others.map(shape).collect::<Vec<_>>().join(" or "), nullable);
    }
    let (kinds, nullable) = match schema.get("type") {
        Some(Value::String(kind)) => (vec![kind.as_str()], false),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
            let nullable = kinds.contains(&"null");
            (kinds.into_iter().filter(|kind| *kind != "null").collect(), nullable)
        }
        _ => return "any".to_owned(),
    };
    let kind = match (kinds.as_slice(), schema.get("items")) {
        (["array"], Some(items)) => format!("list of {}", shape(items)),
        (kinds, _) => kinds.join(" or "),
    };
    or_null(kind, nullable)
}

/// The fields of an object, also of those in a list or beside null.
fn inside(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        return Some(fields);
    }
    if let Some(items) = schema.get("items").and_then(inside) {
        return Some(items);
    }
    let variants = schema.get("anyOf").and_then(Value::as_array)?;
    variants.iter().find_map(inside)
}

fn kind(schema: &Value) -> String {
    let mut kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        _ => "any".to_owned(),
    };
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        kind = values
            .iter()
            .map(|value| format!("`{}`", value.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(" ");
    }
    match schema.get("default") {
        Some(default) if *default != json!("") => format!("{kind}, default `{default}`"),
        _ => kind,
    }
}

fn words(schema: &Value) -> String {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .replace('\n', " ")
        .replace('|', "\\|")
}
