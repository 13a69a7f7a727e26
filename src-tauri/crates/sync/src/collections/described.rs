//! A collection as a window describes it: looked at while one types, and kept.

use super::{Author, Effect, Refusal, change, check_new, create, effect, moved, present, stored};
use leeward_model::{BrokenValue, FieldOrigin, ModelDraft, ModelEffect, ModelLook, PlacedFault};
use leeward_schema::{DataModel, ModelFault, Origin};
use leeward_store::Ledger;

/// So many values that break a rule are told.
const BROKEN_MAX: usize = 5;

/// Where a fault is that is none of the file.
const PREFIX: &str = "prefix";
const FROM: &str = "from";
const COLLECTION: &str = "/x-leeward/collection";

/// The file in its canonical form, or what is wrong with it; nothing is asked of the collections that there are.
#[must_use]
pub fn read(file: &str) -> ModelLook {
    match DataModel::read(file) {
        Ok(model) => ModelLook {
            faults: Vec::new(),
            file: Some(model.write()),
            effect: None,
        },
        Err(faults) => faulty(faults.into_iter().map(placed)),
    }
}

/// What is wrong with what was described, and what keeping it would do.
///
/// # Errors
/// Those of the mirror.
pub fn look(ledger: &Ledger<'_>, draft: &ModelDraft) -> Result<ModelLook, Refusal> {
    let described = match described(ledger, draft) {
        Ok(described) => described,
        Err(Unfit::Faults(faults)) => return Ok(faulty(faults.into_iter().map(placed))),
        Err(Unfit::Refused(refusal)) => return told(refusal),
    };
    let Described { present, model } = described;
    let effect = match &present {
        None => check_new(ledger, model.collection(), &draft.prefix).map(|()| None),
        Some(present) => {
            let is_same = *present == model;
            effect(ledger, model.collection(), &model).map(|effect| Some(view(effect, is_same)))
        }
    };
    match effect {
        Ok(effect) => Ok(ModelLook {
            faults: Vec::new(),
            file: Some(model.write()),
            effect,
        }),
        Err(refusal) => told(refusal),
    }
}

/// Makes the collection that was described, or gives it its next version; returns its name.
///
/// # Errors
/// What [`look`] tells, as one refusal; those of the mirror.
pub fn keep(ledger: &Ledger<'_>, author: Author<'_>, draft: &ModelDraft) -> Result<String, Refusal> {
    let described = described(ledger, draft).map_err(|unfit| match unfit {
        Unfit::Refused(refusal) => refusal,
        Unfit::Faults(faults) => Refusal::Faults(faults.iter().map(ToString::to_string).collect()),
    })?;
    let Described { present, model } = described;
    let name = model.collection().to_owned();
    match present {
        None => create(ledger, author, &model, &draft.prefix)?,
        Some(present) if present == model => {}
        Some(_) => change(ledger, author, &name, &model)?,
    }
    Ok(name)
}

struct Described {
    /// The version that there is; none of a new collection.
    present: Option<DataModel>,
    model: DataModel,
}

enum Unfit {
    Faults(Vec<ModelFault>),
    Refused(Refusal),
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What was described, with its version and its steps.
fn described(ledger: &Ledger<'_>, draft: &ModelDraft) -> Result<Described, Unfit> {
    let model = DataModel::read(&draft.file).map_err(Unfit::Faults)?;
    let Some(from) = &draft.from else {
        return Ok(Described { present: None, model });
    };
    let from = DataModel::read(from).map_err(Unfit::Faults)?;
    let present = present(ledger, &stored(ledger, from.collection())?)?;
    // What another added meanwhile is not described, and must not count as dropped.
    moved::check(&from, &present)?;
    let origins: Vec<Origin> = draft.origins.iter().map(origin).collect();
    let next = present.next_version(model, &origins).map_err(Unfit::Faults)?;
    let model = match next.is_only_numbered_anew(&present) {
        true => present.clone(),
        false => next,
    };
    let present = Some(present);
    Ok(Described { present, model })
}

fn origin(one: &FieldOrigin) -> Origin {
    Origin {
        name: one.name.clone(),
        was: one.was.clone(),
        map: one.map.clone(),
    }
}

fn view(effect: Effect, is_same: bool) -> ModelEffect {
    let broken = effect.broken.len();
    let examples: Vec<BrokenValue> = effect.broken.into_iter().take(BROKEN_MAX).collect();
    ModelEffect {
        version: effect.version,
        is_same,
        additions: effect.additions.iter().map(ToString::to_string).collect(),
        records: effect.records,
        changed: effect.changed,
        fields: effect.fields,
        broken: u32::try_from(broken).unwrap_or(u32::MAX),
        broken_examples: examples,
        together: effect.together,
    }
}

fn placed(fault: ModelFault) -> PlacedFault {
    PlacedFault {
        pointer: fault.pointer,
        what: fault.what,
        instead: fault.instead,
    }
}

fn faulty(faults: impl Iterator<Item = PlacedFault>) -> ModelLook {
    ModelLook {
        faults: faults.collect(),
        file: None,
        effect: None,
    }
}

/// A refusal at the place of the description where it is mended.
fn told(refusal: Refusal) -> Result<ModelLook, Refusal> {
    let fault = |pointer: &str, what: String, instead: &str| PlacedFault {
        pointer: pointer.into(),
        what,
        instead: instead.into(),
    };
    let fault = match &refusal {
        Refusal::NameTaken(name) => fault(
            COLLECTION,
            format!("is {name}, and there is a collection of that name already"),
            "Choose another name.",
        ),
        Refusal::NoPrefix => fault(PREFIX, "is empty".into(), "Give one, such as the name and a dot."),
        Refusal::BadPrefix(why) => fault(PREFIX, format!("cannot be used: {why}"), "Choose another one."),
        Refusal::HiddenPrefix(_) => fault(
            PREFIX,
            "makes keys that Airflow treats as secret: no record could be read back".into(),
            "Choose another one.",
        ),
        Refusal::PrefixTaken { by, prefix } => fault(
            PREFIX,
            format!("has keys in common with {prefix}, which is that of the collection {by}"),
            "Choose another one.",
        ),
        Refusal::VariableTaken(key) => fault(
            PREFIX,
            format!("is in use: there is a Variable {key} already"),
            "Choose another one, or delete that Variable.",
        ),
        Refusal::NoCollection(_) => fault(FROM, "is not there any more".into(), "Make another one."),
        Refusal::Moved { changes, .. } => fault(FROM, "is another one by now".into(), &changes.join(" ")),
        Refusal::MayNotFollow(why) => fault("", why.clone(), "Make another collection for it."),
        _ => return Err(refusal),
    };
    Ok(faulty(std::iter::once(fault)))
}
