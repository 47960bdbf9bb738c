//! Letters as they are sent (RFC 5322, MIME): headers for people, the text, and the names of what is attached.

use std::fmt::Write as _;

use mail_parser::{Address, Message, MessageParser, MimeHeaders};

use crate::{ExtractError, Extracted, Limits, markdown::one_line, pages::Pages, web};

/// Attachments that are named.
const MOST_ATTACHMENTS: usize = 100;

pub(crate) fn read(bytes: &[u8], mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or_else(|| ExtractError::damaged("it has no header of a letter"))?;
    if message.headers().is_empty() {
        return Err(ExtractError::damaged("it has no header of a letter"));
    }
    let mut text = String::new();
    if let Some(subject) = message.subject() {
        pages.about("subject", subject);
        text.push_str(&crate::markdown::heading(1, subject));
        text.push_str("\n\n");
    }
    let date = message.date().map(mail_parser::DateTime::to_rfc3339);
    for (name, value) in [
        ("From", message.from().map(addresses)),
        ("To", message.to().map(addresses)),
        ("Cc", message.cc().map(addresses)),
        ("Date", date),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "- {name}: {}", one_line(&value));
            pages.about(&name.to_lowercase(), &value);
        }
    }
    text.push('\n');
    text.push_str(&body(&message)?);
    text.push_str(&attachments(&message));
    if message.attachment_count() > 0 {
        pages.note("attachments are named, not read; save one as a file to read it");
    }
    pages.finish_whole(&text, limits)
}

/// The text as the sender wrote it, else the HTML form of it.
fn body(message: &Message<'_>) -> Result<String, ExtractError> {
    let mut text = String::new();
    for part in message.text_bodies() {
        match &part.body {
            mail_parser::PartType::Html(html) => text.push_str(&web::markdown(html)?),
            _ => text.push_str(part.text_contents().unwrap_or_default()),
        }
        text.push_str("\n\n");
    }
    Ok(text.replace('\r', ""))
}

fn addresses(list: &Address<'_>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name.as_deref(), address.address.as_deref()) {
        (Some(name), Some(address)) => format!("{name} ({address})"),
        (None, Some(text)) | (Some(text), None) => text.to_owned(),
        (None, None) => String::new(),
    };
    list.iter()
        .take(MOST_ATTACHMENTS)
        .map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

fn attachments(message: &Message<'_>) -> String {
    let mut text = String::new();
    for part in message.attachments().take(MOST_ATTACHMENTS) {
        let kind = part.content_type().map(|kind| match kind.subtype() {
            Some(subtype) => format!("{}/{subtype}", kind.ctype()),
            None => kind.ctype().to_owned(),
        });
        let kind = kind.unwrap_or_else(|| {
            if part.is_message() {
                "message/rfc822"
            } else {
                "unknown type"
            }
            .to_owned()
        });
        let name = part.attachment_name().unwrap_or("without a name");
        let (name, kind, size) = (one_line(name), one_line(&kind), part.len());
        let _ = writeln!(text, "- {name} ({kind}, {size} bytes)");
    }
    if text.is_empty() {
        text
    } else {
        format!("\n## Attachments\n\n{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Wanted};

    fn read_letter(letter: &str) -> Result<Extracted, ExtractError> {
        let limits = Limits::default();
        let letter = letter.replace('\n', "\r\n");
        read(
            letter.as_bytes(),
            Pages::new(Format::Eml, Wanted::default(), &limits),
            &limits,
        )
    }

    #[test]
    fn headers_text_and_names_of_attachments_are_read() {
        let read = read_letter(
            "From: =?utf-8?Q?Zo=C3=AB?= <zoe@example.org>\nTo: bob@example.org\nSubject: Offer\n\
             Date: Tue, 3 Mar 2026 10:00:00 +0100\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
             --b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n\
             --b\nContent-Type: application/pdf; name=offer.pdf\nContent-Disposition: attachment; filename=offer.pdf\n\
             Content-Transfer-Encoding: base64\n\nJVBERi0=\n--b--\n",
        )
        .expect("text");
        assert_eq!(
            read.text,
            "# Offer\n\n- From: Zoë (zoe@example.org)\n- To: bob@example.org\n- Date: 2026-03-03T10:00:00+01:00\n\nGrüße\n\n\
             ## Attachments\n\n- offer.pdf (application/pdf, 5 bytes)"
        );
        assert!(read.notes[0].contains("attachments"), "{:?}", read.notes);
    }

    #[test]
    fn a_letter_in_html_only_becomes_markdown() {
        let read = read_letter(
            "From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>Hello <b>you</b></p><script>x</script>\n",
        )
        .expect("text");
        assert!(read.text.ends_with("Hello **you**"), "{}", read.text);
    }
}
