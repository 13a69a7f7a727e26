//! Data models as the truth knows them: which field is which, whatever it is called, and what its values keep to. Written
//! here a second time on purpose: no checker asks the engine what a model means.

use crate::dice::Dice;
use crate::tokens::{Token, tokens_in};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// A typed collection on Variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Has a unique name, a choice and a whole number.
    Currencies,
    /// Refers to the currencies.
    Rates,
}

/// A record of one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rec {
    /// Its collection.
    pub table: Table,
    /// Its key there.
    pub key: String,
}

/// A field, whatever it is called.
pub type Ident = u32;
/// Its texts by field.
pub type Texts = BTreeMap<Ident, String>;

/// The key's field.
pub const KEY: Ident = 0;
/// The currencies' name, which no two share; the rates' reference.
pub const FIRST: Ident = 1;

impl Table {
    /// Both, in the order of their names.
    pub const ALL: [Self; 2] = [Self::Currencies, Self::Rates];

    /// The collection's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Currencies => "currencies",
            Self::Rates => "fx",
        }
    }

    /// The collection of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// What the keys of its Variables begin with.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Currencies => "cur.",
            Self::Rates => "fx.",
        }
    }

    /// The Variable that holds its data model.
    #[must_use]
    pub fn model_key(self) -> String {
        format!("{}$model", self.prefix())
    }

    /// The keys that are used.
    #[must_use]
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Currencies => &["eur", "gbp", "usd"],
            Self::Rates => &["r1", "r2", "r3"],
        }
    }

    /// A record of it.
    #[must_use]
    pub fn rec(self, key: &str) -> Rec {
        Rec {
            table: self,
            key: key.to_owned(),
        }
    }
}

impl Rec {
    /// The record that a Variable is; not the data model.
    #[must_use]
    pub fn of_variable(address: &str) -> Option<Self> {
        let of = |table: Table| Some(table.rec(address.strip_prefix(table.prefix())?));
        let rec = Table::ALL.into_iter().find_map(of)?;
        (rec.key != "$model").then_some(rec)
    }

    /// The Variable's key.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}{}", self.table.prefix(), self.key)
    }

    /// Every record that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        Table::ALL
            .into_iter()
            .flat_map(|table| table.keys().iter().map(move |key| table.rec(key)))
    }
}

impl fmt::Display for Rec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.table.name(), self.key)
    }
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A text; whether it must be a letter and digits.
    Text(bool),
    /// A whole number.
    Whole,
    /// A decimal.
    Decimal,
    /// One of these.
    Choice(Vec<String>),
}

/// A field of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Which it is.
    pub ident: Ident,
    /// What it is called.
    pub name: String,
    /// What it was called, the last first.
    pub former: Vec<String>,
    /// What it holds.
    pub kind: Kind,
    /// What it is where nothing was given.
    pub default: Option<String>,
    /// Whether a record cannot do without it.
    pub required: bool,
    /// Texts that became others.
    pub map: Vec<(String, String)>,
}

/// A version of a data model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Of which collection.
    pub table: Table,
    /// Which version.
    pub version: u32,
    /// Its fields; the first is the key.
    pub fields: Vec<Spec>,
    /// Whether no two records share the first field.
    pub unique: bool,
    /// Whether the first field refers to the currencies.
    pub refers: bool,
    /// Whether any two changes of a record meet.
    pub whole: bool,
}

impl Scheme {
    /// The version that everybody begins with.
    #[must_use]
    pub fn first(table: Table) -> Self {
        let fields = match table {
            Table::Currencies => vec![
                spec(KEY, "code", Kind::Text(false), true),
                spec(FIRST, "name", Kind::Text(false), true),
                spec(
                    2,
                    "grade",
                    Kind::Choice(vec!["a".into(), "b".into(), "c".into()]),
                    false,
                ),
                spec(3, "lots", Kind::Whole, false),
                spec(4, "note", Kind::Text(true), false),
            ],
            Table::Rates => vec![
                spec(KEY, "id", Kind::Text(false), true),
                spec(FIRST, "currency", Kind::Text(false), false),
                spec(2, "rate", Kind::Decimal, true),
                spec(3, "source", Kind::Text(false), false),
            ],
        };
        Self {
            table,
            version: 1,
            fields,
            unique: table == Table::Currencies,
            refers: table == Table::Rates,
            whole: false,
        }
    }

    /// A field by what it is.
    #[must_use]
    pub fn field(&self, ident: Ident) -> Option<&Spec> {
        self.fields.iter().find(|spec| spec.ident == ident)
    }

    /// A field by any name that it ever had.
    #[must_use]
    pub fn ident_of(&self, name: &str) -> Option<Ident> {
        let now = self.fields.iter().find(|spec| spec.name == name);
        let before = || {
            let was = |spec: &&Spec| spec.former.iter().any(|former| former == name);
            self.fields.iter().find(was)
        };
        now.or_else(before).map(|spec| spec.ident)
    }

