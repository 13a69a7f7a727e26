//! `import`.

use crate::args::ImportArgs;
use crate::context::{Context, Failure};
use crate::exchange::result::ImportJson;
use crate::exchange::working::Working;
use crate::exchange::{apply, file, refused};
use crate::output::{Exit, Output};
use leeward_exchange::Plan;
use leeward_model::Problem;
use leeward_store::Ledger;
use leeward_transfer::{Opened, Planned, layout, plan};

pub(crate) fn run(context: &Context, output: &Output, args: &ImportArgs) -> Result<Exit, Problem> {
    // A collection that is not there is said before a long file is read.
    context.read(|ledger| Ok(layout(ledger, &args.collection).map(drop)))??;
    refused::check(args)?;
    let working = Working::begin("Nothing was kept.")?;
    working.says("Reading the file");
    let file = File {
        args,
        opened: file::open(args)?,
        airflow: context.environment()?.url,
    };
    let (plan, kept, conflicts) = if args.dry_run {
        let planned = context.read(|ledger| Ok(file.plan(ledger, &working)))??;
        (planned.plan, false, 0)
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
    /// What would be done with the records that there are in this transaction. The refused rows are written on the way:
    /// where that fails, nothing is kept.
    fn plan(&self, ledger: &Ledger<'_>, working: &Working) -> Result<Planned, Problem> {
        working.says("Comparing the file with the records");
        let args = self.args;
        let mut planned = plan(
            ledger,
            &args.collection,
            &self.opened,
            &self.airflow,
            args.delete_rest,
        )?;
        refused::save(args, &self.opened.table, &mut planned)?;
        let notes = std::mem::take(&mut planned.plan.rest_notes);
        planned.plan.notes.extend(notes);
        Ok(planned)
    }

    /// All of it or, where something is refused, nothing: unless what is good is to be kept.
    fn import(
        &self,
        context: &Context,
        ledger: &Ledger<'_>,
        working: &Working,
    ) -> Result<(Plan, bool, usize), Failure> {
        let planned = self.plan(ledger, working)?;
        if !planned.plan.is_taken(self.args.keep_good) {
            return Ok((planned.plan, false, 0));
        }
        let conflicts = apply::keep(context, ledger, &self.args.collection, &planned, working)?;
        working.finishes();
        Ok((planned.plan, true, conflicts))
    }
}
