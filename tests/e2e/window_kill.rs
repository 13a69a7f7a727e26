//! Kept is kept: the window is killed at random moments while work is entered and sent, and between runs one of the two
//! local stores is deleted. Everything that the window had marked as kept must be found, once.

use crate::connected::Connected;
use crate::terminal::{add_environment, ctl};
use anyhow::{Context, Result, ensure};
use harness::dice::Dice;
use harness::edited::{Collection, Edited};
use harness::wait;
use harness::webdriver::{App, Target};
use serde_json::Value;
use std::process::Output;
use std::time::Duration;

const ROUNDS: usize = 24;
const EDITS_A_ROUND: usize = 2;
/// A variable's value, as text.
const VALUE: &str = "[data-testid=editor-value] .cm-content";
/// What stands in a pool's description.
const DESCRIPTION: &str = "return document.querySelector('[data-testid=field-description]')?.value ?? null";
/// Replays a run: `LEEWARD_KILL_SEED=…`.
const SEED_VARIABLE: &str = "LEEWARD_KILL_SEED";

/// What happens between two runs of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    DeleteIndexedDb,
    DeleteMirror,
}

#[test]
fn kept_work_survives_every_kill() -> Result<()> {
    let stage = Connected::start()?;
    add_environment(&stage)?;
    let mut dice = Dice::from_environment(SEED_VARIABLE);
    tell_seed(&dice);
    let mut kept = Vec::new();
    for round in 0..ROUNDS {
        let between = [Between::Nothing, Between::DeleteIndexedDb, Between::DeleteMirror][round % 3];
        let app = stage.stage.open()?;
        for number in 0..EDITS_A_ROUND {
            kept.push(enter(&app, round, number)?);
        }
        if between == Between::DeleteIndexedDb {
            kept.iter()
                .rev()
                .take(EDITS_A_ROUND)
                .try_for_each(|kept| wait_until_mirrored(&stage, kept))?;
        }
        // Anywhere in the half second in which the edits are mirrored, and then written to Airflow.
        std::thread::sleep(dice.moment(0, 1_500));
        app.kill()?;
        delete(&stage, between)?;
    }
    report(&stage, &kept)
}

#[expect(clippy::print_stdout, reason = "a seed that is not told cannot be replayed")]
fn tell_seed(dice: &Dice) {
    println!("window: seed {} ({SEED_VARIABLE})", dice.seed());
}

/// One kept edit: a record that was made, and the text that it was given.
struct Kept {
    record: Edited,
    text: String,
}

/// Makes a variable or a pool by hand; returns when the window says that it is kept.
fn enter(app: &App, round: usize, number: usize) -> Result<Kept> {
    let key = format!("kill-{round:02}-{number}");
    let kept = Kept {
        record: match number {
            0 => Edited::variable(&key),
            _ => Edited::pool(&key),
        },
        text: format!("text {round}.{number}"),
    };
    match kept.record.collection {
        Collection::Variables => type_variable(app, &kept)?,
        Collection::Pools => type_pool(app, &kept)?,
    }
    app.click("editor-save")?;
    app.wait_for("editor-kept")
        .with_context(|| format!("{key} was not kept"))?;
    // What was kept is what was meant: its panel is drawn from the window's own store.
    app.wait_for(Target::css(&format!("[aria-label='{key}']")))
        .with_context(|| format!("something else than {key} was kept"))?;
    match kept.record.collection {
        Collection::Variables => app.wait_for_text(Target::css(VALUE), &kept.text)?,
        Collection::Pools => wait_for_description(app, &kept.text)?,
    }
    Ok(kept)
}

fn type_variable(app: &App, kept: &Kept) -> Result<()> {
    app.click("rail-variables")?;
    app.wait_for("variable-row")?;
    app.click("variable-new")?;
    app.wait_until_gone("editor-kept")?;
    app.replace_text("editor-key", &kept.record.key)?;
    app.paste_over(Target::css(VALUE), &kept.text)
}

