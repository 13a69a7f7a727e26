//! An analyst's work, by what they are shown.

use super::values;
use crate::collections::{Id, Kind};
use crate::history::History;
use crate::locked::locked;
use crate::tokens::{Token, tokens_in};
use crate::truth::{DeskId, Op, OpKind, Queued, Story};
use crate::window::store::{CLIENT, Draft};
use crate::window::view::{Seen, seen_row};
use leeward_model::{
    Action, ActionKind, ActionState, Change, Conflict, ConflictField, EntryKind, Fields, RecordState,
    TriggerRun, Value, secret_ref,
};
use leeward_store::Work;
use std::collections::{BTreeMap, BTreeSet};
use ulid::Ulid;

/// The terminal's client.
pub const CTL: &str = "leewardctl";

type Changes = BTreeMap<String, Change>;

/// The app's own client, for what never goes through the window's log.
const APP: &str = "app";

/// How a conflict is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The analyst's side.
    Mine,
    /// The other side.
    Airflow,
    /// Something third.
    Edited,
}

/// Work that is about to be kept.
struct Doing {
    client: &'static str,
    kind: OpKind,
    id: Id,
    fields: Changes,
    deleted: bool,
    tokens: BTreeSet<Token>,
    saw: BTreeSet<Token>,
    /// What was shown beside the record, such as what it clashes with: given up with it, and not meant by it.
    beside: BTreeSet<Token>,
    /// It was shown as deleted in Airflow, and the analyst agreed.
    agreed_gone: bool,
}

fn tokens_of(values: impl IntoIterator<Item = Value>) -> BTreeSet<Token> {
    values
        .into_iter()
        .flat_map(|value| tokens_in(&value.to_string()))
        .collect()
}

impl History {
    /// What a client shows of a record.
    fn shown(&self, desk: DeskId, client: &str, id: &Id) -> Option<Seen> {
        let desk = &self.desks[desk];
        if client == CLIENT {
            return locked(&desk.window).seen(id);
        }
        let record = desk
            .read(|ledger| ledger.record(id.kind.name(), &id.key))
            .flatten()?;
        record.is_visible().then(|| seen_row(&record.view()))
    }

    fn new_id(&self, desk: DeskId) -> Ulid {
        let now = self.wall_of(desk);
        let ms = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let dice = &mut self.world.lock().dice;
        Ulid::from_parts(ms, (u128::from(dice.bits()) << 64) | u128::from(dice.bits()))
    }

    /// Edits a field, or creates the record.
    pub(crate) fn edit(&mut self, desk: DeskId, client: &'static str) {
        let id = values::any_id(&mut self.world.lock().dice);
        self.edit_one(desk, client, &id);
    }

    pub(crate) fn edit_one(&mut self, desk: DeskId, client: &'static str, id: &Id) {
        let seen = self.shown(desk, client, id);
        if seen.as_ref().is_some_and(|seen| seen.deleted) {
            return;
        }
        let is_sealed = seen
            .as_ref()
            .is_some_and(|seen| seen.sealed.iter().any(|name| name == "value"));
        if is_sealed || values::is_secret(id) {
            return self.replace_secret(desk, client, id, seen.is_some());
        }
        self.edit_value(desk, client, id, seen.as_ref());
    }

    fn edit_value(&mut self, desk: DeskId, client: &'static str, id: &Id, seen: Option<&Seen>) {
        let field = match seen {
            // A new record cannot do without its first field.
            None => id.kind.fields()[0],
            Some(_) => values::any_field(&mut self.world.lock().dice, id.kind),
        };
        let from = seen.and_then(|seen| seen.fields.get(field).cloned());
        let saw = tokens_of(from.clone());
        let to = {
            let world = &mut *self.world.lock();
            let token = world.new_token(Story::default());
            values::typed(&mut world.dice, id, field, from.as_ref(), token)
        };
        let tokens = tokens_of([to.clone()]);
        let change = Change { from, to: Some(to) };
        self.keep(desk, edited(client, id, field, change, tokens, saw));
    }

