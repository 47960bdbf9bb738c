//! Cutting bytes into lines, and folding.

/// Octets of a line without its end: RFC 5545 §3.1, RFC 6350 §3.2.
const LINE_OCTETS: usize = 75;

/// Where the line that starts at `start` ends: behind its line end, without the lines that are folded onto it.
fn physical_end(text: &[u8], start: usize) -> usize {
    text[start..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |at| start + at + 1)
}

/// A physical line without its end: `\r\n`, `\n`, also `\r\r\n`.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let mut line = line.strip_suffix(b"\n").unwrap_or(line);
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    line
}

/// The logical line at `start`: where it ends in `text`, and what it says, unfolded.
pub(super) fn logical(text: &[u8], start: usize) -> (usize, Vec<u8>) {
    let mut end = physical_end(text, start);
    let mut said = without_end(&text[start..end]).to_vec();
    while matches!(text.get(end), Some(b' ' | b'\t')) {
        let next = physical_end(text, end);
        said.extend_from_slice(&without_end(&text[end..next])[1..]);
        end = next;
    }
    (end, said)
}

/// Whether a logical line says that its value is quoted-printable and goes on: vCard 2.1's soft line breaks.
fn goes_on_quoted(said: &[u8]) -> bool {
    let Some(colon) = said.iter().position(|byte| *byte == b':') else {
        return false;
    };
    said.ends_with(b"=")
        && said[..colon]
            .to_ascii_uppercase()
            .windows(16)
            .any(|window| window == b"QUOTED-PRINTABLE")
}

/// As [`logical`], with the lines that a quoted-printable value goes on to, and those that are folded onto these. Soft breaks are
/// taken out.
pub(super) fn logical_or_quoted(text: &[u8], start: usize) -> (usize, Vec<u8>) {
    let (mut end, mut said) = logical(text, start);
    let mut went_on = false;
    while end < text.len() {
        let next = physical_end(text, end);
        let line = without_end(&text[end..next]);
        if goes_on_quoted(&said) {
            said.pop();
            said.extend_from_slice(line);
            went_on = true;
        } else if went_on && matches!(text[end], b' ' | b'\t') {
            said.extend_from_slice(&line[1..]);
        } else {
            break;
        }
        end = next;
    }
    (end, said)
}

/// `line` folded: no line longer than 75 octets, no character cut.
pub(super) fn folded(line: &str, line_end: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(line.len() + line.len() / 36 + line_end.len());
    let mut octets = 0;
    for character in line.chars() {
        if octets + character.len_utf8() > LINE_OCTETS {
            folded.extend_from_slice(line_end);
            folded.push(b' ');
            octets = 1;
        }
        octets += character.len_utf8();
        folded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    folded.extend_from_slice(line_end);
    folded
}