fn type_pool(app: &App, kept: &Kept) -> Result<()> {
    app.click("rail-pools")?;
    app.wait_for("pool-row")?;
    app.click("pool-new")?;
    app.wait_until_gone("editor-kept")?;
    app.replace_text("editor-key", &kept.record.key)?;
    app.replace_text("field-slots", "3")?;
    app.replace_text("field-description", &kept.text)
}

fn wait_for_description(app: &App, text: &str) -> Result<()> {
    wait::until("the pool's description", Duration::from_secs(10), || {
        Ok((app.execute(DESCRIPTION, &[])? == text).then_some(()))
    })
}

fn get(stage: &Connected, kept: &Kept) -> Result<Output> {
    let Edited { collection, key } = &kept.record;
    ctl(stage, &["records", "get", collection.name(), key])
}

/// From milliseconds after it was kept, work is in both stores: then either may be lost.
fn wait_until_mirrored(stage: &Connected, kept: &Kept) -> Result<()> {
    wait::until(
        &format!("{} to be mirrored", kept.record),
        Duration::from_secs(10),
        || Ok(get(stage, kept)?.status.success().then_some(())),
    )
}

fn delete(stage: &Connected, between: Between) -> Result<()> {
    let desktop = &stage.stage.desktop;
    match between {
        Between::Nothing => Ok(()),
        Between::DeleteIndexedDb => desktop.remove_data("databases/indexeddb"),
        Between::DeleteMirror => desktop.remove_data("leeward/mirrors"),
    }
}

/// Opens the app once more, lets everything arrive, and counts.
#[expect(clippy::print_stdout, reason = "the counts are the result")]
fn report(stage: &Connected, kept: &[Kept]) -> Result<()> {
    let app = stage.stage.open()?;
    app.click("sync-now")?;
    let found = || {
        kept.iter()
            .filter(|kept| arrived(stage, kept).unwrap_or(false))
            .count()
    };
    let all = wait::until(
        "everything that was kept to arrive",
        Duration::from_secs(90),
        || Ok((found() == kept.len()).then_some(())),
    );
    let (found, doubled) = (found(), doubled(stage, kept)?);
    println!(
        "window: killed {ROUNDS}, acknowledged {}, found {found}, doubled {doubled}",
        kept.len()
    );
    for missing in kept.iter().filter(|kept| !arrived(stage, kept).unwrap_or(false)) {
        let shown = get(stage, missing)?;
        println!(
            "window: {} is not in Airflow; here: {}",
            missing.record,
            String::from_utf8_lossy(&shown.stdout)
        );
    }
    if all.is_err() {
        println!("window: Airflow has {:?}", stage.airflow.writer()?.keys()?);
    }
    all?;
    ensure!(doubled == 0, "{doubled} edits were applied twice");
    Ok(())
}

fn arrived(stage: &Connected, kept: &Kept) -> Result<bool> {
    let (writer, key) = (stage.airflow.writer()?, &kept.record.key);
    let found = match kept.record.collection {
        Collection::Variables => writer.variable(key)?,
        Collection::Pools => writer.pool(key)?,
    };
    Ok(found.is_some_and(|found| found[kept.record.collection.field()] == kept.text.as_str()))
}

/// Edits whose history holds them more than once. A history that went with its mirror has none of them.
fn doubled(stage: &Connected, kept: &[Kept]) -> Result<usize> {
    let mut doubled = 0;
    for kept in kept {
        let Edited { collection, key } = &kept.record;
        let output = ctl(stage, &["history", collection.name(), key])?;
        let history: Value = serde_json::from_slice(&output.stdout)?;
        let items = history.as_array().map(Vec::as_slice).unwrap_or_default();
        doubled += usize::from(items.iter().filter(|item| item["source"] == "local").count() > 1);
    }
    Ok(doubled)
}
