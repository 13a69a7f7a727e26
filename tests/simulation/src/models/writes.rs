//! Judges what a desktop sends at the moment when it does: *violation-never-sent*, and that no member of a record is lost
//! on the way (*model-never-loses*). By what that desktop was served and what was typed there; where that does not say
//! how a record stands in its analyst's eyes, nothing is judged.

use super::scheme::{FIRST, Ident, Rec, Scheme, Table, same, text_of};
use super::world::World;
use crate::invariant::Invariant;
use crate::truth::{DeskId, OpKind};
use serde_json::{Map, Value};

/// How a field of a record stands in the eyes of a desktop's analyst.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// It has this text; none where it has no value.
    Text(Option<String>),
    /// There is no such record, or its delete waits.
    Gone,
    /// It cannot be told from outside.
    Unknown,
}

type Sent = (Rec, Option<Map<String, Value>>);

impl World {
    /// Judges a request that writes records.
    pub fn check_sent(&mut self, desk: DeskId, sent: &[Sent]) {
        let mut found = Vec::new();
        for (rec, members) in sent {
            let Some(scheme) = self.in_force(desk, rec.table) else {
                continue;
            };
            match members {
                None => found.extend(self.deletes_what_is_referred_to(desk, rec)),
                Some(members) => {
                    found.extend(self.breaks_its_field(desk, rec, scheme, members));
                    found.extend(self.shares_what_is_unique(desk, rec, scheme, members));
                    found.extend(self.refers_to_nothing(desk, rec, scheme, members));
                    found.extend(self.loses_a_member(desk, rec, scheme, members));
                }
            }
        }
        for (invariant, what) in found {
            self.violate(invariant, format!("desk {desk} {what}"));
        }
    }

    /// A text that is new with this write, and that its field cannot hold.
    fn breaks_its_field(
        &self,
        desk: DeskId,
        rec: &Rec,
        scheme: &Scheme,
        members: &Map<String, Value>,
    ) -> Option<(Invariant, String)> {
        let now = scheme.read(&Value::Object(members.clone()));
        let read = self.sides[desk].readings.get(rec)?.members.clone();
        let before = read.map_or_else(Default::default, |read| scheme.read(&Value::Object(read)));
        let (ident, text) = now.iter().find(|(ident, text)| {
            let is_new = before.get(*ident) != Some(*text);
            is_new && scheme.field(**ident).is_some_and(|spec| !spec.fits(text))
        })?;
        let name = &scheme.field(*ident)?.name;
        let what = format!("sends {rec} with {name} {text}, which breaks the rule of that field");
        Some((Invariant::ViolationNeverSent, what))
    }

    fn shares_what_is_unique(
        &self,
        desk: DeskId,
        rec: &Rec,
        scheme: &Scheme,
        members: &Map<String, Value>,
    ) -> Option<(Invariant, String)> {
        if !scheme.unique {
            return None;
        }
        let text = scheme.read(&Value::Object(members.clone())).remove(&FIRST)?;
        let shares = |other: &Rec| {
            other.table == rec.table
                && other != rec
                && self.known(desk, other, FIRST) == Known::Text(Some(text.clone()))
        };
        let other = Rec::all().find(shares)?;
        let what = format!("sends {rec} with {text}, which is unique, and which {other} has");
        Some((Invariant::ViolationNeverSent, what))
    }

    fn refers_to_nothing(
        &self,
        desk: DeskId,
        rec: &Rec,
        scheme: &Scheme,
        members: &Map<String, Value>,
    ) -> Option<(Invariant, String)> {
        let side = &self.sides[desk];
        let is_known = side.whole.contains(&Table::Currencies) && !side.stopped.contains(&Table::Currencies);
        if !scheme.refers || !is_known {
            return None;
        }
        let text = scheme.read(&Value::Object(members.clone())).remove(&FIRST)?;
        let target = Table::Currencies.rec(&text);
        let is_gone = self.known(desk, &target, FIRST) == Known::Gone;
        let what = format!("sends {rec}, which refers to {target}, and that is not there");
        is_gone.then_some((Invariant::ViolationNeverSent, what))
    }

