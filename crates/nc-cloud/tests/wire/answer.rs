use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use nc_proto::dav::Multistatus;
use tower::ServiceExt;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// What a request is answered, read to its end.
    pub(crate) async fn to(router: &Router, request: Request<Body>) -> Self {
        let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn multistatus(&self) -> Multistatus {
        assert_eq!(self.status, StatusCode::MULTI_STATUS, "{}", self.text());
        Multistatus::parse(&self.body).unwrap()
    }
}