    /// Edits a description, or empties it.
    pub(crate) fn describe(&mut self, desk: DeskId, client: &'static str) {
        let id = values::any_id(&mut self.world.lock().dice);
        let Some(seen) = self.shown(desk, client, &id).filter(|seen| !seen.deleted) else {
            return;
        };
        let field = match id.kind {
            Kind::Rates => "source",
            Kind::Variables | Kind::Pools => "description",
        };
        let Some(from) = seen.fields.get(field).cloned() else {
            return;
        };
        let to = {
            let world = &mut *self.world.lock();
            if world.dice.chance(15) {
                Value::Null
            } else {
                let token = world.new_token(Story::default());
                Value::String(format!("said {token}"))
            }
        };
        let (saw, tokens) = (tokens_of([from.clone()]), tokens_of([to.clone()]));
        let change = Change {
            from: Some(from),
            to: Some(to),
        };
        self.keep(desk, edited(client, &id, field, change, tokens, saw));
    }

    /// Empties the first field, as the mirror's commands allow it: a record that lacks it is never sent, somebody must
    /// decide.
    pub(crate) fn empty(&mut self, desk: DeskId, client: &'static str) {
        let id = values::any_id(&mut self.world.lock().dice);
        let Some(seen) = self.shown(desk, client, &id).filter(|seen| !seen.deleted) else {
            return;
        };
        let field = id.kind.fields()[0];
        let Some(from) = seen.fields.get(field).cloned() else {
            return;
        };
        let saw = tokens_of([from.clone()]);
        let change = Change {
            from: Some(from),
            to: None,
        };
        self.keep(desk, edited(client, &id, field, change, BTreeSet::new(), saw));
    }

    /// The new secret goes to the keychain, its id into the mirror's log at once, as the app and `leewardctl` do it.
    fn replace_secret(&mut self, desk: DeskId, client: &'static str, id: &Id, exists: bool) {
        // The command goes to the mirror itself: a person who has just opened the window is not there yet.
        let agreed = self.world.lock().links[desk].settled;
        if !exists || !agreed || !self.desks[desk].is_open() {
            return;
        }
        let secret_id = self.new_id(desk).to_string();
        let token = self.world.lock().new_token(Story {
            secret: true,
            ..Story::default()
        });
        let secret = match values::secret_inside(id) {
            Some(_) => values::typed_as_text(&mut self.world.lock().dice, id, "value", None, token),
            None => Some(format!("hush {token}")),
        };
        let secret = secret.unwrap_or_default();
        locked(&self.desks[desk].keychain.0).insert(secret_id.clone(), secret);
        let from = self.desks[desk].read(|ledger| {
            let record = ledger.record(id.kind.name(), &id.key)?;
            Ok(record.and_then(|record| record.local("value").cloned()))
        });
        let change = Change {
            from: from.flatten(),
            to: Some(secret_ref(&secret_id)),
        };
        // A secret is replaced unseen: that is what the command is for.
        let saw = self.world.lock().all_tokens_of(id);
        let work = Doing {
            client: if client == CLIENT { APP } else { client },
            kind: OpKind::Edit,
            id: id.clone(),
            fields: [("value".to_owned(), change)].into(),
            deleted: false,
            tokens: [token].into(),
            saw,
            beside: BTreeSet::new(),
            agreed_gone: false,
        };
        self.enter(desk, work);
        self.world.lock().counters.other("op.replace_secret");
    }

    /// Puts an older value back, as a new edit.
    pub(crate) fn put_back(&mut self, desk: DeskId, client: &'static str) {
        let id = values::any_id(&mut self.world.lock().dice);
        let Some(seen) = self.shown(desk, client, &id).filter(|seen| !seen.deleted) else {
            return;
        };
        let field = values::any_field(&mut self.world.lock().dice, id.kind);
        let items = self.desks[desk].read(|ledger| ledger.history(id.kind.name(), &id.key, 20));
        let values = items
            .into_iter()
            .flatten()
            .filter_map(|item| item.fields?.get(field).cloned());
        let values: Vec<Value> = values.collect();
        let Some(to) = self.world.lock().dice.pick(&values).cloned() else {
            return;
        };
        let Some(from) = seen.fields.get(field).cloned() else {
            return;
        };
        if from == to {
            return;
        }
        let (saw, tokens) = (tokens_of([from.clone()]), tokens_of([to.clone()]));
        let change = Change {
            from: Some(from),
            to: Some(to),
        };
        self.world.lock().counters.other("op.put_back");
        self.keep(desk, edited(client, &id, field, change, tokens, saw));
    }

