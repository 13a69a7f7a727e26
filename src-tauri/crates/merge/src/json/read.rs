//! A JSON reader that keeps the place of every token.

use std::ops::Range;

/// Deeper nesting is treated as plain text: no stack is risked on a hostile value.
const DEPTH_LIMIT: usize = 100;

#[derive(Debug)]
pub(super) struct Node<'t> {
    /// Where the token stands in its text.
    pub(super) span: Range<usize>,
    pub(super) token: Token<'t>,
}

#[derive(Debug)]
pub(super) enum Token<'t> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'t str),
    /// Decoded, as UTF-16: Python's strings may hold a lone surrogate (`"\ud800"`), Rust's may not.
    Text(Vec<u16>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

#[derive(Debug)]
pub(super) struct Member<'t> {
    /// Decoded, as UTF-16.
    pub(super) key: Vec<u16>,
    /// From the key's opening quote.
    pub(super) start: usize,
    /// After the key's closing quote.
    pub(super) key_end: usize,
    pub(super) value: Node<'t>,
}

/// The text as JSON, or `None`.
pub(super) fn read(text: &str) -> Option<Node<'_>> {
    read_or_place(text).ok()
}

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    /// In bytes.
    pub(super) at: usize,
    /// It is nested deeper than is read here; it may be JSON all the same.
    pub(super) too_deep: bool,
}

/// The text as JSON, or where it stops being that.
pub(super) fn read_or_place(text: &str) -> Result<Node<'_>, Stop> {
    let mut reader = Reader {
        text,
        at: 0,
        too_deep: false,
    };
    let node = reader.value(0);
    reader.space();
    match node {
        Some(node) if reader.at == text.len() => Ok(node),
        _ => Err(Stop {
            at: reader.at,
            too_deep: reader.too_deep,
        }),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    too_deep: bool,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, literal: &str) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<Node<'t>> {
        if depth > DEPTH_LIMIT {
            self.too_deep = true;
            return None;
        }
        self.space();
        let start = self.at;
        let token = match self.peek()? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Token::Text(self.string()?),
            b'-' | b'0'..=b'9' | b'N' | b'I' => self.number()?,
            _ => self.word()?,
        };
        Some(Node {
            span: start..self.at,
            token,
        })
    }

    fn word(&mut self) -> Option<Token<'t>> {
        let words = [
            ("null", Token::Null),
            ("true", Token::Bool(true)),
            ("false", Token::Bool(false)),
        ];
        words
            .into_iter()
            .find_map(|(word, token)| self.take(word).then_some(token))
    }

    fn number(&mut self) -> Option<Token<'t>> {
        let start = self.at;
        if !["NaN", "Infinity", "-Infinity"]
            .into_iter()
            .any(|word| self.take(word))
        {
            self.take("-");
            if !self.take("0") {
                self.digits()?;
            }
            if self.take(".") {
                self.digits()?;
            }
            if self.take("e") || self.take("E") {
                let _sign = self.take("+") || self.take("-");
                self.digits()?;
            }
        }
        Some(Token::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn array(&mut self, depth: usize) -> Option<Token<'t>> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.take("]") {
            return Some(Token::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.comma("]")? {
                return Some(Token::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Token<'t>> {
        let mut members = Vec::new();
        self.at += 1;
        self.space();
        if self.take("}") {
            return Some(Token::Object(members));
        }
        loop {
            members.push(self.member(depth)?);
            if !self.comma("}")? {
                return Some(Token::Object(members));
            }
        }
    }

    fn member(&mut self, depth: usize) -> Option<Member<'t>> {
        self.space();
        let start = self.at;
        let key = if self.peek()? == b'"' {
            self.string()?
        } else {
            return None;
        };
        let key_end = self.at;
        self.space();
        if !self.take(":") {
            return None;
        }
        Some(Member {
            key,
            start,
            key_end,
            value: self.value(depth + 1)?,
        })
    }

    /// After an item: `true` for a comma, `false` for the end.
    fn comma(&mut self, end: &str) -> Option<bool> {
        self.space();
        if self.take(",") {
            return Some(true);
        }
        self.take(end).then_some(false)
    }

    fn string(&mut self) -> Option<Vec<u16>> {
        let mut decoded = Vec::new();
        self.at += 1;
        loop {
            let plain = self.rest().find(|c: char| c == '"' || c == '\\' || c < ' ')?;
            decoded.extend(self.rest()[..plain].encode_utf16());
            self.at += plain;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(decoded);
                }
                b'\\' => decoded.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let kind = *self.text.as_bytes().get(self.at + 1)?;
        self.at += 2;
        Some(match kind {
            b'"' | b'\\' | b'/' => u16::from(kind),
            b'b' => 0x8,
            b'f' => 0xc,
            b'n' => 0xa,
            b'r' => 0xd,
            b't' => 0x9,
            b'u' => return self.hex(),
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }
}
