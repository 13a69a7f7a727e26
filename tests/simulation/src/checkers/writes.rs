//! Judged at each write that reaches Airflow: no-silent-overwrite, seen-before-replaced, no-phantom-delete,
//! no-resurrection, mask-never-sent.

use crate::collections::{Id, Texts, tokens_of};
use crate::invariant::Invariant;
use crate::people::{is_secret, secret_inside};
use crate::request::Asked;
use crate::tokens::{Token, tokens_in};
use crate::truth::{Claim, Op, OpKind, Reading, RunOver, Version, World};
use std::collections::BTreeSet;

/// The declared window: a write that replaces something unread must come so soon after the read that it was planned on.
const WINDOW_US: u64 = 60_000_000;
/// The read that guards a write is no older.
const GUARD_US: u64 = 5_000_000;
/// A request is at the server after so long, where nothing holds it up.
const TRAVEL_US: u64 = 50_000;
/// A write of one's own may be met again for so long, and what was done after it is then done again.
const ECHO_US: u64 = 300_000_000;
/// And with no more requests in between than these.
const WINDOW_REQUESTS: u64 = 6;

impl World {
    /// Judges one change that a desktop's write made.
    pub(crate) fn check_write(&mut self, claim: &Claim, id: &Id, old: Option<&Texts>, new: Option<&Texts>) {
        if let Some(new) = new {
            self.check_secret_inside(claim, id, new);
        }
        match (old, new) {
            (None, Some(new)) => self.check_create(claim, id, new),
            (Some(old), _) => {
                self.check_overwrite(claim, id, old, new);
                if new.is_none() {
                    self.check_delete(claim, id);
                    let now = self.now();
                    self.sides[claim.desk].own_delete.insert(id.clone(), now);
                }
            }
            (None, None) => {}
        }
    }

    fn check_overwrite(&mut self, claim: &Claim, id: &Id, old: &Texts, new: Option<&Texts>) {
        let (before, after) = (old, new.cloned().unwrap_or_default());
        let names = id.kind.fields();
        let versions = self.versions.get(id).copied().unwrap_or_default();
        for (field, name) in names.iter().enumerate() {
            if new.is_some() && before[field] == after[field] {
                continue;
            }
            let reading = claim.readings.get(id);
            let version = versions.fields[field];
            let raced = reading.is_some_and(|reading| in_window(claim, reading, version));
            if raced && !has_read(reading, field, version) {
                self.counters.other("race.in_the_declared_window");
                let run_over = RunOver {
                    desk: claim.desk,
                    at: self.now(),
                    text: before[field].clone(),
                };
                self.run_over.insert((id.clone(), field), run_over);
                continue;
            }
            if !has_read(reading, field, version)
                && !self.is_own_secret(claim, id, before[field].as_deref())
                && !self.puts_back(claim, id, field, after[field].as_deref())
            {
                let what = format!(
                    "desk {} replaced the {name} of {id} ({:?}) by {:?}, which it had not read",
                    claim.desk, before[field], after[field]
                );
                self.violate(Invariant::NoSilentOverwrite, what);
            }
            // A secret is replaced unseen: nobody can be shown what it was (H3).
            if field == 0 && (is_secret(id) || self.is_decided_over_a_mask(claim, id, after[0].as_deref())) {
                continue;
            }
            self.check_seen(
                claim,
                id,
                field,
                before[field].as_deref(),
                after[field].as_deref(),
            );
        }
    }

    /// Whether the replaced secret was this desktop's own. A read that is behind looks like any other there: what is
    /// hidden before and after cannot be told apart.
    fn is_own_secret(&self, claim: &Claim, id: &Id, before: Option<&str>) -> bool {
        let written = tokens_in(before.unwrap_or_default());
        let is_own = |token: &Token| {
            let typed_as = self.stories.get(token).and_then(|story| story.op);
            typed_as.is_some_and(|op| self.ops[op].desk == claim.desk)
        };
        is_secret(id) && !written.is_empty() && written.iter().all(is_own)
    }

    /// Whether what the desktop's own write ran over unread is put back, which it has read since: a read that is behind
    /// shows what was there before that write, and nothing tells that from a change made after it.
    fn puts_back(&self, claim: &Claim, id: &Id, field: usize, after: Option<&str>) -> bool {
        let last = self.versions.get(id).map(|versions| versions.fields[field].at);
        let shown = claim
            .readings
            .get(id)
            .map(|reading| reading.texts[field].as_deref());
        let run_over = self.run_over.get(&(id.clone(), field));
        run_over.is_some_and(|run_over| {
            let is_own = run_over.desk == claim.desk && Some(run_over.at) == last;
            is_own && run_over.text.as_deref() == after && shown == Some(after)
        })
    }