    /// Deletes a record that is shown.
    pub(crate) fn delete(&mut self, desk: DeskId, client: &'static str) {
        let id = values::any_id(&mut self.world.lock().dice);
        let Some(seen) = self.shown(desk, client, &id).filter(|seen| !seen.deleted) else {
            return;
        };
        let mut saw = tokens_of(seen.fields.values().cloned());
        let clashes = seen
            .conflict
            .iter()
            .map(|conflict| serde_json::to_value(conflict).unwrap_or_default());
        let beside = tokens_of(clashes);
        if !seen.sealed.is_empty() {
            saw.extend(self.world.lock().all_tokens_of(&id));
        }
        let from = |(name, value): (String, Value)| {
            let change = Change {
                from: Some(value),
                to: None,
            };
            (name, change)
        };
        self.keep(
            desk,
            Doing {
                client,
                kind: OpKind::Delete,
                id,
                fields: seen.fields.into_iter().map(from).collect(),
                deleted: false,
                tokens: BTreeSet::new(),
                saw,
                beside,
                agreed_gone: false,
            },
        );
    }

    /// Takes all pending work on a record back.
    pub(crate) fn take_back(&mut self, desk: DeskId, client: &'static str) {
        let Some(id) = self.any_in(desk, client, |seen| seen.state != RecordState::Clean) else {
            return;
        };
        self.take_back_of(desk, client, &id);
    }

    pub(crate) fn take_back_of(&mut self, desk: DeskId, client: &'static str, id: &Id) {
        let saw = self.world.lock().all_tokens_of(id);
        let shown = self.shown(desk, client, id).filter(|_| client == CLIENT);
        let clashes = shown
            .iter()
            .flat_map(|seen| &seen.conflict)
            .flat_map(|clash| &clash.fields);
        let clash = |field: &ConflictField| {
            let change = Change {
                from: Some(field.airflow.clone()?),
                to: None,
            };
            Some((field.name.clone(), change))
        };
        let fields: Changes = clashes.filter_map(clash).collect();
        self.keep(
            desk,
            Doing {
                client,
                kind: OpKind::TakeBack,
                id: id.clone(),
                fields,
                deleted: shown.is_some_and(|seen| seen.deleted),
                tokens: BTreeSet::new(),
                saw,
                beside: BTreeSet::new(),
                agreed_gone: false,
            },
        );
    }

    fn any_in(&self, desk: DeskId, client: &str, is: impl Fn(&Seen) -> bool) -> Option<Id> {
        let ids: Vec<Id> = values::ids()
            .filter(|id| self.shown(desk, client, id).is_some_and(|seen| is(&seen)))
            .collect();
        self.world.lock().dice.pick(&ids).cloned()
    }

    /// Settles a conflict.
    pub(crate) fn resolve(&mut self, desk: DeskId, client: &'static str) {
        let Some(id) = self.any_in(desk, client, |seen| seen.conflict.is_some()) else {
            return;
        };
        let decision = match self.world.lock().dice.below(3) {
            0 => Decision::Mine,
            1 => Decision::Airflow,
            _ => Decision::Edited,
        };
        self.resolve_of(desk, client, &id, decision);
    }

