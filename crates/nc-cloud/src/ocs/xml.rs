//! Nextcloud's way of writing a JSON-like tree as XML.

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use serde_json::Value;

/// Writes a document with the given children below `root`.
pub(super) fn write(root: &str, children: &[(&str, &Value)]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", None, None)))?;
    writer.write_event(Event::Start(BytesStart::new(root)))?;
    for (name, value) in children {
        element(&mut writer, name, value)?;
    }
    writer.write_event(Event::End(BytesEnd::new(root)))?;
    Ok(writer.into_inner())
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value) -> io::Result<()> {
    // A list's members, and keys that are no XML names (numbers), are called `element`.
    let name = if is_name(name) { name } else { "element" };
    let text = match value {
        Value::Null => return writer.write_event(Event::Empty(BytesStart::new(name))),
        Value::Array(items) if items.is_empty() => return writer.write_event(Event::Empty(BytesStart::new(name))),
        Value::Array(items) => {
            writer.write_event(Event::Start(BytesStart::new(name)))?;
            for item in items {
                element(writer, "element", item)?;
            }
            return writer.write_event(Event::End(BytesEnd::new(name)));
        }
        Value::Object(fields) => {
            writer.write_event(Event::Start(BytesStart::new(name)))?;
            for (key, field) in fields {
                element(writer, key, field)?;
            }
            return writer.write_event(Event::End(BytesEnd::new(name)));
        }
        // PHP's text form of the two.
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => String::new(),
        Value::Number(number) => number.to_string(),
        // XML 1.0 §2.2 has no way to write most control characters.
        Value::String(text) => text
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
            .collect(),
    };
    writer
        .create_element(name)
        .write_text_content(BytesText::new(&text))
        .map(|_| ())
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_nextcloud_does() {
        let data = json!({
            "a": true, "b": false, "c": [], "d": ["x", "y"], "e": null, "f": "<&>\u{1}", "g": {"1": "one"}, "h": ""
        });
        let written = String::from_utf8(write("ocs", &[("data", &data)]).unwrap()).unwrap();
        let expected = "<?xml version=\"1.0\"?>\n<ocs>\n <data>\n  <a>1</a>\n  <b></b>\n  <c/>\n  <d>\n   <element>x</element>\n   \
                        <element>y</element>\n  </d>\n  <e/>\n  <f>&lt;&amp;&gt;</f>\n  <g>\n   <element>one</element>\n  </g>\n  \
                        <h></h>\n </data>\n</ocs>";
        assert_eq!(written, expected);
    }
}