    /// The model's file; its steps are the engine's to find.
    #[must_use]
    pub fn file(&self) -> String {
        let properties: Vec<String> = self.fields.iter().map(property).collect();
        let required = self.fields.iter().filter(|spec| spec.required);
        let required: Vec<String> = required.map(|spec| format!("{:?}", spec.name)).collect();
        let first = self.field(FIRST).map_or("", |spec| spec.name.as_str());
        let key = self.field(KEY).map_or("", |spec| spec.name.as_str());
        let mut more = String::new();
        if self.unique {
            more.push_str(&format!(r#", "unique": [[{first:?}]]"#));
        }
        if self.refers {
            more.push_str(&format!(r#", "references": {{{first:?}: "currencies"}}"#));
        }
        if self.whole {
            more.push_str(r#", "merge": "record""#);
        }
        format!(
            r#"{{"type": "object", "properties": {{{}}}, "required": [{}], "x-leeward": {{"collection": "{}", "version": {}, "key": [{key:?}]{more}}}}}"#,
            properties.join(", "),
            required.join(", "),
            self.table.name(),
            self.version,
        )
    }

    /// What a record reads as by this version: under its own names or former ones, and with the defaults.
    #[must_use]
    pub fn read(&self, json: &Value) -> Texts {
        let texts = self.fields.iter().filter_map(|spec| {
            let member = |name: &String| json.get(name).filter(|value| !value.is_null());
            let found = std::iter::once(&spec.name).chain(&spec.former).find_map(member);
            let text = found
                .map(|value| spec.told(&text_of(value)))
                .or(spec.default.clone())?;
            Some((spec.ident, text))
        });
        texts.collect()
    }

    /// What a screen shows, by what each field is.
    #[must_use]
    pub fn shown(&self, fields: &leeward_model::Fields) -> Texts {
        let texts = fields.iter().filter_map(|(name, value)| {
            let spec = self.fields.iter().find(|spec| spec.name == *name)?;
            (!value.is_null()).then(|| (spec.ident, text_of(value)))
        });
        texts.collect()
    }
}

impl Spec {
    /// Whether the text keeps to the rules of this field alone.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match &self.kind {
            Kind::Text(false) => true,
            Kind::Text(true) => {
                let mut letters = text.chars();
                letters.next().is_some_and(|first| first.is_ascii_lowercase()) && is_digits(letters.as_str())
            }
            Kind::Whole => is_digits(text),
            Kind::Decimal => {
                let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
                is_digits(whole) && is_digits(part)
            }
            Kind::Choice(of) => of.iter().any(|one| one == text),
        }
    }

    /// A new text of it, which keeps to its rules or does not.
    pub fn typed(&self, dice: &mut Dice, token: Token, fits: bool) -> String {
        match (&self.kind, fits) {
            (Kind::Text(false), _) if dice.chance(25) => format!("N {token}"),
            (Kind::Text(_), true) | (Kind::Text(false), false) => format!("n{token}"),
            (Kind::Text(true), false) => format!("N {token}"),
            (Kind::Whole, true) => token.to_string(),
            (Kind::Decimal, true) => format!("{token}.5"),
            (Kind::Whole | Kind::Decimal, false) => format!("x{token}"),
            (Kind::Choice(of), true) => dice.pick(of).cloned().unwrap_or_default(),
            (Kind::Choice(_), false) => "zz".into(),
        }
    }

    /// The text in the form of this version.
    fn told(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.fits(&text) {
            return text;
        }
        for (from, to) in &self.map {
            if *from == text {
                text.clone_from(to);
            }
        }
        text
    }

    /// As Airflow's JSON has it.
    #[must_use]
    pub fn json(&self, text: &str) -> Value {
        match self.kind {
            Kind::Whole if self.fits(text) => serde_json::from_str(text).unwrap_or_default(),
            _ => text.into(),
        }
    }
}

fn spec(ident: Ident, name: &str, kind: Kind, required: bool) -> Spec {
    Spec {
        ident,
        name: name.into(),
        former: Vec::new(),
        kind,
        default: None,
        required,
        map: Vec::new(),
    }
}

/// A new field, which records need not have.
#[must_use]
pub fn new_spec(ident: Ident, name: &str, kind: Kind, default: Option<String>) -> Spec {
    Spec {
        default,
        ..spec(ident, name, kind, false)
    }
}

fn property(spec: &Spec) -> String {
    let default = spec.default.as_ref().map(|text| spec.json(text));
    let default = default.map_or(String::new(), |value| format!(r#", "default": {value}"#));
    let kind = match &spec.kind {
        Kind::Text(false) => r#""type": "string""#.to_owned(),
        Kind::Text(true) => r#""type": "string", "pattern": "^[a-z][0-9]+$""#.to_owned(),
        Kind::Whole => r#""type": "integer""#.to_owned(),
        Kind::Decimal => r#""type": "string", "format": "decimal", "x-leeward": {"scale": 6}"#.to_owned(),
        Kind::Choice(of) => format!(r#""enum": {}"#, Value::from(of.clone())),
    };
    format!("{:?}: {{{kind}{default}}}", spec.name)
}

/// A value as a text.
#[must_use]
pub fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether both are the same piece of work: by the number in it, whatever form a type gives it.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let (left, right) = (tokens_in(one), tokens_in(other));
    match left.is_empty() {
        true => one == other,
        false => left == right,
    }
}

/// A Variable's text as the members of a record.
#[must_use]
pub fn members(raw: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(raw).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_schema::DataModel;

    #[test]
    fn the_first_versions_are_models() {
        for table in Table::ALL {
            let scheme = Scheme::first(table);
            let model = DataModel::read(&scheme.file()).unwrap();
            assert_eq!(model.collection(), table.name());
            assert_eq!(model.fields().len(), scheme.fields.len());
        }
    }

    #[test]
    fn what_an_earlier_version_wrote_is_read() {
        let mut scheme = Scheme::first(Table::Currencies);
        scheme.fields[4].former = vec![std::mem::replace(&mut scheme.fields[4].name, "remark".into())];
        scheme.fields[2].kind = Kind::Choice(vec!["aa".into()]);
        scheme.fields[2].map = vec![("a".into(), "aa".into())];
        let json = serde_json::json!({"code": "eur", "grade": "a", "lots": 7, "note": "n1", "more": 1});
        let texts: Vec<_> = scheme.read(&json).into_values().collect();
        assert_eq!(texts, ["eur", "aa", "7", "n1"]);
    }
}