    pub(crate) fn resolve_of(&mut self, desk: DeskId, client: &'static str, id: &Id, decision: Decision) {
        let Some(seen) = self.shown(desk, client, id) else {
            return;
        };
        let Some(conflict) = seen.conflict.clone() else {
            return;
        };
        let (fields, deleted) = self.decided(id, &seen, &conflict, decision);
        let text = serde_json::to_value(&conflict).unwrap_or_default();
        let mut saw = tokens_of([text]);
        saw.extend(tokens_of(seen.fields.values().cloned()));
        if !seen.sealed.is_empty() {
            saw.extend(self.world.lock().all_tokens_of(id));
        }
        let tokens = tokens_of(fields.values().filter_map(|change| change.to.clone()));
        self.world
            .lock()
            .counters
            .other(&format!("op.resolve_{decision:?}").to_lowercase());
        self.keep(
            desk,
            Doing {
                client,
                kind: OpKind::Resolve(deleted),
                id: id.clone(),
                fields,
                deleted,
                tokens,
                saw,
                beside: BTreeSet::new(),
                agreed_gone: deleted && conflict.airflow_deleted,
            },
        );
    }

    fn decided(&mut self, id: &Id, seen: &Seen, conflict: &Conflict, decision: Decision) -> (Changes, bool) {
        let by_field = |to: &mut dyn FnMut(&ConflictField) -> Option<Value>| -> Changes {
            let change = |field: &ConflictField| {
                let change = Change {
                    from: field.airflow.clone(),
                    to: to(field),
                };
                (field.name.clone(), change)
            };
            conflict.fields.iter().map(change).collect()
        };
        match decision {
            Decision::Mine if conflict.mine_deleted => (by_field(&mut |_| None), true),
            Decision::Airflow if conflict.airflow_deleted => (by_field(&mut |_| None), true),
            Decision::Airflow => (by_field(&mut |field| field.airflow.clone()), false),
            Decision::Mine => (
                whole(by_field(&mut |field| field.mine.clone()), seen, conflict),
                false,
            ),
            Decision::Edited => {
                let decided = by_field(&mut |field| self.third(id, seen, field));
                (whole(decided, seen, conflict), false)
            }
        }
    }

    /// Something else than either side. No secret is typed into the records: the window offers no field for it.
    fn third(&self, id: &Id, seen: &Seen, field: &ConflictField) -> Option<Value> {
        let sealed = seen.sealed.contains(&field.name) || (field.name == "value" && values::is_secret(id));
        if sealed {
            return field.mine.clone();
        }
        let world = &mut *self.world.lock();
        let token = world.new_token(Story::default());
        Some(match field.name.as_str() {
            "description" | "source" => format!("decided {token}").into(),
            name => values::typed(&mut world.dice, id, name, None, token),
        })
    }

    /// The analyst's side of a conflict that is settled, or of the work that is taken back, as it is shown.
    fn mine_shown(&self, desk: DeskId, doing: &Doing) -> Option<Fields> {
        let seen = self.shown(desk, doing.client, &doing.id)?;
        if doing.kind == OpKind::TakeBack && doing.client == CLIENT {
            return Some(seen.fields);
        }
        let conflict = seen
            .conflict
            .filter(|_| matches!(doing.kind, OpKind::Resolve(_)))?;
        let mine = |field: ConflictField| Some((field.name, field.mine?));
        Some(conflict.fields.into_iter().filter_map(mine).collect())
    }

    /// Keeps work in the window's store, or enters it by `leewardctl`.
    fn keep(&mut self, desk: DeskId, doing: Doing) {
        if doing.client == CTL {
            return self.enter(desk, doing);
        }
        let draft = Draft {
            id: self.new_id(desk),
            kind: kind_of(doing.kind),
            subject: (doing.id.kind.name().into(), doing.id.key.clone()),
            fields: doing.fields.clone(),
            mine: self.mine_shown(desk, &doing),
            deleted: doing.deleted,
            action: None,
            at: self.wall_of(desk),
        };
        let entry = draft.id;
        locked(&self.desks[desk].window).keep(draft);
        self.note(desk, doing, entry, false);
        self.wake(desk);
    }

    fn wake(&self, desk: DeskId) {
        if let Some(app) = &self.desks[desk].app {
            app.wake.notify_one();
        }
    }

