//! Web pages.

use htmd::{
    Element, HtmlToMarkdown,
    element_handler::{HandlerResult, Handlers},
    options::{BulletListMarker, Options},
};

use crate::{ExtractError, Extracted, Limits, markdown, pages::Pages, text};

/// What is not read by people.
const UNSEEN: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "iframe", "object", "head", "title", "canvas",
];

pub(crate) fn read(bytes: &[u8], mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    let decoded = text::decode(bytes, named_charset(bytes).as_deref());
    pages.encoding = Some(decoded.encoding.to_owned());
    if let Some(note) = decoded.note {
        pages.note(note);
    }
    if let Some(title) = title(&decoded.text) {
        pages.about("title", &title);
    }
    let markdown = markdown(&decoded.text)?;
    pages.finish_whole(&markdown, limits)
}

/// A web page, or the HTML part of a letter, as Markdown.
pub(crate) fn markdown(html: &str) -> Result<String, ExtractError> {
    let converter = HtmlToMarkdown::builder()
        .options(Options {
            bullet_list_marker: BulletListMarker::Dash,
            ul_bullet_spacing: 1,
            ol_number_spacing: 1,
            ..Options::default()
        })
        .skip_tags(UNSEEN.to_vec())
        .add_handler(vec!["img"], image)
        .build();
    converter
        .convert(html)
        .map_err(|_| ExtractError::damaged("its HTML cannot be read"))
}

/// A picture is its description: its address may be the picture itself, and is of no use to a reader of text.
#[expect(clippy::needless_pass_by_value, reason = "the library hands the element over")]
fn image(_: &dyn Handlers, element: Element) -> Option<HandlerResult> {
    let alternative = element.attrs.iter().find(|attribute| &*attribute.name.local == "alt")?;
    let alternative = markdown::one_line(&alternative.value);
    (!alternative.is_empty()).then(|| format!("[image: {alternative}]").into())
}

/// The character set that a page names (HTML §4.2.5.4: in its first kilobyte).
fn named_charset(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, rest) = start.split_once("charset=")?;
    let name: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
        .collect();
    Some(name)
}

fn title(html: &str) -> Option<String> {
    let start = html.get(..html.floor_char_boundary(64 * 1024))?;
    // Lowering ASCII keeps every place.
    let lower = start.to_ascii_lowercase();
    let from = lower.find("<title")?;
    let from = from + lower[from..].find('>')? + 1;
    let to = from + lower[from..].find("</title")?;
    let text = &start[from..to];
    Some(quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Wanted};

    fn read_page(html: &[u8]) -> Extracted {
        let limits = Limits::default();
        read(html, Pages::new(Format::Html, Wanted::default(), &limits), &limits).expect("text")
    }

    #[test]
    fn a_page_becomes_markdown_without_what_people_do_not_see() {
        let read = read_page(
            br#"<!DOCTYPE html><html><head><title>Plan &amp; budget</title><style>p{}</style></head><body>
            <h1>Plan</h1><script>alert(1)</script><p>See <a href="https://example.org/a">the site</a>.</p>
            <ul><li>one</li><li>two</li></ul>
            <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
            <img src="data:image/png;base64,AAAA" alt="A chart"></body></html>"#,
        );
        for wanted in [
            "# Plan",
            "[the site](https://example.org/a)",
            "- one\n- two",
            "| 1 ",
            "[image: A chart]",
        ] {
            assert!(read.text.contains(wanted), "{wanted}: {}", read.text);
        }
        for unwanted in ["alert", "p{}", "base64", "budget"] {
            assert!(!read.text.contains(unwanted), "{unwanted}: {}", read.text);
        }
        assert_eq!(read.metadata["title"], "Plan & budget");
    }

    #[test]
    fn the_character_set_that_the_page_names_counts() {
        let read = read_page(b"<meta charset=\"iso-8859-2\"><p>\xB3\xF3d\xBC</p>");
        assert_eq!(
            (read.text.as_str(), read.encoding.as_deref()),
            ("łódź", Some("ISO-8859-2"))
        );
    }
}
