use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use http::Method;

use super::label;
use crate::Identified;

/// The log line of one request, and its metrics. Says who, route pattern, status and time; never the path itself, the
/// query, bodies or credentials.
pub(super) struct Entry {
    id: Arc<str>,
    method: Method,
    route: Option<MatchedPath>,
    began: Instant,
    ended: bool,
}

impl Entry {
    pub(super) fn begin(request: &Request, id: Arc<str>) -> Self {
        let entry = Self {
            id,
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            began: Instant::now(),
            ended: false,
        };
        metrics::gauge!("mcp_http_requests_in_progress", "method" => label::method(&entry.method)).increment(1.0);
        entry
    }

    /// The answer's head is ready. Its body may still be on the way: a download is not timed to its end.
    pub(super) fn end(mut self, response: &Response) {
        self.ended = true;
        self.write(response.status().as_u16(), response.extensions().get::<Identified>());
    }

    fn write(&self, status: u16, who: Option<&Identified>) {
        let method = label::method(&self.method);
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let elapsed = self.began.elapsed();
        metrics::gauge!("mcp_http_requests_in_progress", "method" => method).decrement(1.0);
        metrics::histogram!("mcp_http_request_duration_seconds", "method" => method, "endpoint" => route.to_owned())
            .record(elapsed);
        metrics::counter!(
            "mcp_http_requests_total",
            "method" => method, "endpoint" => route.to_owned(), "status_code" => status.to_string()
        )
        .increment(1);
        let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let user = who.map(|who| who.user.as_str());
        let client = who.and_then(|who| who.client.as_deref());
        let id: &str = &self.id;
        tracing::info!(
            target: "nc_web::request",
            { request.id = id,
            http.method = method,
            http.route = route,
            http.status = status,
            ms,
            user,
            client },
            "request"
        );
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.ended {
            // The client hung up before there was an answer; 499 is what nginx calls it.
            self.write(499, None);
        }
    }
}
