//! `actions`: the outbox.

use crate::args::ActionsCommand;
use crate::context::Context;
use crate::output::{Exit, Output, below, table, word};
use crate::problem::{not_found, refused};
use leeward_model::{ActionKind, ActionState, ActionView, EntryKind, Problem, Value, WaitsFor};
use leeward_store::{Ledger, StoreError, Work};
use leeward_sync::new_ulid;
use serde::Serialize;
use ulid::Ulid;

/// An action as this interface shows it.
#[derive(Debug, Serialize)]
pub(crate) struct ActionJson {
    id: Ulid,
    kind: &'static str,
    dag_id: String,
    dag_run_id: String,
    conf: Value,
    after_edits: bool,
    state: ActionState,
    note: Option<String>,
    reason: Option<String>,
    queued_at: jiff::Timestamp,
    waits_for: Vec<WaitsFor>,
    run_state: Option<String>,
}

impl From<ActionView> for ActionJson {
    fn from(view: ActionView) -> Self {
        let dag_run_id = view.action.dag_run_id();
        let ActionKind::TriggerRun(trigger) = view.action.what;
        Self {
            id: view.action.id,
            kind: "trigger_run",
            dag_id: trigger.dag_id,
            dag_run_id,
            conf: trigger.conf,
            after_edits: view.action.after_edits,
            state: view.state,
            note: view.note,
            reason: view.reason,
            queued_at: view.queued_at,
            waits_for: view.waits_for,
            run_state: view.run_state,
        }
    }
}

impl ActionJson {
    /// A line or more for people.
    pub(crate) fn text(&self) -> String {
        let note = self
            .note
            .as_deref()
            .map(|note| format!("\n{}", below(note)))
            .unwrap_or_default();
        let (id, run, state) = (self.id, &self.dag_run_id, word(&self.state));
        format!("action   {id}\nrun      {run}\nstate    {state}{note}")
    }
}

pub(crate) fn run(context: &Context, output: &Output, command: ActionsCommand) -> Result<Exit, Problem> {
    match command {
        ActionsCommand::List => list(context, output),
        ActionsCommand::Cancel { id } => cancel(context, output, &id),
        ActionsCommand::Release { id } => release(context, output, &id),
    }
}

const HELD: &str = "What is held goes out once its reason is gone (`leewardctl conflicts resolve`, for a conflict), or \
                    anyway by `leewardctl actions release`.";

fn list(context: &Context, output: &Output) -> Result<Exit, Problem> {
    let views = context.read(|ledger| ledger.actions())?;
    let actions: Vec<ActionJson> = views.into_iter().map(Into::into).collect();
    if actions.is_empty() {
        output.note("Nothing was queued.");
    }
    if actions.iter().any(|action| action.state == ActionState::Held) {
        output.note(HELD);
    }
    output.show(&actions, |actions| text(actions));
    Ok(Exit::Done)
}

fn text(actions: &[ActionJson]) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = actions
        .iter()
        .map(|action| {
            [
                action.id.to_string(),
                word(&action.state),
                action.dag_id.clone(),
                action.run_state.clone().unwrap_or_default(),
                action.note.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(["id", "state", "dag", "run", "note"], &rows)
}

fn cancel(context: &Context, output: &Output, id: &str) -> Result<Exit, Problem> {
    let view = ask(context, id, EntryKind::TakeBack)?;
    if view.state != ActionState::Cancelled {
        let what = format!("The action {} was already sent.", view.action.id);
        return Err(refused(what, "Look at its run with `leewardctl dagrun list`."));
    }
    output.show(&ActionJson::from(view), ActionJson::text);
    Ok(Exit::Done)
}

fn release(context: &Context, output: &Output, id: &str) -> Result<Exit, Problem> {
    let view = ask(context, id, EntryKind::Release)?;
    if view.state != ActionState::Queued {
        let what = format!("The action {} is not waiting any more.", view.action.id);
        return Err(refused(what, "`leewardctl actions list` says where it stands."));
    }
    output.show(&ActionJson::from(view), ActionJson::text);
    Ok(Exit::Done)
}

/// Enters a request about an action, and returns the action as it is then.
fn ask(context: &Context, id: &str, kind: EntryKind) -> Result<ActionView, Problem> {
    let unknown = || {
        not_found(
            format!("There is no action {id}."),
            "`leewardctl actions list` lists them.",
        )
    };
    let id: Ulid = id.parse().map_err(|_| unknown())?;
    let work = Work {
        key: id.to_string(),
        ..Work::new(new_ulid(context.runtime.as_ref()), kind)
    };
    context.write(|ledger| {
        if ledger.action(id)?.is_none() {
            return Err(unknown().into());
        }
        context.enter(ledger, work)?;
        Ok(action(ledger, id)?)
    })
}

/// An action that is known to be there.
pub(crate) fn action(ledger: &Ledger<'_>, id: Ulid) -> Result<ActionView, StoreError> {
    ledger.action(id)?.ok_or(StoreError::NotFound)
}
