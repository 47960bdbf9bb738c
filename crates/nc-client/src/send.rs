//! Sending a request: with its credential, within its time, and again only when that is safe.

use std::time::Duration;

use http::{HeaderValue, Request as HttpRequest, Response, StatusCode, header};
use tokio::time::Instant;

use crate::{
    Error,
    account::Account,
    answer::{Answer, Incoming},
    body::Body,
    error::{from_answer, is_maintenance, retry_after},
    fallback::{self, refuses_bearer},
    observe::Exchange,
    request::Request,
    transport::{TransportError, TransportFailure},
};

mod redirect;
mod waits;

use waits::Waits;

/// Longest body of a refusal that is read for its reason, in bytes.
const REFUSAL_BYTES: u64 = 256 * 1024;

/// Slowest upload that is waited for, in bytes per second.
const SLOWEST_UPLOAD: u64 = 128 * 1024;

/// How much of an answer is wanted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Its head; the body is read later.
    Head,
    /// All of it, so that one that breaks off can be asked for again.
    Whole,
}

/// What came of one try.
enum Try {
    Done(Answer),
    Failed(Error),
    /// Nothing was stored; it may be tried again after a wait.
    Again(Error, Wait),
}

enum Wait {
    /// As told or, without being told, ever longer.
    Told(Option<Duration>),
    /// For a lock, shortly.
    Lock,
    /// Once, on a fresh connection.
    Once,
}

/// Sends `request` and gives the answer, if it is one that was hoped for.
pub(crate) async fn send(request: Request<'_>, reading: Reading) -> Result<Answer, Error> {
    fallback::send(request, reading).await
}

/// The same with the request's own credential and no other.
pub(crate) async fn send_as(request: &mut Request<'_>, reading: Reading) -> Result<Answer, Error> {
    let path = request.path()?;
    if let (Some(account), Some(app)) = (request.account, request.context.app)
        && account.lacks(app, request.nextcloud.clock().now())
    {
        return Err(Error::AppMissing { app });
    }
    let timeouts = request.nextcloud.config().timeouts;
    let transfer = reading == Reading::Head || request.payload.length() > SLOWEST_UPLOAD;
    let call = send_patiently(request, &path, reading);
    if transfer {
        return call.await;
    }
    match tokio::time::timeout(timeouts.call, call).await {
        Ok(result) => result,
        Err(_) => Err(timed_out(request)),
    }
}

async fn send_patiently(request: &mut Request<'_>, path: &str, reading: Reading) -> Result<Answer, Error> {
    let mut waits = Waits::new(request.nextcloud.config().retry, request.nextcloud.jitter());
    loop {
        let (error, wait) = match once(request, path, reading).await {
            Try::Done(answer) => return Ok(answer),
            Try::Failed(error) => return Err(error),
            Try::Again(error, wait) => (error, wait),
        };
        if !request.payload.is_repeatable() {
            return Err(error);
        }
        let pause = match wait {
            Wait::Told(told) => waits.after_refusal(told),
            Wait::Lock => waits.after_lock(),
            Wait::Once => waits.after_break(),
        };
        let Some(pause) = pause else { return Err(error) };
        tracing::debug!(error.code = error.code(), wait_ms = pause.as_millis(), "trying again");
        tokio::time::sleep(pause).await;
    }
}

/// One try, redirects included.
async fn once(request: &mut Request<'_>, path: &str, reading: Reading) -> Try {
    let admission = match request.account.map(Account::admit) {
        Some(admission) => match admission.await {
            Ok(admission) => Some(admission),
            Err(error) => return Try::Failed(error),
        },
        None => None,
    };
    let base = &request.nextcloud.config().base_url;
    let mut address = match base.uri_of(path) {
        Ok(address) => address,
        Err(error) => return Try::Failed(error),
    };
    let mut hops = redirect::MOST_HOPS;
    let response = loop {
        let response = match exchange(request, &address).await {
            Ok(response) => response,
            Err(error) => return unanswered(request, error),
        };
        if !redirect::is_redirect(response.status()) {
            break response;
        }
        match redirect::follow(request, base, &address, &response, &mut hops) {
            Ok(next) => address = next,
            Err(error) => return Try::Failed(error),
        }
    };
    if response.status() != StatusCode::UNAUTHORIZED {
        judge_standing(request, response.status());
        drop(admission);
        return answered(request, response, reading).await;
    }
    let refused = answered(request, response, reading).await;
    // One that is refused for being a token may be a good one.
    if let Some(account) = request.account
        && !matches!(refused, Try::Failed(Error::BearerRefused { .. }))
    {
        request.nextcloud.accounts().reject(account);
        tracing::warn!("Nextcloud refused a credential; nothing more is sent with it");
    }
    refused
}

