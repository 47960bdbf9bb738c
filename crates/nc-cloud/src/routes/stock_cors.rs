//! What a stock Nextcloud makes of Bearer tokens at the controllers that it marks `@CORS` (`CORSMiddleware`), for trials of
//! clients. Here every interface takes tokens alike.

use http::HeaderMap;

/// Which requests with a Bearer the routes that are [marked](super::Routes::marked_cors) refuse, although the token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StockCors {
    /// None.
    #[default]
    Off,
    /// Those without `OCS-APIRequest: true`, as measured on Nextcloud 32.0.1.
    Header,
    /// All, as servers do whose middleware knows no such way out.
    Always,
}

impl StockCors {
    pub(super) fn refuses(self, headers: &HeaderMap) -> bool {
        match self {
            Self::Off => false,
            Self::Header => headers.get("ocs-apirequest").is_none_or(|value| value != "true"),
            Self::Always => true,
        }
    }
}
