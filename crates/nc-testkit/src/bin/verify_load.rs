//! Verifies one signed access token again and again, nothing remembered, and says as JSON how often in a second.
//!
//! The plan is one argument, JSON. One thread, as in the program that it is compared to.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use nc_auth::jws;
use nc_proto::{
    clock::Clock,
    oauth::jose::{AccessClaims, Compact, Expectation, JwkSet},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Plan {
    token: String,
    keys: Value,
    issuer: String,
    audience: String,
    seconds: f64,
}

fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing")?;
    let plan: Plan = serde_json::from_str(&plan)?;
    let keys = JwkSet::from_value(&plan.keys)?;
    let clock = Clock::system();
    let wanted = Duration::from_secs_f64(plan.seconds);
    let started = Instant::now();
    let mut verified = 0_u32;
    while started.elapsed() < wanted {
        verify(&plan, &keys, &clock)?;
        verified += 1;
    }
    let per_second = f64::from(verified) / started.elapsed().as_secs_f64();
    writeln!(io::stdout(), "{}", json!({ "per_second": per_second }))?;
    Ok(())
}

fn verify(plan: &Plan, keys: &JwkSet, clock: &Clock) -> Result<()> {
    let read = Compact::read(&plan.token)?;
    ensure!(read.header.typ.as_deref() == Some("at+jwt"), "not an access token");
    let key = keys.find(read.header.kid.as_deref(), read.header.algorithm);
    jws::verify(&read, key.ok().context("the key is missing")?)?;
    let claims = AccessClaims::read(&read.payload)?;
    let expected = Expectation {
        issuer: &plan.issuer,
        audience: &plan.audience,
        now: clock.now().unix_timestamp(),
    };
    ensure!(claims.check(&expected).is_ok(), "the claims do not fit");
    Ok(())
}
