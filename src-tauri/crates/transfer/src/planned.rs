//! What importing a file would do to the records of a mirror.

use crate::file::Opened;
use crate::problems::unusable;
use crate::records::{self, Records};
use leeward_exchange::{Base, Known, Layout, Plan, PlanOptions, Present};
use leeward_model::Problem;
use leeward_store::Ledger;
use leeward_tables::{Note, NoteCode, Table};
use std::collections::BTreeSet;

/// A plan, and what it was made of.
#[derive(Debug)]
pub struct Planned {
    /// The collection as a table.
    pub layout: Layout,
    /// What would be done.
    pub plan: Plan,
    /// The records that there are.
    pub present: Present,
    /// The records as the file's author saw them, where the file says so.
    pub base: Option<Present>,
    /// The keys of the records in conflict.
    pub in_conflict: BTreeSet<String>,
}

impl Planned {
    /// What the author of the file saw: what stands in the file, else what is there.
    #[must_use]
    pub fn seen(&self) -> &Present {
        self.base.as_ref().unwrap_or(&self.present)
    }

    /// Whether the records that `earlier` changes are here what they were there: of an edit the fields that it changes, of
    /// a delete the whole record.
    pub(crate) fn finds_what(&self, earlier: &Self) -> bool {
        let of = |planned: &Self, key: &str| planned.present.get(key).cloned();
        let is_field_same = |key: &String, field: &String| {
            let [now, then] = [self, earlier].map(|planned| of(planned, key));
            let value = |known: Option<Known>| known.and_then(|mut known| known.fields.remove(field));
            value(now) == value(then)
        };
        let edits = earlier.plan.planned.iter();
        let mut edited = edits.flat_map(|one| {
            one.key
                .iter()
                .flat_map(|key| one.fields.keys().map(move |field| (key, field)))
        });
        edited.all(|(key, field)| is_field_same(key, field))
            && earlier
                .plan
                .deleted
                .iter()
                .all(|key| of(self, key) == of(earlier, key))
    }
}

/// Says what would be done with the records that there are in this transaction. `airflow` is the address of the environment's
/// Airflow: a workbook remembers where it was exported.
///
/// # Errors
/// Where there is no such collection, or the file has nothing to do with it.
pub fn plan(
    ledger: &Ledger<'_>,
    collection: &str,
    opened: &Opened,
    airflow: &str,
    delete_rest: bool,
) -> Result<Planned, Problem> {
    let layout = records::layout(ledger, collection)?;
    let Records { present, in_conflict } = records::records(ledger, collection)?;
    let (base, note) = base(&layout, opened.base.as_ref(), airflow)?;
    let check = records::addressable(ledger, collection)?;
    let options = PlanOptions {
        delete_rest,
        base: base.as_ref(),
        addressable: Some(&*check),
    };
    let planned = leeward_exchange::plan(&layout, &opened.table, &present, options);
    let mut plan = planned.map_err(|fault| unusable(&fault))?;
    plan.notes.extend(note);
    Ok(Planned {
        layout,
        plan,
        present,
        base,
        in_conflict,
    })
}

fn base(
    layout: &Layout,
    sheet: Option<&Table>,
    airflow: &str,
) -> Result<(Option<Present>, Option<Note>), Problem> {
    let Some(sheet) = sheet else {
        return Ok((None, None));
    };
    match layout.base(sheet, airflow).map_err(|fault| unusable(&fault))? {
        Base::Of(records) => Ok((Some(records), None)),
        Base::Foreign(sentence) => Ok((None, Some(Note::new(NoteCode::Foreign, sentence)))),
    }
}
