//! Where a person goes after the sign-in: to a page of this server, and nowhere else.

/// Where people go who did not say.
pub(crate) const PAGE: &str = "/user/page";
const MAX_BYTES: usize = 2048;

/// `next`, if it is a path of this server; else the default. Browsers take `\` for `/`, and leave tabs and line ends out.
pub(crate) fn local_path(next: Option<&str>) -> &str {
    next.filter(|next| is_local(next)).unwrap_or(PAGE)
}

fn is_local(next: &str) -> bool {
    let mut bytes = next.bytes();
    bytes.next() == Some(b'/')
        && !next.starts_with("//")
        && next.len() <= MAX_BYTES
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m20_only_a_path_of_this_server_is_taken() {
        for good in ["/", "/user", "/user/page?a=b#c", "/a//b", "/a:b@c"] {
            assert_eq!(local_path(Some(good)), good);
        }
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        for bad in [
            "",
            "//evil",
            "///evil",
            "/\\evil",
            "\\/evil",
            "\\\\evil",
            "https:evil",
            "https://evil",
            "evil",
            "user/page",
            "/\t/evil",
            "/\n/evil",
            "/a\r\nLocation: https://evil",
            "/a b",
            "/ä",
            " /user",
            "javascript:alert(1)",
            "/\u{0}",
            "?x=/y",
            "#/",
            "/\u{7f}",
            long.as_str(),
        ] {
            assert_eq!(local_path(Some(bad)), PAGE, "{bad:?}");
        }
        assert_eq!(local_path(None), PAGE);
    }
}
