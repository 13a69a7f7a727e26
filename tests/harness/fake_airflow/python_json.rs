//! `json.dumps(redact(json.loads(text), key))` as Python and Airflow 3.3.2 do it.

use leeward_model::sensitive::{MASK, is_sensitive_name};

/// A value as Python holds it. Text is UTF-16, because `dumps` escapes by UTF-16 units and lone ones survive.
#[derive(Debug, Clone, PartialEq)]
enum Py {
    /// `None`, `True`, `False`, an integer of any size, `NaN`, the infinities: written as they are.
    Word(String),
    Float(f64),
    Str(Vec<u16>),
    List(Vec<Py>),
    Dict(Vec<(Vec<u16>, Py)>),
}

/// What the API shows of a variable's text.
pub fn shown(key: &str, raw: &str) -> String {
    match parse(raw) {
        Some(value) => {
            let mut out = String::new();
            dump(&redact(value, Some(key)), &mut out);
            out
        }
        None if is_sensitive_name(key) => MASK.to_owned(),
        None => raw.to_owned(),
    }
}

/// Strings under a sensitive name are hidden, at any depth; numbers are not.
fn redact(value: Py, name: Option<&str>) -> Py {
    if name.is_some_and(is_sensitive_name) {
        return hide(value);
    }
    match value {
        Py::List(items) => Py::List(items.into_iter().map(|item| redact(item, None)).collect()),
        Py::Dict(members) => Py::Dict(
            members
                .into_iter()
                .map(|(k, v)| (k.clone(), redact(v, Some(&String::from_utf16_lossy(&k)))))
                .collect(),
        ),
        other => other,
    }
}

fn hide(value: Py) -> Py {
    match value {
        Py::Str(_) => Py::Str(MASK.encode_utf16().collect()),
        Py::List(items) => Py::List(items.into_iter().map(hide).collect()),
        Py::Dict(members) => Py::Dict(members.into_iter().map(|(k, v)| (k, hide(v))).collect()),
        other => other,
    }
}

fn dump(value: &Py, out: &mut String) {
    match value {
        Py::Word(word) => out.push_str(word),
        Py::Float(number) => out.push_str(&float(*number)),
        Py::Str(text) => dump_text(text, out),
        Py::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                dump(item, out);
            }
            out.push(']');
        }
        Py::Dict(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                dump_text(name, out);
                out.push_str(": ");
                dump(member, out);
            }
            out.push('}');
        }
    }
}

/// `ensure_ascii`: everything outside of space to tilde is escaped.
fn dump_text(text: &[u16], out: &mut String) {
    out.push('"');
    for unit in text {
        match *unit {
            0x22 => out.push_str("\\\""),
            0x5c => out.push_str("\\\\"),
            0x0a => out.push_str("\\n"),
            0x0d => out.push_str("\\r"),
            0x09 => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            0x20..=0x7e => out.push(char::from(unit.to_le_bytes()[0])),
            other => out.push_str(&format!("\\u{other:04x}")),
        }
    }
    out.push('"');
}

/// `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
fn float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = number.to_string();
        if plain.contains('.') {
            plain
        } else {
            format!("{plain}.0")
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}

fn parse(text: &str) -> Option<Py> {
    let mut reader = Reader { rest: text };
    let value = reader.value()?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn value(&mut self) -> Option<Py> {
        self.space();
        for word in ["null", "true", "false", "NaN", "Infinity", "-Infinity"] {
            if self.take(word) {
                return Some(Py::Word(word.to_owned()));
            }
        }
        match self.rest.chars().next()? {
            '"' => self.text().map(Py::Str),
            '[' => self.list(),
            '{' => self.dict(),
            _ => self.number(),
        }
    }

    fn list(&mut self) -> Option<Py> {
        self.take("[");
        let mut items = Vec::new();
        self.space();
        if self.take("]") {
            return Some(Py::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.take("]") {
                return Some(Py::List(items));
            }
            self.take(",").then_some(())?;
        }
    }

    /// A name that is there twice keeps its first place and its last value.
    fn dict(&mut self) -> Option<Py> {
        self.take("{");
        let mut members: Vec<(Vec<u16>, Py)> = Vec::new();
        self.space();
        if self.take("}") {
            return Some(Py::Dict(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.space();
            self.take(":").then_some(())?;
            let value = self.value()?;
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => members.push((name, value)),
            }
            self.space();
            if self.take("}") {
                return Some(Py::Dict(members));
            }
            self.take(",").then_some(())?;
        }
    }

    fn text(&mut self) -> Option<Vec<u16>> {
        self.take("\"").then_some(())?;
        let mut units = Vec::new();
        loop {
            let next = self.rest.chars().next()?;
            self.rest = &self.rest[next.len_utf8()..];
            match next {
                '"' => return Some(units),
                '\\' => units.push(self.escape()?),
                control if control < ' ' => return None,
                plain => units.extend(plain.encode_utf16(&mut [0; 2]).iter()),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let kind = self.rest.chars().next()?;
        self.rest = &self.rest[kind.len_utf8()..];
        let plain = match kind {
            '"' | '\\' | '/' => kind,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let digits = self.rest.get(..4)?;
                self.rest = &self.rest[4..];
                return u16::from_str_radix(digits, 16).ok();
            }
            _ => return None,
        };
        u16::try_from(u32::from(plain)).ok()
    }

    fn number(&mut self) -> Option<Py> {
        let whole = self.integer_length()?;
        let end = whole + self.fraction_length(whole);
        let end = end + self.exponent_length(end);
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        if end == whole {
            let word = if digits == "-0" { "0" } else { digits };
            return Some(Py::Word(word.to_owned()));
        }
        digits.parse().ok().map(Py::Float)
    }

    /// `-?(0|[1-9][0-9]*)`
    fn integer_length(&self) -> Option<usize> {
        let sign = usize::from(self.rest.starts_with('-'));
        let digits = count_digits(&self.rest[sign..]);
        match (digits, self.rest[sign..].starts_with('0')) {
            (0, _) => None,
            (_, true) => Some(sign + 1),
            (digits, false) => Some(sign + digits),
        }
    }

    fn fraction_length(&self, at: usize) -> usize {
        let Some(after) = self.rest[at..].strip_prefix('.') else {
            return 0;
        };
        match count_digits(after) {
            0 => 0,
            digits => digits + 1,
        }
    }

    fn exponent_length(&self, at: usize) -> usize {
        let Some(after) = self.rest[at..].strip_prefix(['e', 'E']) else {
            return 0;
        };
        let sign = usize::from(after.starts_with(['+', '-']));
        match count_digits(&after[sign..]) {
            0 => 0,
            digits => 1 + sign + digits,
        }
    }
}

fn count_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