    /// Whether a person decided over a value that Airflow may have hidden from them in part, or replaced it as a whole.
    fn is_decided_over_a_mask(&self, claim: &Claim, id: &Id, after: Option<&str>) -> bool {
        let written = tokens_in(after.unwrap_or_default());
        let replaces = || {
            let stories = written.iter().filter_map(|token| self.stories.get(token));
            stories.into_iter().any(|story| story.secret)
        };
        let decides = || {
            self.ops_on(claim, id)
                .any(|op| matches!(op.kind, OpKind::Resolve(_)))
        };
        secret_inside(id).is_some() && (replaces() || decides())
    }

    fn check_seen(
        &mut self,
        claim: &Claim,
        id: &Id,
        field: usize,
        before: Option<&str>,
        after: Option<&str>,
    ) {
        let replaced = tokens_in(before.unwrap_or_default());
        let written = tokens_in(after.unwrap_or_default());
        let mut seen = self.closure(&written);
        for op in self.ops_on(claim, id) {
            // What emptied the field has no token by which what was written after it leads to what was seen before it.
            if op.kind != OpKind::Edit || written.is_empty() || op.tokens.is_empty() {
                seen.extend(self.closure(&op.saw));
            }
        }
        // Nor can be told whether it survived in a row of the window when the mirror that held it was lost.
        let emptied = |op: &&Op| {
            let is_here = op.desk == claim.desk && op.id == *id;
            is_here && op.kind == OpKind::Edit && op.tokens.is_empty()
        };
        for op in self.ops.iter().filter(emptied) {
            seen.extend(self.closure(&op.saw));
        }
        let unseen: Vec<Token> = replaced.difference(&seen).copied().collect();
        if !unseen.is_empty() {
            let what = format!(
                "desk {} replaced the {} of {id} ({before:?}) by {after:?}, whose author was not shown {unseen:?}",
                claim.desk,
                id.kind.fields()[field]
            );
            self.violate(Invariant::SeenBeforeReplaced, what);
        }
    }

    fn check_delete(&mut self, claim: &Claim, id: &Id) {
        let meant = self
            .ops_on(claim, id)
            .any(|op| op.kind != OpKind::Edit && op.kind != OpKind::Resolve(false));
        if !meant {
            let what = format!(
                "desk {} deleted {id}, which nobody there had asked for",
                claim.desk
            );
            self.violate(Invariant::NoPhantomDelete, what);
        }
    }

