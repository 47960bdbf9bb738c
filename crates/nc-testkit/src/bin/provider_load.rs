//! Puts a load on an authorization server and says, as JSON, how many answers came in a second.
//!
//! The plan is one argument, JSON. Both servers of the comparison get plans of the same shape, so what differs is the
//! server. Connections are kept, one request in flight on each.

use std::{
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use nc_testkit::load::{Answer, Connection};
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;

/// Code flows from one source address; servers limit them by address, and this machine has many.
const FLOWS_FROM_ONE_ADDRESS: usize = 50;

#[derive(Deserialize)]
struct Plan {
    address: SocketAddr,
    host: String,
    connections: usize,
    seconds: f64,
    /// Ends the load after so many answers, where a server limits them.
    #[serde(default = "no_limit")]
    most: usize,
    work: Work,
}

const fn no_limit() -> usize {
    usize::MAX
}

/// A request: method, path, headers (each ended by a line break), body.
#[derive(Deserialize, Clone)]
struct Wanted(String, String, String, String);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    /// These requests in turn.
    Same(Vec<Wanted>),
    /// A refresh after the other; each connection begins with its own token, appended to the body.
    Refresh { request: Wanted, tokens: Vec<String> },
    /// An authorization request of a signed-in browser, and then its code at the token endpoint, in front of the body.
    Flow { authorize: Wanted, token: Wanted },
}

struct Load {
    plan: Plan,
    begun: AtomicUsize,
    end: Instant,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let plan = std::env::args().nth(1).context("the plan is missing")?;
    let plan: Plan = serde_json::from_str(&plan)?;
    let started = Instant::now();
    let connections = plan.connections;
    let end = started + Duration::from_secs_f64(plan.seconds);
    let load = Arc::new(Load {
        plan,
        begun: AtomicUsize::new(0),
        end,
    });
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        tasks.spawn(Arc::clone(&load).connection(number));
    }
    let mut answers = 0;
    while let Some(ended) = tasks.join_next().await {
        answers += ended??;
    }
    let took = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 answers")]
    let per_second = answers as f64 / took;
    writeln!(
        io::stdout(),
        "{}",
        json!({ "answers": answers, "seconds": took, "per_second": per_second })
    )?;
    Ok(())
}

impl Load {
    /// The number of the next piece of work, until time or number is up.
    fn next(&self) -> Option<usize> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        (number < self.plan.most && Instant::now() < self.end).then_some(number)
    }

    /// What one connection did.
    async fn connection(self: Arc<Self>, number: usize) -> Result<usize> {
        match &self.plan.work {
            Work::Same(requests) => self.same(requests).await,
            Work::Refresh { request, tokens } => {
                let token = tokens.get(number).context("fewer tokens than connections")?;
                self.refresh(request, token.clone()).await
            }
            Work::Flow { authorize, token } => self.flow(number, authorize, token).await,
        }
    }

    async fn same(&self, requests: &[Wanted]) -> Result<usize> {
        let requests: Vec<_> = requests.iter().map(|wanted| self.bytes(wanted, "", "")).collect();
        let mut connection = Connection::open(self.plan.address).await?;
        let mut answers = 0;
        while let Some(number) = self.next() {
            expect(&connection.exchange(&requests[number % requests.len()]).await?, 200)?;
            answers += 1;
        }
        Ok(answers)
    }

    async fn refresh(&self, request: &Wanted, mut token: String) -> Result<usize> {
        let mut connection = Connection::open(self.plan.address).await?;
        let mut answers = 0;
        while self.next().is_some() {
            let answer = connection.exchange(&self.bytes(request, "", &token)).await?;
            expect(&answer, 200)?;
            let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
            body["refresh_token"]
                .as_str()
                .context("no refresh token")?
                .clone_into(&mut token);
            answers += 1;
        }
        Ok(answers)
    }

    async fn flow(&self, number: usize, authorize: &Wanted, token: &Wanted) -> Result<usize> {
        let authorize = self.bytes(authorize, "", "");
        let mut answers = 0;
        loop {
            let from = u32::try_from(answers / FLOWS_FROM_ONE_ADDRESS * self.plan.connections + number)?;
            let source = IpAddr::V4(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + from));
            let mut connection = Connection::open_from(source, self.plan.address).await?;
            for _ in 0..FLOWS_FROM_ONE_ADDRESS {
                if self.next().is_none() {
                    return Ok(answers);
                }
                let answer = connection.exchange(&authorize).await?;
                expect(&answer, 303)?;
                let location = answer.header("location").context("no Location")?;
                let code = location.split(['?', '&']).find_map(|part| part.strip_prefix("code="));
                let Some(code) = code else {
                    bail!("no code in {location}")
                };
                let code = format!("code={code}&");
                expect(&connection.exchange(&self.bytes(token, &code, "")).await?, 200)?;
                answers += 1;
            }
        }
    }

    fn bytes(&self, Wanted(method, path, headers, body): &Wanted, before: &str, after: &str) -> Vec<u8> {
        let host = &self.plan.host;
        let length = before.len() + body.len() + after.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n{before}{body}{after}"
        )
        .into_bytes()
    }
}

fn expect(answer: &Answer, status: u16) -> Result<()> {
    ensure!(
        answer.status == status,
        "{} {}",
        answer.head,
        String::from_utf8_lossy(&answer.body)
    );
    Ok(())
}
