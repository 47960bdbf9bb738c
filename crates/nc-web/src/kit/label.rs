use http::Method;

/// The method as a label of metrics: clients may send any word, labels are a closed list.
pub(super) fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 18] = [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "PROPFIND",
        "PROPPATCH",
        "REPORT",
        "SEARCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "MKCALENDAR",
        "ACL",
    ];
    KNOWN
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("OTHER")
}