    /// One transaction of the mirror: kept when it has returned.
    fn enter(&mut self, desk: DeskId, doing: Doing) {
        let id = self.new_id(desk);
        let work = Work {
            collection: doing.id.kind.name().into(),
            key: doing.id.key.clone(),
            fields: doing.fields.clone(),
            mine: self.mine_shown(desk, &doing),
            deleted: doing.deleted,
            ..Work::new(id, kind_of(doing.kind))
        };
        let now = self.wall_of(desk);
        let Some(app) = &self.desks[desk].app else { return };
        let entered = locked(&app.mirror).write(|ledger| ledger.enter(doing.client, work, now));
        let alive = self.desks[desk].is_open();
        let (driver, wake) = (app.driver.clone(), app.wake.clone());
        if !alive {
            // It may have been committed, but nobody was told so: what is found after the crash decides.
            self.note(desk, doing, id, false);
            self.world
                .lock()
                .ops
                .last_mut()
                .into_iter()
                .for_each(|op| op.unsure = true);
        } else if entered.is_ok() {
            self.note(desk, doing, id, true);
            wake.notify_one();
            driver.edited();
        }
    }

    /// Takes down for the checkers what was done.
    fn note(&mut self, desk: DeskId, doing: Doing, entry: Ulid, mirrored: bool) {
        let world = &mut *self.world.lock();
        let (at, number) = (world.now(), world.ops.len());
        let saw = world.closure(&doing.saw);
        for token in &doing.tokens {
            world
                .key_tokens
                .entry(doing.id.clone())
                .or_default()
                .insert(*token);
            if let Some(story) = world.stories.get_mut(token) {
                story.op.get_or_insert(number);
                story.seen.extend(saw.iter().filter(|other| *other != token));
            }
        }
        let shown: BTreeSet<Token> = doing.saw.union(&doing.beside).copied().collect();
        let gone: Vec<Token> = shown.difference(&doing.tokens).copied().collect();
        for token in gone {
            let is_ours = |story: &Story| story.op.is_none_or(|op| world.ops[op].desk == desk);
            if world.stories.get(&token).is_some_and(is_ours)
                && let Some(story) = world.stories.get_mut(&token)
            {
                story.superseded.push(number);
            }
        }
        world.say(format_args!(
            "desk {desk} {}: {:?} {} {} seeing {:?}",
            doing.client,
            doing.kind,
            doing.id,
            shown_changes(&doing.fields),
            doing.saw
        ));
        world.counters.other("operations");
        let side = &world.sides[desk];
        let over_nothing = side.absence_read.get(&doing.id) > side.presence_read.get(&doing.id);
        let unread = !side.presence_read.contains_key(&doing.id);
        world.ops.push(Op {
            over_nothing,
            agreed_gone: doing.agreed_gone,
            unread,
            desk,
            client: doing.client,
            id: doing.id,
            kind: doing.kind,
            at,
            entry,
            own: own_of(&doing.tokens, &doing.saw),
            tokens: doing.tokens,
            saw,
            mirrored: mirrored.then_some(at),
            first_mirrored: mirrored.then_some(at),
            lost: false,
            lost_at: None,
            unsure: false,
            told: false,
        });
    }

    /// Queues a run.
    pub(crate) fn trigger(&mut self, desk: DeskId, after_edits: bool) {
        let (dag_id, token, now) = {
            let world = &mut *self.world.lock();
            let dags: Vec<String> = world.airflow.dags.iter().map(|dag| dag.dag_id.clone()).collect();
            let Some(dag_id) = world.dice.pick(&dags).cloned() else {
                return;
            };
            (dag_id, world.new_token(Story::default()), world.now())
        };
        let id = self.new_id(desk);
        let trigger = TriggerRun {
            dag_id: dag_id.clone(),
            conf: serde_json::json!({ "mark": format!("c{token}") }),
            note: None,
        };
        let action = Action {
            id,
            what: ActionKind::TriggerRun(trigger),
            after_edits,
        };
        let run_id = action.dag_run_id();
        let draft = Draft {
            id: self.new_id(desk),
            kind: EntryKind::Act,
            subject: (String::new(), id.to_string()),
            fields: Changes::new(),
            mine: None,
            deleted: false,
            action: Some(action),
            at: self.wall_of(desk),
        };
        let entry = draft.id;
        locked(&self.desks[desk].window).keep(draft);
        let world = &mut *self.world.lock();
        let is_before = |op: &Op| op.desk == desk && (op.client == CLIENT || op.mirrored.is_some());
        let before = (0..world.ops.len())
            .filter(|number| is_before(&world.ops[*number]))
            .collect();
        world.say(format_args!(
            "desk {desk} window: queues {run_id}, after edits: {after_edits}"
        ));
        world.counters.other("operations");
        world.queued.push(Queued {
            desk,
            entry,
            dag_id,
            token,
            run_id,
            after_edits,
            before,
            released: false,
            taken_back: false,
            forgotten: false,
            started: 0,
            at: now,
            lost: false,
        });
        self.wake(desk);
    }

