//! Tells when calendar objects take place: reads lines of JSON (`text`, `kind`, `from`, `until`, `zone`, `limit`) and
//! answers each with one. `e2e/recurrence.py` compares the answers with those of other programs.

use std::io::{BufRead as _, Write as _};

use chrono::{DateTime, NaiveDateTime, Utc};
use nc_proto::{
    content::Document,
    ical::{recurrence::occurrences, zones::zone_named},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Question {
    text: String,
    kind: String,
    from: String,
    until: String,
    zone: String,
    limit: usize,
}

const FORMAT: &str = "%Y%m%dT%H%M%SZ";

fn main() -> std::io::Result<()> {
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({ "error": error }));
        writeln!(answers, "{answer}")?;
    }
    Ok(())
}

fn answer(line: &str) -> Result<Value, String> {
    let question: Question = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let document = Document::parse(question.text.as_bytes()).map_err(|error| error.to_string())?;
    let calendar = document.root().ok_or("no calendar")?;
    let zone = zone_named(&question.zone).ok_or("no such zone")?;
    let range = time(&question.from)?..time(&question.until)?;
    let found =
        occurrences(calendar, &question.kind, range, &zone, question.limit).map_err(|error| error.to_string())?;
    let times: Vec<_> = found
        .list
        .iter()
        .map(|one| [one.start_utc, one.end_utc].map(|at| at.format(FORMAT).to_string()))
        .collect();
    Ok(json!({ "times": times, "truncated": found.truncated }))
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    NaiveDateTime::parse_from_str(text, FORMAT)
        .map(|time| time.and_utc())
        .map_err(|error| format!("{text}: {error}"))
}
