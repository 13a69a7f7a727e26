//! An import in the window: a file as it comes in parts, its preview by pages, and the work that keeping it is.

use crate::file::{Opened, open};
use crate::planned::{Planned, plan};
use crate::problems::usage;
use crate::withheld::withhold;
use crate::written::refused_csv;
use leeward_exchange::{Plan, PlanStep, Planned as PlannedRecord, PlannedKind};
use leeward_model::{
    Change, DateOrder, FileFormat, ImportField, ImportFound, ImportOptions, ImportPart, ImportPreview,
    ImportRow, ImportWork, Problem, Value,
};
use leeward_store::Ledger;
use leeward_tables::{Decimal, Format, Limits, Options, Refused};

/// Characters of a value in a line of the preview.
const SHOWN_MAX: usize = 200;

/// A file that is being imported into a collection. One whose plan was made has let go of nothing: it can be planned again
/// with other options.
#[derive(Debug)]
pub struct Import {
    collection: String,
    bytes: Vec<u8>,
    ready: Option<Ready>,
}

#[derive(Debug)]
struct Ready {
    opened: Opened,
    planned: Planned,
    /// Places in the plan of what is added and of what is changed.
    added: Vec<usize>,
    changed: Vec<usize>,
    /// What keeping it does: first the records of the file, then the rest.
    steps: Vec<PlanStep>,
}

impl Import {
    /// Nothing of the file has come yet.
    #[must_use]
    pub fn new(collection: String) -> Self {
        Self {
            collection,
            bytes: Vec::new(),
            ready: None,
        }
    }

