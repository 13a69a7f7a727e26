//! `import`.

use crate::args::ImportArgs;
use crate::context::{Context, Failure};
use crate::exchange::file::{self, Opened};
use crate::exchange::result::ImportJson;
use crate::exchange::working::Working;
use crate::exchange::{apply, records, refused, unusable};
use crate::output::{Exit, Output};
use leeward_exchange::{Base, Layout, Plan, PlanOptions, Present, plan};
use leeward_model::Problem;
use leeward_store::Ledger;
use leeward_tables::{Note, NoteCode};

pub(crate) fn run(context: &Context, output: &Output, args: &ImportArgs) -> Result<Exit, Problem> {
    // A collection that is not there is said before a long file is read.
    let found = context.read(|ledger| Ok(records::layout(ledger, &args.collection).map(drop)))?;
    found.map_err(|Failure(problem)| problem)?;
    refused::check(args)?;
    let working = Working::begin("Nothing was kept.")?;
    working.says("Reading the file");
    let file = File {
        args,
        opened: file::open(args)?,
        airflow: context.environment()?.url,
    };
    let (plan, kept, conflicts) = if args.dry_run {
        let planned = context.read(|ledger| Ok(file.plan(ledger, &working)))?;
        let (plan, _) = planned.map_err(|Failure(problem)| problem)?;
        (plan, false, 0)
    } else {
        context.write(|ledger| file.import(context, ledger, &working))?
    };
    drop(working);
    let is_taken = plan.is_taken(args.keep_good);
    output.show(
        &ImportJson::new(plan, kept, conflicts, args.dry_run),
        ImportJson::text,
    );
    Ok(if is_taken { Exit::Done } else { Exit::Unsettled })
}

/// A file, and what it is imported into.
struct File<'a> {
    args: &'a ImportArgs,
    opened: Opened,
    /// The address of the environment's Airflow.
    airflow: String,
}

impl File<'_> {
    /// What would be done with the records that there are in this transaction, and those that its author saw.
    /// The refused rows are written on the way: where that fails, nothing is kept.
    fn plan(&self, ledger: &Ledger<'_>, working: &Working) -> Result<(Plan, Present), Failure> {
        working.says("Comparing the file with the records");
        let collection = &self.args.collection;
        let layout = records::layout(ledger, collection)?;
        let present = records::present(ledger, collection)?;
        let (base, note) = self.base(&layout)?;
        let check = records::addressable(ledger, collection)?;
        let options = PlanOptions {
            delete_rest: self.args.delete_rest,
            base: base.as_ref(),
            addressable: Some(&*check),
        };
        let planned = plan(&layout, &self.opened.table, &present, options);
        let mut plan = planned.map_err(|fault| unusable(&fault))?;
        plan.notes.extend(note);
        refused::save(self.args, &layout, &self.opened.table, &mut plan, &present)?;
        Ok((plan, base.unwrap_or(present)))
    }

    fn base(&self, layout: &Layout) -> Result<(Option<Present>, Option<Note>), Failure> {
        let Some(sheet) = &self.opened.base else {
            return Ok((None, None));
        };
        match layout
            .base(sheet, &self.airflow)
            .map_err(|fault| unusable(&fault))?
        {
            Base::Of(records) => Ok((Some(records), None)),
            Base::Foreign(sentence) => Ok((None, Some(Note::new(NoteCode::Foreign, sentence)))),
        }
    }

    /// All of it or, where something is refused, nothing: unless what is good is to be kept.
    fn import(
        &self,
        context: &Context,
        ledger: &Ledger<'_>,
        working: &Working,
    ) -> Result<(Plan, bool, usize), Failure> {
        let (plan, seen) = self.plan(ledger, working)?;
        if !plan.is_taken(self.args.keep_good) {
            return Ok((plan, false, 0));
        }
        let conflicts = apply::keep(context, ledger, &self.args.collection, &plan, &seen, working)?;
        working.finishes();
        Ok((plan, true, conflicts))
    }
}