/// Sends it to one address.
async fn exchange(request: &mut Request<'_>, address: &http::Uri) -> Result<Response<Body>, Failure> {
    let config = request.nextcloud.config();
    let Some(body) = request.payload.take() else {
        return Err(Failure::Unanswerable(Error::OutcomeUnknown {
            subject: request.context.subject.clone(),
        }));
    };
    let allowance = Duration::from_secs(body.length().unwrap_or(0) / SLOWEST_UPLOAD);
    let mut http = HttpRequest::new(body);
    *http.method_mut() = request.method.clone();
    *http.uri_mut() = address.clone();
    *http.headers_mut() = request.headers.clone();
    let user_agent = HeaderValue::try_from(request.name.as_ref().unwrap_or(&config.user_agent))
        .unwrap_or(HeaderValue::from_static("nextcloud-mcp"));
    http.headers_mut().insert(header::USER_AGENT, user_agent);
    if let Some(account) = request.account {
        let authorization = account.authorization.clone().map_err(Failure::Unanswerable)?;
        http.headers_mut().insert(header::AUTHORIZATION, authorization);
    }
    request.sent = true;
    let start = Instant::now();
    let wait = config.timeouts.response + allowance + request.patience;
    let outcome = tokio::time::timeout(wait, request.nextcloud.transport().send(http)).await;
    let elapsed = start.elapsed();
    let status = match &outcome {
        Ok(Ok(response)) => Some(response.status().as_u16()),
        _ => None,
    };
    tracing::debug!(
        http.method = %request.method, nextcloud.area = request.area, http.status = status,
        ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), "asked Nextcloud"
    );
    if let Some(observer) = &config.observer {
        observer.exchanged(&Exchange {
            method: request.method.clone(),
            area: request.area,
            status,
            elapsed,
        });
    }
    match outcome {
        Ok(Ok(mut response)) => {
            // Who a request belongs to comes from its own credential alone, so cookies end here.
            response.headers_mut().remove(header::SET_COOKIE);
            Ok(response)
        }
        Ok(Err(error)) => Err(Failure::Transport(error)),
        Err(_) => Err(Failure::Timeout),
    }
}

enum Failure {
    Transport(TransportError),
    Timeout,
    /// It was not sent at all, or cannot be sent again.
    Unanswerable(Error),
}

/// Names the failure of a request without answer.
fn unanswered(request: &Request<'_>, failure: Failure) -> Try {
    let error = match failure {
        Failure::Unanswerable(error) => return Try::Failed(error),
        Failure::Timeout => return Try::Failed(timed_out(request)),
        Failure::Transport(error) => error,
    };
    tracing::debug!(error.cause = ?error.source, error.kind = %error.kind, "no answer from Nextcloud");
    match error.kind {
        TransportFailure::ConnectTimeout | TransportFailure::Tls => Try::Failed(Error::unreachable(error)),
        TransportFailure::Interrupted if request.context.write => Try::Failed(Error::OutcomeUnknown {
            subject: request.context.subject.clone(),
        }),
        TransportFailure::Connect | TransportFailure::Interrupted => Try::Again(Error::unreachable(error), Wait::Once),
    }
}

fn timed_out(request: &Request<'_>) -> Error {
    let subject = request.context.subject.clone();
    if request.context.write && request.sent {
        Error::OutcomeUnknown { subject }
    } else {
        Error::Timeout { subject }
    }
}

/// Draws the conclusion from an answer for the credential. A refusal of it is judged by its words.
fn judge_standing(request: &Request<'_>, status: StatusCode) {
    let Some(account) = request.account else { return };
    if !request.public && !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
        account.prove();
    }
}

/// Looks at an answer.
async fn answered(request: &mut Request<'_>, response: Response<Body>, reading: Reading) -> Try {
    let config = request.nextcloud.config();
    let (parts, body) = response.into_parts();
    let (status, headers) = (parts.status, parts.headers);
    let limit = config.limits.answer_bytes as u64;
    let mut body = Incoming::new(body, &headers, config.timeouts.idle, limit);
    let subject = request.context.subject.clone();
    if status.is_success() || (request.may_be_unchanged() && status == StatusCode::NOT_MODIFIED) {
        if reading == Reading::Head || request.method == http::Method::HEAD || status == StatusCode::NOT_MODIFIED {
            return Try::Done(Answer {
                status,
                headers,
                body,
                subject,
            });
        }
        return match body.collect().await {
            Ok(bytes) => {
                let body = Incoming::new(bytes.into(), &http::HeaderMap::new(), config.timeouts.idle, limit);
                Try::Done(Answer {
                    status,
                    headers,
                    body,
                    subject,
                })
            }
            // What was asked for is done; only the report about it is lost.
            Err(_) if request.context.write => Try::Failed(Error::OutcomeUnknown { subject }),
            Err(broken @ crate::answer::Broken::Short) => Try::Again(broken.into_error(subject, status), Wait::Once),
            Err(broken) => Try::Failed(broken.into_error(subject, status)),
        };
    }
    let now = request.nextcloud.clock().now();
    let words = if request.method == http::Method::HEAD {
        bytes::Bytes::new()
    } else {
        // The reason is a courtesy; the status is what counts.
        body.limited_to(REFUSAL_BYTES).collect().await.unwrap_or_default()
    };
    if refuses_bearer(request, status, &headers, &words)
        && let Some(app) = request.context.app
    {
        return Try::Failed(Error::BearerRefused { app });
    }
    let error = from_answer(&request.context, status, &headers, &words, now);
    if let (Error::AppMissing { app }, Some(account)) = (&error, request.account) {
        account.note_missing(app, now);
    }
    match status.as_u16() {
        423 => Try::Again(error, Wait::Lock),
        429 if !request.context.write => Try::Again(error, Wait::Told(retry_after(&headers, now))),
        503 if !request.context.write && !is_maintenance(&headers) => {
            Try::Again(error, Wait::Told(retry_after(&headers, now)))
        }
        _ => Try::Failed(error),
    }
}