    /// The next part of the file.
    ///
    /// # Errors
    /// Where the file is larger than one may be.
    pub fn push(&mut self, part: &[u8]) -> Result<(), Problem> {
        let most = Limits::default().file_bytes;
        if (self.bytes.len() + part.len()) as u64 > most {
            self.bytes = Vec::new();
            return Err(usage(
                format!("The file is larger than {} MB.", most >> 20),
                "Split it, and import the parts.",
            ));
        }
        self.ready = None;
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Reads the file, before the mirror is looked at.
    ///
    /// # Errors
    /// Where the file cannot be used as a whole, or an option is none.
    pub fn open(&self, told: &ImportOptions) -> Result<Opened, Problem> {
        open(&self.bytes, &self.collection, options(told)?)
    }

    /// Holds what was opened against the records that there are, and leaves those in conflict as they are. `airflow` is the address of the
    /// environment's Airflow, `make_key` makes up keys.
    ///
    /// # Errors
    /// Where there is no such collection, or the file has nothing to do with it.
    pub fn plan(
        &mut self,
        ledger: &Ledger<'_>,
        opened: Opened,
        airflow: &str,
        make_key: impl Fn() -> String,
    ) -> Result<ImportPreview, Problem> {
        self.ready = None;
        let mut planned = plan(ledger, &self.collection, &opened, airflow, true)?;
        withhold(&mut planned);
        let places = |kind: PlannedKind| {
            let all = planned.plan.planned.iter().enumerate();
            let of_kind = all.filter(move |(_, one)| one.kind == kind);
            of_kind.map(|(place, _)| place).collect::<Vec<usize>>()
        };
        let (added, changed) = (places(PlannedKind::Added), places(PlannedKind::Changed));
        let preview = preview(&planned.plan, added.len(), changed.len(), &opened);
        let steps = planned.plan.steps(planned.seen(), make_key).collect();
        self.ready = Some(Ready {
            opened,
            planned,
            added,
            changed,
            steps,
        });
        Ok(preview)
    }

    /// Whether the plan is still what planning again would make, and the records that it changes have the values that they had
    /// then: what a person was shown is what keeping it does. `airflow` as for [`plan`](Self::plan).
    ///
    /// # Errors
    /// As for [`plan`](Self::plan), and where there is no plan.
    pub fn is_current(&self, ledger: &Ledger<'_>, airflow: &str) -> Result<bool, Problem> {
        let ready = self.ready()?;
        let mut now = plan(ledger, &self.collection, &ready.opened, airflow, true)?;
        withhold(&mut now);
        Ok(now.plan == ready.planned.plan && now.finds_what(&ready.planned))
    }

    /// Lines of a part of the preview, from one on.
    ///
    /// # Errors
    /// Where there is no plan.
    pub fn rows(&self, part: ImportPart, from: usize, count: usize) -> Result<Vec<ImportRow>, Problem> {
        let ready = self.ready()?;
        let plan = &ready.planned.plan;
        let of_places = |places: &[usize]| -> Vec<ImportRow> {
            let page = places.iter().skip(from).take(count);
            page.filter_map(|place| plan.planned.get(*place))
                .map(line)
                .collect()
        };
        Ok(match part {
            ImportPart::Added => of_places(&ready.added),
            ImportPart::Changed => of_places(&ready.changed),
            ImportPart::Refused => plan.refused.iter().skip(from).take(count).map(refusal).collect(),
            ImportPart::Rest => {
                let keys = plan.deleted.iter().skip(from).take(count);
                keys.map(|key| gone(key)).collect()
            }
        })
    }

    /// The work of keeping it, from one record on; `with_rest` deletes what is not in the file. Empty at the end.
    ///
    /// # Errors
    /// Where there is no plan.
    pub fn works(&self, with_rest: bool, from: usize, count: usize) -> Result<Vec<ImportWork>, Problem> {
        let ready = self.ready()?;
        let all = match with_rest {
            true => ready.steps.len(),
            false => ready.planned.plan.planned.len(),
        };
        let steps = ready.steps.iter().take(all).skip(from).take(count);
        let work = |step: &PlanStep| ImportWork {
            kind: step.kind,
            key: step.key.clone(),
            fields: step.fields.clone(),
            before: ready
                .planned
                .present
                .get(&step.key)
                .map(|known| known.fields.clone()),
        };
        Ok(steps.map(work).collect())
    }

    /// The refused rows as CSV with their reasons, how many they are, and how many are not in it.
    ///
    /// # Errors
    /// Where there is no plan.
    pub fn refused(&self) -> Result<(Vec<u8>, usize, usize), Problem> {
        let ready = self.ready()?;
        refused_csv(&ready.opened.table, &ready.planned)
    }

    fn ready(&self) -> Result<&Ready, Problem> {
        self.ready.as_ref().ok_or_else(|| {
            usage(
                "The file is not read yet, or was let go.",
                "Choose the file again.",
            )
        })
    }
}

fn preview(plan: &Plan, added: usize, changed: usize, opened: &Opened) -> ImportPreview {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let sentences = |notes: &[leeward_tables::Note]| notes.iter().map(|note| note.sentence.clone()).collect();
    let found = &plan.found;
    let word = |word: Option<&str>| word.map(str::to_owned);
    ImportPreview {
        added: count(added),
        changed: count(changed),
        unchanged: count(plan.unchanged),
        refused: count(plan.refused.len()),
        rest: count(plan.deleted.len()),
        found: ImportFound {
            format: word(found.format),
            sheet: opened.table.found.sheet.clone(),
            sheets: opened.table.found.sheets.clone(),
            delimiter: found.delimiter.clone(),
            encoding: word(found.encoding),
            decimal: word(found.decimal),
            date_order: word(found.date_order),
        },
        notes: sentences(&plan.notes),
        rest_notes: sentences(&plan.rest_notes),
    }
}

fn line(planned: &PlannedRecord) -> ImportRow {
    let field = |(name, change): (&String, &Change)| ImportField {
        name: name.clone(),
        from: change.from.as_ref().and_then(shown),
        to: change.to.as_ref().and_then(shown),
    };
    ImportRow {
        row: Some(planned.row),
        key: planned.key.clone(),
        fields: planned.fields.iter().map(field).collect(),
        why: None,
    }
}

fn refusal(refused: &Refused) -> ImportRow {
    let field = refused.column.iter().map(|column| ImportField {
        name: column.clone(),
        from: None,
        to: refused.value.as_deref().map(short),
    });
    ImportRow {
        row: Some(refused.row),
        key: None,
        fields: field.collect(),
        why: Some(refused.why.clone()),
    }
}

fn gone(key: &str) -> ImportRow {
    ImportRow {
        row: None,
        key: Some(key.to_owned()),
        fields: Vec::new(),
        why: None,
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(short(text)),
        other => Some(short(&other.to_string())),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn options(told: &ImportOptions) -> Result<Options, Problem> {
    Ok(Options {
        format: told.format.map(format),
        sheet: told.sheet.clone(),
        delimiter: told.delimiter.as_deref().map(delimiter).transpose()?,
        encoding: told.encoding.clone(),
        decimal: told.decimal.as_deref().map(decimal).transpose()?,
        date_order: told.date_order.map(|order| match order {
            DateOrder::Dmy => leeward_tables::DateOrder::DayMonthYear,
            DateOrder::Mdy => leeward_tables::DateOrder::MonthDayYear,
            DateOrder::Ymd => leeward_tables::DateOrder::YearMonthDay,
        }),
        ..Options::default()
    })
}

/// The reader's name for a format.
#[must_use]
pub fn format(format: FileFormat) -> Format {
    match format {
        FileFormat::Csv => Format::Csv,
        FileFormat::Xlsx => Format::Xlsx,
        FileFormat::Parquet => Format::Parquet,
        FileFormat::Json => Format::Json,
        FileFormat::AirflowVariables => Format::AirflowVariables,
    }
}

fn delimiter(text: &str) -> Result<char, Problem> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(usage("What separates cells is one character.", "Choose one.")),
    }
}

fn decimal(text: &str) -> Result<Decimal, Problem> {
    match text {
        "." => Ok(Decimal::Point),
        "," => Ok(Decimal::Comma),
        _ => Err(usage("Decimals are marked by a point or a comma.", "Choose one.")),
    }
}
