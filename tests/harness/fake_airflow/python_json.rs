//! `json.dumps(redact(json.loads(text), key))` as Python and Airflow do it.

use super::masker::{MASK, Masker, Rules};

/// Below this depth nothing is looked for inside texts; whole values under a sensitive name are hidden instead.
const DEPTH_MAX: usize = 5;
/// The same in 3.1.8, for JSON.
const OLDER_DEPTH_MAX: usize = 1;
/// Where Python's stack ends in the API server; a value there is replaced by words.
const STACK_END: usize = 486;
const FAILED: &str = "<redaction-failed>";

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

/// What a process that has met no secret shows of a variable's text.
pub fn shown(key: &str, raw: &str) -> String {
    masked(&Masker::default(), key, raw)
}

/// What a process of the API server shows of a variable's text.
pub fn masked(masker: &Masker, key: &str, raw: &str) -> String {
    let Some(value) = parse(raw) else {
        return masked_text(masker, key, raw);
    };
    // 3.1.8 does not ask for the key where the text is JSON.
    let (name, depth_max) = match masker.rules {
        Rules::Current => (Some(key), DEPTH_MAX),
        Rules::Older => (None, OLDER_DEPTH_MAX),
    };
    let redacted = Redaction { masker, depth_max }.redact(value, name, 0);
    let mut out = String::new();
    dump(&redacted, &mut out);
    out
}

/// Text that is no JSON.
fn masked_text(masker: &Masker, key: &str, raw: &str) -> String {
    if masker.rules.is_sensitive(key) {
        return MASK.to_owned();
    }
    if masker.knows_nothing() {
        return raw.to_owned();
    }
    let units: Vec<u16> = raw.encode_utf16().collect();
    String::from_utf16_lossy(&masker.replace(&units))
}

/// One walk through a value.
struct Redaction<'a> {
    masker: &'a Masker,
    depth_max: usize,
}

impl Redaction<'_> {
    /// Hides what is under a sensitive name, and replaces known secrets in texts. Names of members are never touched.
    fn redact(&self, value: Py, name: Option<&str>, depth: usize) -> Py {
        let stops_here = depth > self.depth_max;
        if stops_here && self.masker.rules == Rules::Older {
            return value;
        }
        if depth == STACK_END {
            return Py::Str(FAILED.encode_utf16().collect());
        }
        if name.is_some_and(|name| !name.is_empty() && self.masker.rules.is_sensitive(name)) {
            return self.hide(value, depth);
        }
        match value {
            Py::List(items) => Py::List(
                items
                    .into_iter()
                    .map(|item| self.redact(item, None, depth + 1))
                    .collect(),
            ),
            Py::Dict(members) => Py::Dict(
                members
                    .into_iter()
                    .map(|(name, value)| {
                        let text = String::from_utf16_lossy(&name);
                        (name, self.redact(value, Some(&text), depth + 1))
                    })
                    .collect(),
            ),
            Py::Str(text) if !stops_here => Py::Str(self.masker.replace(&text)),
            other => other,
        }
    }

    /// Every text under a sensitive name; and below the greatest depth everything, whatever it is.
    fn hide(&self, value: Py, depth: usize) -> Py {
        match value {
            Py::List(items) if depth <= self.depth_max => {
                Py::List(items.into_iter().map(|item| self.hide(item, depth + 1)).collect())
            }
            Py::Dict(members) if depth <= self.depth_max => Py::Dict(
                members
                    .into_iter()
                    .map(|(name, value)| (name, self.hide(value, depth + 1)))
                    .collect(),
            ),
            Py::Word(_) | Py::Float(_) if depth <= self.depth_max => value,
            _ => Py::Str(MASK.encode_utf16().collect()),
        }
    }
}

/// Python's limit of an integer's digits in text.
const DIGITS_MAX: usize = 4300;

/// Whether Python's reading of this JSON ends in an error that Airflow does not expect: an integer of too many digits.
pub fn is_beyond_python(raw: &str) -> bool {
    raw.len() > DIGITS_MAX && parse(raw).is_some_and(|value| has_long_integer(&value))
}

fn has_long_integer(value: &Py) -> bool {
    match value {
        Py::Word(word) => word.trim_start_matches('-').len() > DIGITS_MAX,
        Py::Float(_) | Py::Str(_) => false,
        Py::List(items) => items.iter().any(has_long_integer),
        Py::Dict(members) => members.iter().any(|(_, member)| has_long_integer(member)),
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
