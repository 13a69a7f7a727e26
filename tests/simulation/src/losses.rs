//! What is lost with a store or a process, told apart from what the tested system loses.

use crate::collections::{Id, row, tokens_of};
use crate::contents::Contents;
use crate::desktop::Loss;
use crate::executor::Micros;
use crate::tokens::Token;
use crate::truth::{DeskId, Op, OpKind, Story, World};
use std::collections::BTreeSet;

/// What was read is written down within this time, retries and slow answers included.
const KEPT_US: Micros = 60_000_000;

impl World {
    /// What a process read just before it died it may not have written down any more.
    pub(crate) fn forget_what_was_not_kept(&mut self, desk: DeskId) {
        let since = self.now().saturating_sub(KEPT_US);
        for tokens in self.sides[desk].read_tokens.values_mut() {
            tokens.retain(|_, at| *at < since);
        }
    }

    /// Work of which nobody heard whether it was committed.
    pub(crate) fn found_after_crash(&mut self, desk: DeskId, contents: &Contents) {
        let now = self.now();
        for op in self.ops.iter_mut().filter(|op| op.desk == desk) {
            let is_there = contents.entries.contains(&op.entry);
            if is_there && !op.lost {
                op.mirrored.get_or_insert(now);
                op.first_mirrored.get_or_insert(now);
            }
            if op.unsure && !is_there {
                (op.lost, op.lost_at) = (true, Some(now));
            }
            op.unsure = false;
        }
        self.tell_losses(desk);
    }

    fn tell_losses(&mut self, desk: DeskId) {
        for story in self.stories.values_mut() {
            story.lost |= story
                .op
                .is_some_and(|op| self.ops[op].desk == desk && self.ops[op].lost);
        }
    }

    /// Whether work had its effect, or other work took it over: then it is over, whatever forgets it.
    fn is_over(&self, number: usize) -> bool {
        let op = &self.ops[number];
        let ends = |token: &Token| {
            let by_others = |story: &Story| story.superseded.iter().any(|by| !self.ops[*by].lost);
            self.stories
                .get(token)
                .is_some_and(|story| story.arrived.is_some() || by_others(story))
        };
        let mut later = self.ops[number + 1..].iter();
        let taken_over = later.any(|other| other.desk == op.desk && other.id == op.id && !other.lost);
        match op.kind {
            OpKind::Edit if op.own.is_empty() => taken_over || !self.shows_any(&op.id, &op.saw),
            OpKind::Resolve(false) if op.own.is_empty() => taken_over,
            OpKind::Edit | OpKind::Resolve(false) => op.own.iter().all(ends),
            OpKind::Delete | OpKind::Resolve(true) => {
                // Something else in the place of what was deleted may be put back by its author: that ends nothing.
                let gone = self.versions.get(&op.id).and_then(|versions| versions.absent_at);
                taken_over || op.over_nothing || gone >= Some(op.at)
            }
            OpKind::TakeBack => op.first_mirrored.is_some(),
        }
    }

    /// Whether Airflow shows any of these.
    fn shows_any(&self, id: &Id, tokens: &BTreeSet<Token>) -> bool {
        let shown = tokens_of(row(&self.airflow, id).as_ref());
        !shown.is_disjoint(tokens)
    }

    /// A delete that is lost with a store, while the one that counts now has work from before it as pending: that will be
    /// sent.
    fn comes_back(&self, number: usize, counts: &Contents) -> bool {
        let op = &self.ops[number];
        let Some(held) = counts.tokens.get(&op.id) else {
            return false;
        };
        let earlier = self.ops[..number]
            .iter()
            .filter(|other| other.desk == op.desk && other.id == op.id);
        matches!(op.kind, OpKind::Delete | OpKind::Resolve(true))
            && earlier
                .flat_map(|other| &other.own)
                .any(|token| held.contains(token))
    }

    /// A delete of what was made here and never sent had its effect in the store that counts: nothing is left of it there.
    /// Of what Airflow showed, too, a store that knows nothing tells nothing.
    fn is_done_here(&self, number: usize, counts: &Contents) -> bool {
        let op = &self.ops[number];
        let earlier = self.ops[..number]
            .iter()
            .filter(|other| other.desk == op.desk && other.id == op.id);
        let made: BTreeSet<&Token> = earlier.flat_map(|other| &other.own).collect();
        let held = counts.tokens.get(&op.id);
        let is_left = |token: &&Token| {
            let arrived = self
                .stories
                .get(token)
                .is_none_or(|story| story.arrived.is_some());
            arrived || held.is_some_and(|held| held.contains(token))
        };
        matches!(op.kind, OpKind::Delete | OpKind::Resolve(true))
            && op.first_mirrored.is_some()
            && !made.is_empty()
            && !made.into_iter().chain(&op.saw).any(|token| is_left(&token))
            && !counts.deletes.contains(&op.id)
    }

    /// What neither store holds any more was lost with the only one that did: told apart from what the system loses.
    pub(crate) fn account_for_loss(
        &mut self,
        (desk, loss): (DeskId, Loss),
        window: &Contents,
        mirror: &Contents,
    ) {
        // A mirror that was lost is made anew from the window, a window's store from the mirror.
        let of_window = matches!(loss, Loss::Mirror | Loss::OlderMirror);
        let now = self.now();
        // From the last to the first: what other work took over is over, if that work is not lost.
        for number in (0..self.ops.len()).rev() {
            let op = &self.ops[number];
            if op.desk != desk || op.lost {
                continue;
            }
            let held = is_held(op, window) || is_held(op, mirror);
            // A window that has taken everything over from the mirror knows better than an older copy of that.
            let window_counts = of_window && self.links[desk].settled;
            let comes_back = (of_window && self.comes_back(number, window))
                || (!window_counts && self.comes_back(number, mirror));
            let is_done = (!of_window && self.is_done_here(number, mirror))
                || (window_counts && self.is_done_here(number, window));
            let lost = !held && !op.told && ((!self.is_over(number) && !is_done) || comes_back);
            let op = &mut self.ops[number];
            op.lost = lost;
            op.lost_at = lost.then_some(now);
            if !mirror.entries.contains(&op.entry) {
                op.mirrored = None;
            }
        }
        self.tell_losses(desk);
        for queued in self.queued.iter_mut().filter(|queued| queued.desk == desk) {
            let id = queued.run_id.trim_start_matches("leeward__");
            queued.lost |= !window.actions.contains(id) && !mirror.actions.contains(id);
        }
    }
}

/// Whether a store holds a piece of work, as an entry or as what it came to.
fn is_held(op: &Op, contents: &Contents) -> bool {
    let of_token = |token: &Token| contents.holds(op.entry, &op.id, *token);
    contents.entries.contains(&op.entry)
        || op.own.iter().any(of_token)
        || (op.own.is_empty() && contents.deletes.contains(&op.id))
}
