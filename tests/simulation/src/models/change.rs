//! A change of a data model, as the window's screen describes it: the model as it is to be, and which field was which.

use super::history::History;
use super::scheme::{FIRST, KEY, Kind, Scheme, Table, new_spec};
use super::world::World;
use crate::locked::locked;
use crate::people::CTL;
use crate::truth::DeskId;
use leeward_model::{FieldOrigin, ModelDraft};
use leeward_sync::collections::{self, Author};

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A field comes, with a default or without one.
    Add,
    /// A field gets another name.
    Rename,
    /// A field's type takes more.
    Widen,
    /// A field's type takes less.
    Narrow,
    /// A text of a choice becomes another one.
    Convert,
    /// A rule about records together comes or goes.
    Together,
    /// A field goes.
    Drop,
    /// What merges together is another matter.
    Merge,
}

const STEPS: &[(u64, Step)] = &[
    (4, Step::Add),
    (4, Step::Rename),
    (2, Step::Widen),
    (3, Step::Narrow),
    (2, Step::Convert),
    (2, Step::Together),
    (2, Step::Drop),
    (1, Step::Merge),
];

/// A model as it is to be, and what became of the fields that there were: name, former name, texts that become others.
struct Described {
    scheme: Scheme,
    origins: Vec<FieldOrigin>,
}

impl History {
    /// Changes the data model of any collection.
    pub(super) fn change_model(&mut self, desk: DeskId) {
        let (table, step) = {
            let dice = &mut self.world.lock().dice;
            let table = Table::ALL[dice.index(2)];
            (table, dice.weighted(STEPS).unwrap_or(Step::Add))
        };
        self.change_model_of(desk, table, step);
    }

    /// Gives a collection its next data model, by that step; whether it was taken.
    pub(super) fn change_model_of(&mut self, desk: DeskId, table: Table, step: Step) -> bool {
        let Some((from, scheme)) = self.model_of(desk, CTL, table) else {
            return false;
        };
        let Some(described) = self.world.lock().described(&scheme, step) else {
            return false;
        };
        let draft = ModelDraft {
            from: Some(from),
            prefix: String::new(),
            file: described.scheme.file(),
            origins: described.origins,
        };
        // What the engine makes of it: the version, the steps and the file are its to write.
        let look = self.desks[desk].read(|ledger| Ok(collections::look(ledger, &draft).ok()));
        let look = look.flatten();
        if let Some(file) = look.and_then(|look| look.file) {
            self.world.lock().take_note_of_model(desk, file, described.scheme);
        }
        let (id, now) = (self.new_id(), self.wall());
        let Some(app) = &self.desks[desk].app else {
            return false;
        };
        let author = Author {
            client: "app",
            id,
            now,
        };
        let kept = locked(&app.mirror).write(|ledger| collections::keep(ledger, author, &draft));
        if kept.is_ok() {
            let _followed = app.driver.follow_models();
        }
        let name = match &kept {
            Ok(_) => format!("model.{step:?}").to_lowercase(),
            Err(_) => "refused.model".into(),
        };
        let told = kept.map_or_else(|why| why.to_string(), |_| "done".into());
        {
            let world = &mut *self.world.lock();
            world.counters.other(&name);
            world.say(format_args!("desk {desk}: {step:?} of {}: {told}", table.name()));
        }
        self.wake(desk);
        true
    }
}

impl World {
    /// The file that a model is to be, and what it means.
    fn take_note_of_model(&mut self, desk: DeskId, file: String, mut scheme: Scheme) {
        if !self.schemes.contains_key(&file) {
            scheme.version += 1;
            self.say(format_args!("desk {desk} describes {file}"));
            self.schemes.insert(file, scheme);
        }
    }

    /// The next version by that step, where the collection has a field for it.
    fn described(&mut self, present: &Scheme, step: Step) -> Option<Described> {
        let mut scheme = present.clone();
        let mut map = None;
        let places: Vec<usize> = (1..scheme.fields.len()).collect();
        let place = *self.dice.pick(&places)?;
        let number = self.dice.bits() % 1_000;
        match step {
            Step::Add => self.add(&mut scheme),
            Step::Rename => {
                let spec = &mut scheme.fields[place];
                let name = format!("f{number}_{}", spec.ident);
                let former = std::mem::replace(&mut spec.name, name);
                spec.former.insert(0, former);
            }
            Step::Widen => {
                let spec = &mut scheme.fields[place];
                spec.kind = match &spec.kind {
                    Kind::Text(true) | Kind::Decimal => Kind::Text(false),
                    Kind::Whole => Kind::Decimal,
                    Kind::Choice(of) => {
                        let more = std::iter::once(format!("d{}", number % 10));
                        Kind::Choice(of.iter().cloned().chain(more).collect())
                    }
                    Kind::Text(false) => return None,
                };
            }
            Step::Narrow => {
                let spec = &mut scheme.fields[place];
                spec.kind = match spec.kind {
                    Kind::Text(false) if spec.ident != FIRST || present.table == Table::Currencies => {
                        Kind::Text(true)
                    }
                    _ => return None,
                };
            }
            Step::Convert => {
                let is_choice = |spec: &&mut super::scheme::Spec| matches!(spec.kind, Kind::Choice(_));
                let spec = scheme.fields.iter_mut().find(is_choice)?;
                let Kind::Choice(of) = &mut spec.kind else {
                    return None;
                };
                let at = self.dice.index(of.len());
                let pair = (of[at].clone(), format!("e{number}"));
                of[at].clone_from(&pair.1);
                spec.map.push(pair.clone());
                map = Some((spec.ident, pair));
            }
            Step::Together if present.table == Table::Currencies => scheme.unique = !scheme.unique,
            Step::Together => scheme.refers = !scheme.refers,
            Step::Drop => {
                let spec = scheme.fields.remove(place);
                if spec.ident == FIRST || spec.required {
                    return None;
                }
            }
            Step::Merge => scheme.whole = !scheme.whole,
        }
        // A default that breaks a new rule is none.
        let keeps = |spec: &super::scheme::Spec| spec.default.as_ref().is_none_or(|text| spec.fits(text));
        if !scheme.fields.iter().all(keeps) {
            return None;
        }
        let origins = present.fields.iter().filter_map(|was| {
            let spec = scheme.field(was.ident)?;
            let of_it = map.iter().filter(|(ident, _)| *ident == was.ident);
            Some(FieldOrigin {
                name: spec.name.clone(),
                was: was.name.clone(),
                map: of_it.map(|(_, pair)| pair.clone()).collect(),
            })
        });
        let origins = origins.collect();
        Some(Described { scheme, origins })
    }

    fn add(&mut self, scheme: &mut Scheme) {
        let (ident, token) = (self.new_ident(), self.new_token());
        debug_assert!(ident != KEY);
        let (kind, default) = match self.dice.below(3) {
            0 => (Kind::Text(false), Some(format!("n{token}"))),
            1 => (Kind::Whole, Some(token.to_string())),
            _ => (Kind::Text(false), None),
        };
        scheme
            .fields
            .push(new_spec(ident, &format!("g{ident}"), kind, default));
    }
}