    fn check_create(&mut self, claim: &Claim, id: &Id, new: &Texts) {
        let tokens = tokens_of(Some(new));
        // In a page its absence is seen by a listing that does not name it: what was read of it by name is then long ago.
        let read = claim.readings.get(id).map(|reading| reading.at);
        let planned = read
            .filter(|at| at + GUARD_US >= claim.sent_at)
            .unwrap_or(claim.sent_at);
        let side = &self.sides[claim.desk];
        let absent = side.absence_read.get(id).copied();
        let last_is_delete = |by: u64| {
            let known = self
                .ops_on(claim, id)
                .filter(|op| op.first_mirrored.is_some_and(|at| at <= by));
            let last = known.max_by_key(|op| op.first_mirrored);
            last.is_some_and(|op| matches!(op.kind, OpKind::Delete | OpKind::Resolve(true)))
        };
        // It was written down before the guarding read was asked for: just when, is not seen from here.
        let gone_by_us = last_is_delete(planned) && last_is_delete(planned.saturating_sub(TRAVEL_US));
        let known = side.read_tokens.get(id);
        let all_known = !tokens.is_empty()
            && known.is_some_and(|known| tokens.iter().all(|token| known.contains_key(token)));
        // A person may decide to have it back: by settling a conflict, by taking a delete back, by putting a value back.
        let gone_at = self.versions.get(id).and_then(|versions| versions.absent_at);
        let deletes = self
            .ops_on(claim, id)
            .filter(|op| matches!(op.kind, OpKind::Delete | OpKind::Resolve(true)));
        // After one's own delete, lately: that may come late, and what was made after it is pushed again (DESIGN 3.3).
        let deleted_at = deletes.map(|op| op.at).filter(|at| claim.sent_at <= at + ECHO_US);
        let deleted_at = deleted_at.min();
        // And as long as nothing else was seen since: its effect may have been learnt of much later.
        let first_delete = self
            .ops_on(claim, id)
            .filter(|op| matches!(op.kind, OpKind::Delete | OpKind::Resolve(true)))
            .map(|op| op.at)
            .min();
        let own_delete = side.own_delete.get(id);
        let nothing_since =
            own_delete.is_some_and(|at| side.presence_read.get(id).is_none_or(|read| read < at));
        // A creation that was taken back is deleted, too; and that can be taken back.
        let first_take_back = self
            .ops_on(claim, id)
            .filter(|op| op.kind == OpKind::TakeBack)
            .map(|op| op.at)
            .min();
        let taken_back = |op: &Op| {
            let after_delete = first_delete.is_some_and(|at| op.at >= at);
            nothing_since && (after_delete || first_take_back.is_some_and(|at| op.at > at))
        };
        let present = side.presence_read.get(id).copied();
        let is_decision = |op: &Op| {
            let keeps = op.kind != OpKind::Delete && op.kind != OpKind::Resolve(true);
            let soon = deleted_at.is_some_and(|at| op.at >= at);
            // It was decided over nothing, and nothing is all that was seen since.
            let still = op.over_nothing && present < Some(op.at);
            keeps && (Some(op.at) >= gone_at || soon || still || taken_back(op))
        };
        let decided =
            self.ops_on(claim, id).any(is_decision) || self.is_put_in_own_creation(claim, id, &tokens);
        let gone_by_others = all_known && absent.is_some() && !decided;
        if gone_by_us || gone_by_others {
            let what = format!(
                "desk {} made {id} anew ({tokens:?}), which was deleted",
                claim.desk
            );
            self.violate(Invariant::NoResurrection, what);
        }
    }

    /// Whether an older value was put into what had been made here over nothing, and had never got to Airflow.
    fn is_put_in_own_creation(&self, claim: &Claim, id: &Id, tokens: &BTreeSet<Token>) -> bool {
        let unsent = |token: &Token| {
            let story = self.stories.get(token);
            story.is_some_and(|story| story.arrived.is_none())
        };
        let made_here: Vec<&Op> = self
            .ops_on(claim, id)
            .filter(|op| op.kind == OpKind::Edit && op.saw.is_empty() && !op.own.is_empty())
            .filter(|op| op.own.iter().all(unsent))
            .collect();
        self.ops_on(claim, id).any(|op| {
            let put_in = |made: &&Op| op.at >= made.at && !op.saw.is_empty() && op.saw.is_subset(&made.own);
            op.kind == OpKind::Edit && tokens.is_subset(&op.tokens) && made_here.iter().any(put_in)
        })
    }

    fn ops_on<'a>(&'a self, claim: &'a Claim, id: &'a Id) -> impl Iterator<Item = &'a Op> {
        self.ops
            .iter()
            .filter(move |op| op.desk == claim.desk && op.id == *id)
            // What was lost after it was sent was known when it was sent.
            .filter(move |op| !op.lost || op.lost_at > Some(claim.sent_at))
    }

    /// Whatever is written, the secret inside the value stays: nobody ever takes it out.
    fn check_secret_inside(&mut self, claim: &Claim, id: &Id, new: &Texts) {
        let value = new[0].as_deref().unwrap_or_default();
        if secret_inside(id).is_some_and(|secret| !value.contains(&secret)) {
            let what = format!("desk {} took the secret out of {id}: {value:?}", claim.desk);
            self.violate(Invariant::MaskNeverSent, what);
        }
    }

    /// Nothing that is hidden may be written back.
    pub(crate) fn check_mask(&mut self, asked: &Asked) {
        if asked.body.to_string().contains("***") {
            let what = format!("the mask was sent: {asked}");
            self.violate(Invariant::MaskNeverSent, what);
        }
    }
}

fn has_read(reading: Option<&Reading>, field: usize, version: Version) -> bool {
    reading.is_some_and(|reading| reading.present && reading.versions.fields[field].number == version.number)
}

/// Whether what is replaced was written between a desktop's read and the write that it planned on it.
fn in_window(claim: &Claim, reading: &Reading, version: Version) -> bool {
    version.at >= reading.at
        && claim.sent_at - reading.at <= WINDOW_US
        && claim.request - reading.request <= WINDOW_REQUESTS
}
