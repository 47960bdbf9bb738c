use std::collections::BTreeMap;

use nc_proto::public_url::Hosts;
use serde_json::Value;

use crate::{
    differences::{Absent, Difference},
    recording,
    web::{Reply, Web},
    wire::{Wire, unintended},
};

pub(crate) const ABSENT: &[Absent] = &[];

pub(crate) const INTENDED: &[Difference] = &[
    Difference {
        exchanges: &[
            "recipe-create-duplicate-name",
            "recipe-create-missing-name",
            "import-again-conflict",
        ],
        begins: &["/file is missing", "/line is missing"],
        reason: "where in the source of the server a refusal comes from is nobody's business",
    },
    Difference {
        exchanges: &["recipe-update-unknown"],
        begins: &["status 500"],
        reason: "an unknown recipe is the caller's mistake: 404",
    },
    Difference {
        exchanges: &["imported-recipe-image"],
        begins: &["header Content-Type"],
        reason: "a picture keeps its kind, which is told as it is; nothing is converted to JPEG",
    },
];

const PANCAKES: &str = r#"<html><head><script type="application/ld+json">{"@context":"http://schema.org","@type":"Recipe",
    "name":"Pancakes à la carte","description":"Thin ones","image":"https://feeds.example.org/img.png","recipeYield":4,
    "prepTime":"PT10M","cookTime":"PT20M","totalTime":"PT30M","recipeCategory":"Breakfast","keywords":"sweet,quick",
    "recipeIngredient":["250 g flour","2 eggs","500 ml milk"],"recipeInstructions":["Mix.","Fry."],
    "nutrition":{"@type":"NutritionInformation","calories":"300 kcal"},"tool":["Pan"]}</script></head></html>"#;

/// What comes before the measures of a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::test]
async fn the_recorded_requests_of_cookbook_are_answered_alike() {
    let web = Web::start(|path| match path {
        "/pancakes.html" => Reply::html(&PANCAKES.replace("https:", "http:")),
        "/plain.html" => Reply::html("<p>No recipe</p>"),
        "/img.png" => Reply::of("image/png", PNG),
        _ => Reply::status("404 Not Found"),
    })
    .await;
    let wire = Wire::boot_configured(|config| config.pages = Some(web.fetch(Hosts::Public))).await;
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut failures = Vec::new();
    for mut exchange in recording::read("cookbook") {
        let name = exchange.name.clone();
        assert!(ABSENT.iter().all(|absent| !absent.exchanges.contains(&name.as_str())));
        // The pages of the recording lie on this machine here, without TLS.
        let body = String::from_utf8(exchange.request.body()).unwrap();
        exchange.request.set_body(body.replace("https:", "http:"));
        let path: Vec<String> = exchange
            .request
            .path
            .split('/')
            .map(|segment| {
                let (id, query) = segment.split_once('?').unwrap_or((segment, ""));
                let query = if query.is_empty() {
                    String::new()
                } else {
                    format!("?{query}")
                };
                ids.get(id)
                    .map_or_else(|| segment.to_owned(), |id| format!("{id}{query}"))
            })
            .collect();
        let (answer, found) = wire.replay(&exchange, &path.join("/"), &[]).await;
        let id = |body: &[u8]| match serde_json::from_slice(body) {
            Ok(Value::Number(number)) => Some(number.to_string()),
            Ok(Value::Object(fields)) => fields.get("id").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        if exchange.request.method == "POST"
            && let (Some(theirs), Some(ours)) = (id(&exchange.response.body()), id(&answer.body))
        {
            ids.insert(theirs, ours);
        }
        let found = unintended("cookbook", &name, found, INTENDED);
        if !found.is_empty() {
            failures.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(ids.len(), 4);
}