    /// Takes a queued run back, or sends one that is held.
    pub(crate) fn act_on_run(&mut self, desk: DeskId, release: bool) {
        let shown = locked(&self.desks[desk].window).shown_actions();
        let fits = |state: &ActionState| match release {
            true => matches!(state, ActionState::Held | ActionState::Waiting),
            false => !matches!(state, ActionState::Done | ActionState::Cancelled),
        };
        let ids: Vec<Ulid> = shown
            .iter()
            .filter(|(_, state)| fits(state))
            .map(|(action, _)| action.id)
            .collect();
        let Some(id) = self.world.lock().dice.pick(&ids).copied() else {
            return;
        };
        self.act_on(desk, id, release);
    }

    pub(crate) fn act_on(&mut self, desk: DeskId, id: Ulid, release: bool) {
        let kind = if release {
            EntryKind::Release
        } else {
            EntryKind::TakeBack
        };
        let draft = Draft {
            id: self.new_id(desk),
            kind,
            subject: (String::new(), id.to_string()),
            fields: Changes::new(),
            mine: None,
            deleted: false,
            action: None,
            at: self.wall_of(desk),
        };
        locked(&self.desks[desk].window).keep(draft);
        let world = &mut *self.world.lock();
        world.say(format_args!("desk {desk} window: {kind:?} of {id}"));
        world.counters.other("operations");
        let run_id = format!("leeward__{id}");
        for queued in world.queued.iter_mut().filter(|queued| queued.run_id == run_id) {
            queued.released |= release;
            queued.taken_back |= !release;
        }
        self.wake(desk);
    }
}

/// A record that Airflow has no more is made anew with all its fields.
/// An edit of one field.
fn edited(
    client: &'static str,
    id: &Id,
    field: &str,
    change: Change,
    tokens: BTreeSet<Token>,
    saw: BTreeSet<Token>,
) -> Doing {
    Doing {
        client,
        kind: OpKind::Edit,
        id: id.clone(),
        fields: [(field.to_owned(), change)].into(),
        deleted: false,
        tokens,
        saw,
        beside: BTreeSet::new(),
        agreed_gone: false,
    }
}

fn whole(mut changes: Changes, seen: &Seen, conflict: &Conflict) -> Changes {
    if conflict.airflow_deleted {
        for (name, to) in &seen.fields {
            let change = Change {
                from: None,
                to: Some(to.clone()),
            };
            changes.entry(name.clone()).or_insert(change);
        }
    }
    changes
}

/// An edit inside a JSON object leaves much of what was there.
fn own_of(tokens: &BTreeSet<Token>, saw: &BTreeSet<Token>) -> BTreeSet<Token> {
    let new: BTreeSet<Token> = tokens.difference(saw).copied().collect();
    if new.is_empty() { tokens.clone() } else { new }
}

fn kind_of(kind: OpKind) -> EntryKind {
    match kind {
        OpKind::Edit => EntryKind::Edit,
        OpKind::Delete => EntryKind::Delete,
        OpKind::TakeBack => EntryKind::TakeBack,
        OpKind::Resolve(_) => EntryKind::Resolve,
    }
}

fn shown_changes(fields: &Changes) -> String {
    let text = |slot: &Option<Value>| slot.as_ref().map_or("-".into(), Value::to_string);
    let change = |(name, change): (&String, &Change)| {
        format!("{name}: {} -> {}", text(&change.from), text(&change.to))
    };
    fields.iter().map(change).collect::<Vec<_>>().join(", ")
}
