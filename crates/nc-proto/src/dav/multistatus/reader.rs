use super::{MULTISTATUS, RESPONSE, Response, SYNC_TOKEN};
use crate::dav::{
    Limits, XmlError,
    element::{Scope, parse_in_scope, start_tag_scope},
};

/// Largest single entry. Answers as a whole have no limit here: the caller stops when it has enough.
const LARGEST_RESPONSE_BYTES: usize = 4 << 20;

/// Reads a multistatus as it arrives: memory use does not grow with the number of entries.
///
/// Feed it whatever came, take entries until there are none, and in the end call [`Self::finish`], which tells a whole
/// answer from one that was cut off.
#[derive(Debug, Default)]
pub struct MultistatusReader {
    buffer: Vec<u8>,
    /// How far the buffer was looked at.
    scanned: usize,
    /// Where the markup that is being looked at began; `None` between markup.
    markup: Option<usize>,
    /// The quote that an attribute value is in.
    quote: Option<u8>,
    /// Where the present child of the root began.
    child: Option<usize>,
    depth: usize,
    root: Option<Scope>,
    closed: bool,
    sync_token: Option<String>,
}

impl MultistatusReader {
    /// Adds bytes, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next entry, or `None` until more bytes come.
    pub fn next_response(&mut self) -> Result<Option<Response>, XmlError> {
        while let Some(end) = self.next_markup()? {
            if let Some(response) = self.take_markup(end)? {
                return Ok(Some(response));
            }
        }
        if self.buffer.len() > LARGEST_RESPONSE_BYTES {
            return Err(XmlError::TooLarge);
        }
        Ok(None)
    }

    /// The number of bytes that wait for the rest of their entry.
    pub const fn pending_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Ends the reading; an answer that was cut off is an error. Gives the sync token, if there was one.
    pub fn finish(self) -> Result<Option<String>, XmlError> {
        let rest = self.buffer.trim_ascii();
        if self.closed && rest.is_empty() {
            Ok(self.sync_token)
        } else {
            Err(XmlError::Malformed(
                "the answer ends before its document does".to_owned(),
            ))
        }
    }

    /// Looks for the end of the next piece of markup.
    fn next_markup(&mut self) -> Result<Option<usize>, XmlError> {
        while self.scanned < self.buffer.len() {
            let Some(start) = self.markup else {
                match self.buffer[self.scanned..].iter().position(|byte| *byte == b'<') {
                    Some(at) => {
                        self.check_outer_text(self.scanned + at)?;
                        self.markup = Some(self.scanned + at);
                        self.scanned += at + 1;
                    }
                    None => self.scanned = self.buffer.len(),
                }
                continue;
            };
            let byte = self.buffer[self.scanned];
            self.scanned += 1;
            let markup = &self.buffer[start..self.scanned];
            let complete = match (markup.get(1), markup.get(2)) {
                (Some(b'!'), Some(b'-')) => markup.len() > 6 && markup.ends_with(b"-->"),
                (Some(b'!'), Some(b'[')) => markup.ends_with(b"]]>"),
                (Some(b'!'), Some(_)) => return Err(XmlError::Entities),
                (Some(b'?'), _) => markup.ends_with(b"?>"),
                _ => {
                    match (self.quote, byte) {
                        (None, b'"' | b'\'') => self.quote = Some(byte),
                        (Some(quote), _) if quote == byte => self.quote = None,
                        _ => {}
                    }
                    self.quote.is_none() && byte == b'>'
                }
            };
            if complete {
                return Ok(Some(self.scanned));
            }
        }
        Ok(None)
    }

    /// Acts on the markup that ends at `end`.
    fn take_markup(&mut self, end: usize) -> Result<Option<Response>, XmlError> {
        let start = self.markup.take().unwrap_or(end);
        let markup = &self.buffer[start..end];
        if markup.starts_with(b"<!") || markup.starts_with(b"<?") {
            if self.depth <= 1 && markup.starts_with(b"<![") {
                return Err(XmlError::Malformed("text outside of the entries".to_owned()));
            }
            if self.child.is_none() {
                self.discard(end);
            }
            return Ok(None);
        }
        let (opens, closes) = match markup {
            [b'<', b'/', ..] => (false, true),
            [.., b'/', b'>'] => (true, true),
            _ => (true, false),
        };
        if opens && self.depth == 0 {
            let (name, scope) = start_tag_scope(markup)?;
            if self.root.is_some() || name != MULTISTATUS {
                return Err(XmlError::WrongRoot {
                    expected: MULTISTATUS,
                    found: name,
                });
            }
            self.root = Some(scope);
        }
        if opens && self.depth == 1 {
            self.child = Some(start);
        }
        self.depth += usize::from(opens);
        if closes {
            self.depth = self
                .depth
                .checked_sub(1)
                .ok_or_else(|| XmlError::Malformed("end without start".to_owned()))?;
            self.closed = self.depth == 0;
        }
        let response = match self.child {
            Some(child) if closes && self.depth == 1 => self.read_child(child, end)?,
            Some(_) => return Ok(None),
            None => None,
        };
        self.child = None;
        self.discard(end);
        Ok(response)
    }

    fn read_child(&mut self, start: usize, end: usize) -> Result<Option<Response>, XmlError> {
        let scope = self.root.as_mut().ok_or(XmlError::TooLarge)?;
        let mark = scope.mark();
        let limits = Limits {
            size_bytes: LARGEST_RESPONSE_BYTES,
            ..Limits::default()
        };
        let child = parse_in_scope(&self.buffer[start..end], scope, limits)?;
        scope.rewind(mark);
        if child.name == RESPONSE {
            return Response::from_element(&child).map(Some);
        }
        if child.name == SYNC_TOKEN {
            self.sync_token = Some(child.content().trim().to_owned());
        }
        Ok(None)
    }

    /// Between entries there is nothing but space: text there means that this is no XML.
    fn check_outer_text(&self, end: usize) -> Result<(), XmlError> {
        let text = &self.buffer[self.scanned..end];
        let text = if self.root.is_none() {
            text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
        } else {
            text
        };
        if self.child.is_some() || text.trim_ascii().is_empty() {
            Ok(())
        } else {
            Err(XmlError::Malformed("text outside of the entries".to_owned()))
        }
    }

    fn discard(&mut self, end: usize) {
        self.buffer.drain(..end);
        self.scanned -= end;
    }
}