    fn deletes_what_is_referred_to(&self, desk: DeskId, rec: &Rec) -> Option<(Invariant, String)> {
        let refers = self.in_force(desk, Table::Rates)?.refers;
        if rec.table != Table::Currencies || !refers {
            return None;
        }
        let key = Known::Text(Some(rec.key.clone()));
        let is_referring = |other: &Rec| other.table == Table::Rates && self.known(desk, other, FIRST) == key;
        let other = Rec::all().find(is_referring)?;
        let what = format!("deletes {rec}, and {other} refers to it");
        Some((Invariant::ViolationNeverSent, what))
    }

    /// A member that was read, that nobody on this desktop ever touched, and that is not sent back.
    fn loses_a_member(
        &self,
        desk: DeskId,
        rec: &Rec,
        scheme: &Scheme,
        members: &Map<String, Value>,
    ) -> Option<(Invariant, String)> {
        let read = self.sides[desk].readings.get(rec)?.members.as_ref()?;
        let now = scheme.read(&Value::Object(members.clone()));
        let lost = read.iter().find(|(name, value)| {
            let Some(ident) = scheme.ident_of(name) else {
                return members.get(*name) != Some(*value);
            };
            let is_kept = |text: &String| same(text, &text_of(value)) || scheme.comes_of(ident, text, value);
            let is_shadowed = members.contains_key(*name) && read.get(*name) == members.get(*name);
            !now.get(&ident).is_some_and(is_kept) && !is_shadowed && !self.is_touched(desk, rec, ident)
        });
        let (name, value) = lost?;
        let what = format!("sends {rec} without the {name} {value} that it had read");
        Some((Invariant::ModelNeverLoses, what))
    }

    fn is_touched(&self, desk: DeskId, rec: &Rec, ident: Ident) -> bool {
        let mut ops = self.ops.iter().filter(|op| op.desk == desk && op.rec == *rec);
        ops.any(|op| op.texts.contains_key(&ident) || op.kind != OpKind::Edit)
    }

    /// How the field stands in the eyes of this desktop's analyst, as far as can be told for certain.
    fn known(&self, desk: DeskId, rec: &Rec, ident: Ident) -> Known {
        let side = &self.sides[desk];
        let ops: Vec<_> = self
            .ops
            .iter()
            .filter(|op| op.desk == desk && op.rec == *rec)
            .collect();
        let is_settled = |at: Option<u64>| at.is_some_and(|at| at < side.told_at);
        let is_doubtful = ops.iter().any(|op| op.unsure || !is_settled(op.mirrored));
        if is_doubtful || side.missing.contains(rec) || side.unwritten.contains(rec) {
            return Known::Unknown;
        }
        let reading = side.readings.get(rec);
        let Some(last) = ops.last() else {
            let Some(reading) = reading else {
                return Known::Unknown;
            };
            let Some(members) = &reading.members else {
                return Known::Gone;
            };
            let scheme = self.in_force(desk, rec.table);
            let text = scheme.map(|scheme| scheme.read(&Value::Object(members.clone())).remove(&ident));
            return text.map_or(Known::Unknown, Known::Text);
        };
        // What conflicts, refusals and decisions made of several pieces of work only the engine knows.
        let is_only = ops.len() == 1 && side.in_force.get(&rec.table) == Some(&last.scheme);
        match (last.kind, last.texts.get(&ident)) {
            (OpKind::Edit, Some(text)) if is_only => {
                let is_open = last.open().any(|(open, _)| open == ident);
                let fits = self
                    .in_force(desk, rec.table)
                    .and_then(|scheme| scheme.field(ident))
                    .is_some_and(|spec| spec.fits(text));
                match is_open && fits {
                    true => Known::Text(Some(text.clone())),
                    false => Known::Unknown,
                }
            }
            (OpKind::Delete, _) if is_only && reading.is_some_and(|reading| reading.members.is_none()) => {
                Known::Gone
            }
            _ => Known::Unknown,
        }
    }
}

impl Scheme {
    /// Whether a text is what a conversion makes of that value.
    fn comes_of(&self, ident: Ident, text: &str, value: &Value) -> bool {
        let Some(spec) = self.field(ident) else {
            return false;
        };
        let mut all = vec![text_of(value)];
        for (from, to) in &spec.map {
            if all.contains(from) {
                all.push(to.clone());
            }
        }
        all.iter().any(|one| one == text)
    }
}
