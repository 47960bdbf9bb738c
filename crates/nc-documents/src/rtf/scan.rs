//! The tokens of RTF. Any bytes are some tokens.

/// A piece of RTF.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A group begins.
    Open,
    /// A group ends.
    Close,
    /// A control word or symbol, with its number.
    Word(&'a str, Option<i32>),
    /// What follows in this group may be passed over by who does not know it.
    Ignorable,
    /// A byte of text.
    Byte(u8),
}

/// Goes through RTF token by token.
pub(super) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn word(&mut self) -> Token<'a> {
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = self.rest.split_at(letters);
        let signed = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[signed..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = if digits > 0 { signed + digits } else { 0 };
        let (number, rest) = rest.split_at(length);
        let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let word = std::str::from_utf8(word).unwrap_or_default();
        if word == "bin" {
            // Raw bytes, which are never text.
            let length = number.and_then(|length: i32| usize::try_from(length).ok()).unwrap_or(0);
            self.rest = self.rest.get(length..).unwrap_or_default();
        }
        Token::Word(word, number)
    }

    fn hexadecimal(&mut self) -> Token<'a> {
        let digits = self.rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                self.rest = &self.rest[2..];
                Token::Byte(byte)
            }
            None => Token::Byte(b'?'),
        }
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            return Some(match first {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\r' | b'\n' | 0 => continue,
                b'\\' => match self.rest.split_first() {
                    Some((letter, _)) if letter.is_ascii_alphabetic() => self.word(),
                    Some((symbol, rest)) => {
                        self.rest = rest;
                        match symbol {
                            b'\'' => self.hexadecimal(),
                            b'*' => Token::Ignorable,
                            b'~' => Token::Word("~", None),
                            b'_' => Token::Word("_", None),
                            b'\n' | b'\r' => Token::Word("par", None),
                            b'-' => continue,
                            symbol => Token::Byte(*symbol),
                        }
                    }
                    None => return None,
                },
                byte => Token::Byte(*byte),
            });
        }
    }
}
