//! Character references, as far as recipes use them.

/// Longest reference.
const MAX_NAME: usize = 32;

/// Names beside those of Latin-1, which follow each other from 160.
const NAMED: [(&str, char); 42] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Zcaron", 'Ž'),
    ("zcaron", 'ž'),
    ("Yuml", 'Ÿ'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("bull", '•'),
    ("hellip", '…'),
    ("prime", '′'),
    ("Prime", '″'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("euro", '€'),
    ("trade", '™'),
    ("frasl", '⁄'),
    ("frac13", '⅓'),
    ("frac23", '⅔'),
    ("frac15", '⅕'),
    ("frac18", '⅛'),
    ("frac38", '⅜'),
    ("frac58", '⅝'),
    ("frac78", '⅞'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("le", '≤'),
    ("ge", '≥'),
    ("minus", '−'),
];

/// From 160 to 255.
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// The text with its references replaced; what is none stays.
pub(super) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let name = after
            .as_bytes()
            .iter()
            .take(MAX_NAME)
            .position(|byte| *byte == b';')
            .map(|end| &after[..end]);
        if let Some((name, character)) = name.and_then(|name| Some((name, character(name)?))) {
            decoded.push(character);
            rest = &after[name.len() + 1..];
        } else {
            decoded.push('&');
            rest = after;
        }
    }
    decoded.push_str(rest);
    decoded
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    let latin = LATIN.iter().position(|known| *known == name);
    if let Some(c) = latin.and_then(|at| u8::try_from(160 + at).ok()) {
        // Text is searched by words: a space that does not break is a space.
        return Some(if c == 160 { ' ' } else { char::from(c) });
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn references_become_characters_and_everything_else_stays() {
        for (text, plain) in [
            ("Mac &amp; Cheese", "Mac & Cheese"),
            ("Cr&egrave;me &frac12;&nbsp;l &#8211; &#x1F372;", "Crème ½ l – 🍲"),
            ("&yuml;&iexcl;&szlig;", "ÿ¡ß"),
            (
                "R&B & co; &unknown; &#xD800; &#0; &",
                "R&B & co; &unknown; &#xD800; &#0; &",
            ),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(decode(text), plain);
        }
    }
}
