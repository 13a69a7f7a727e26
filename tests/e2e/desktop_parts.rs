//! What surrounds the window, with a real Airflow: the commands behind it, its tray, its notifications, its secrets.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::webdriver::{App, Target};
use harness::{wait, workspace};
use serde_json::{Value, json};

use crate::commands::{call, problem};
use crate::connected::Connected;
use crate::screen::Screen;
use crate::stage::Stage;

const ENV: &str = "office";
const THRESHOLD: &str = "pricing_threshold";
const SECRET: &str = "warehouse_password";
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn the_parts_around_the_window() -> Result<()> {
    let connected = Connected::start_with_dags()?;
    let app = connected.stage.open()?;
    app.wait_for("connect-url")?;
    refusals(&connected, &app)?;
    connect(&connected, &app)?;
    reading(&app)?;
    pausing(&connected, &app)?;
    replacing_a_secret(&connected, &app)?;
    conflict_from_the_tray(&connected, &app)?;
    nothing_secret_is_in_a_file(&connected)?;
    remove_in_the_window(&app)?;
    connected.stage.tray().item()?.wait_for_label("Not connected")?;
    what_leewardctl_does_is_noticed(&connected, &app)
}

/// As a person does it: the window leaves the environment, and forgets what it kept of it.
fn remove_in_the_window(app: &App) -> Result<()> {
    for step in ["rail-settings", "environment-remove", "environment-remove-yes"] {
        app.click(step)?;
    }
    app.wait_for("connect-url")?;
    ensure!(call(app, "environments", &json!({}))? == json!([]));
    Ok(())
}

/// Also that an environment of the same name is another one, on another mirror.
fn what_leewardctl_does_is_noticed(connected: &Connected, app: &App) -> Result<()> {
    for value in ["1.5", "2.5"] {
        // An older mirror would know one value more.
        connected.airflow.writer()?.set_variable(THRESHOLD, value, None)?;
        ctl(
            connected,
            &[
                "env",
                "add",
                ENV,
                "--url",
                &connected.airflow.base_url(),
                "--token-stdin",
            ],
        )?;
        let listed = call(app, "environments", &json!({}))?;
        ensure!(
            listed[0]["name"] == ENV && listed[0]["sign_in"] == "token",
            "{listed}"
        );
        let cycle = call(app, "sync_now", &json!({ "env": ENV }))?;
        ensure!(cycle["observed"].as_u64() > Some(5), "{cycle}");
        let history = call(
            app,
            "history",
            &json!({ "env": ENV, "collection": "variables", "key": THRESHOLD }),
        )?;
        ensure!(
            history.as_array().map(Vec::len) == Some(1),
            "an older mirror was read: {history}"
        );
        remove_by_leewardctl(connected)?;
    }
    ensure!(call(app, "environments", &json!({}))? == json!([]));
    Ok(())
}

/// Refused while a cycle runs, which is short.
fn remove_by_leewardctl(connected: &Connected) -> Result<()> {
    wait::until("leewardctl to remove the environment", PATIENCE, || {
        Ok(ctl(connected, &["env", "remove", ENV]).is_ok().then_some(()))
    })
}

/// Runs `leewardctl` on the app's desktop; a token that it asks for is given.
fn ctl(connected: &Connected, arguments: &[&str]) -> Result<()> {
    let mut command = connected.stage.desktop.command(workspace::ctl()?);
    let mut running = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let token = connected.airflow.writer()?.token().to_owned();
    let mut input = running.stdin.take().context("no standard input")?;
    // A command that reads nothing may have ended already.
    let _ = input.write_all(token.as_bytes());
    drop(input);
    let status = running.wait()?;
    ensure!(status.success(), "leewardctl {}: {status}", arguments.join(" "));
    Ok(())
}

fn refusals(connected: &Connected, app: &App) -> Result<()> {
    let nobody = json!({ "url": "http://127.0.0.1:1" });
    ensure!(problem(app, "environment_probe", &nobody)? == "unreachable");
    ensure!(problem(app, "environment_probe", &json!({ "url": "not an address" }))? == "bad_input");
    ensure!(problem(app, "environment_add", &sign_in(connected, "wrong"))? == "sign_in_needed");
    ensure!(problem(app, "status", &json!({ "env": "no-such" }))? == "not_found");
    // Nothing of what was refused is kept.
    ensure!(call(app, "environments", &json!({}))? == json!([]));
    Ok(())
}

fn connect(connected: &Connected, app: &App) -> Result<()> {
    let probed = call(
        app,
        "environment_probe",
        &json!({ "url": connected.airflow.base_url() }),
    )?;
    ensure!(probed["version"] == "3.3.2", "{probed}");
    let good = sign_in(connected, connected.airflow.password());
    let added = call(app, "environment_add", &good)?;
    ensure!(added["sign_in"] == "password", "{added}");
    ensure!(problem(app, "environment_add", &good)? == "bad_input");
    let updated = call(
        app,
        "environment_update",
        &json!({ "env": ENV, "changes": { "colour": "#102030", "interval_s": 5 } }),
    )?;
    ensure!(
        updated["colour"] == "#102030" && updated["interval_s"] == 5,
        "{updated}"
    );
    let again = json!({ "env": ENV, "username": connected.airflow.username(), "secret": connected.airflow.password() });
    call(app, "environment_sign_in", &again)?;
    call(app, "sync_now", &json!({ "env": ENV }))?;
    // The page learns of an environment that it did not add itself when it loads.
    app.execute("location.href = '/'", &[])?;
    app.wait_for(Target::css(&format!(
        "[data-testid=variable-row][data-key={THRESHOLD}]"
    )))?;
    connected.stage.tray().item()?.wait_for_label("In sync")
}

fn reading(app: &App) -> Result<()> {
    let env = json!({ "env": ENV });
    ensure!(call(app, "vault_state", &json!({}))? == "keychain");
    ensure!(call(app, "brakes", &env)? == json!([]));
    let dags = call(app, "dags", &env)?;
    ensure!(dags.as_array().is_some_and(|dags| dags.len() >= 3), "{dags}");
    let dag = call(app, "dag", &json!({ "env": ENV, "dagId": "daily_pricing" }))?;
    ensure!(dag["params"].is_object(), "{dag}");
    ensure!(problem(app, "dag", &json!({ "env": ENV, "dagId": "no_such_dag" }))? == "not_found");
    ensure!(call(app, "runs", &env)?.is_array());
    let history = call(
        app,
        "history",
        &json!({ "env": ENV, "collection": "variables", "key": THRESHOLD }),
    )?;
    // Changed, where the event log still tells by whom.
    let source = history[0]["source"].as_str();
    ensure!(matches!(source, Some("airflow" | "first_read")), "{history}");
    Ok(())
}

fn pausing(connected: &Connected, app: &App) -> Result<()> {
    let item = connected.stage.tray().item()?;
    let running = item.icon()?;
    let paused = call(app, "sync_pause", &json!({ "env": ENV, "paused": true }))?;
    ensure!(paused["tray"] == "paused", "{paused}");
    item.wait_for_label(paused["line"].as_str().unwrap_or_default())?;
    wait::until("another icon", PATIENCE, || {
        Ok((item.icon()? != running).then_some(()))
    })?;
    let line = item.menu()?.into_iter().next().context("an empty menu")?;
    ensure!(!line.enabled && paused["line"] == line.label.as_str(), "{line:?}");
    call(app, "sync_pause", &json!({ "env": ENV, "paused": false }))?;
    item.wait_for_label("In sync")
}

fn replacing_a_secret(connected: &Connected, app: &App) -> Result<()> {
    let new = json!({
        "id": identity(app)?, "collection": "variables", "key": SECRET, "value": "replaced-4711",
        "fields": { "description": { "from": "Set by the platform team", "to": "rotated" } }, "reason": null,
    });
    call(app, "secret_replace", &new)?;
    let writer = connected.airflow.writer()?;
    wait::until(
        "the new secret and its description to arrive in Airflow",
        PATIENCE,
        || {
            let described = writer.variable(SECRET)?;
            let is_described = described.is_some_and(|variable| variable["description"] == "rotated");
            let is_new = connected.airflow.raw_variable(SECRET)?.as_deref() == Some("replaced-4711");
            Ok((is_new && is_described).then_some(()))
        },
    )
}

/// The window is away; a conflict comes up; its notification leads to it, and so does the tray.
fn conflict_from_the_tray(connected: &Connected, app: &App) -> Result<()> {
    let stage = &connected.stage;
    call(app, "sync_pause", &json!({ "env": ENV, "paused": true }))?;
    push_edit(app, "7.75")?;
    let item = stage.tray().item()?;
    wait::until("the tray to count the edit", PATIENCE, || {
        let labels: Vec<_> = item.menu()?.into_iter().map(|line| line.label).collect();
        let counted = labels.contains(&"Pending (1)".to_owned())
            && labels.contains(&"Quit (1 change unsent, kept here)".to_owned());
        Ok(counted.then_some(()))
    })?;
    connected
        .airflow
        .writer()?
        .set_variable(THRESHOLD, "9.25", None)?;
    close(stage)?;
    item.click("Sync now")?;
    let told = stage.notifications.wait_for(THRESHOLD)?;
    ensure!(connected.airflow.raw_variable(THRESHOLD)?.as_deref() == Some("9.25"));
    stage.notifications.choose(&told, "resolve")?;
    wait_until_shown(stage, true)?;
    app.wait_for("conflict-take-mine")?;

    close(stage)?;
    item.click("Pending (0)")?;
    wait_until_shown(stage, true)?;
    app.wait_for_text("pending-conflicts", "1 conflict needs you")?;
    item.click("Conflicts (1)")?;
    app.wait_for("conflict-take-mine")
}

/// An edit by a client of the test's own, as the window would push it.
fn push_edit(app: &App, value: &str) -> Result<()> {
    let hello = json!({
        "client": "test", "store_id": null, "epoch": 0, "last_seq": 0, "cursor": 0, "digest": { "rows": 0 }, "tail": [],
    });
    let answer = call(
        app,
        "mirror_handshake",
        &json!({ "id": identity(app)?, "handshake": hello }),
    )?;
    let shown = shown(app)?;
    let entry = json!({
        "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "seq": 1, "kind": "edit", "collection": "variables", "key": THRESHOLD,
        "fields": { "value": { "from": shown, "to": value } }, "at": "2026-01-01T00:00:00Z",
    });
    let push = json!({ "id": identity(app)?, "client": "test", "epoch": answer["epoch"], "fromSeq": 1, "entries": [entry] });
    let acked = call(app, "mirror_push", &push)?;
    ensure!(acked["acked_seq"] == 1, "{acked}");
    let strange =
        json!({ "id": identity(app)?, "client": "test", "epoch": 999, "fromSeq": 2, "entries": [] });
    ensure!(problem(app, "mirror_push", &strange)? == "handshake_needed");
    Ok(())
}

/// By its identity the app knows an environment that is written to or read from.
fn identity(app: &App) -> Result<Value> {
    let listed = call(app, "environments", &json!({}))?;
    let all = listed.as_array().context("no list of environments")?;
    let found = all.iter().find(|environment| environment["name"] == ENV);
    Ok(found.context("the environment is not listed")?["id"].clone())
}

/// The threshold as a pull shows it.
fn shown(app: &App) -> Result<Value> {
    let pull = json!({ "id": identity(app)?, "client": "test", "cursor": 0, "limit": 1000 });
    let pulled = call(app, "mirror_pull", &pull)?;
    let items = pulled["items"].as_array().context("a pull without items")?;
    let found = items.iter().find(|item| item["key"] == THRESHOLD);
    let packed = &found.context("the threshold was not pulled")?["record"]["text"];
    // The fields as JSON, a line break, and the rest.
    let fields = packed.as_str().and_then(|text| text.lines().next());
    let fields: Value = serde_json::from_str(fields.context("the threshold is not packed")?)?;
    Ok(fields["value"].clone())
}

/// Logs, mirrors, settings, IndexedDB: no password and no replaced secret in any of them.
fn nothing_secret_is_in_a_file(connected: &Connected) -> Result<()> {
    let secrets = [connected.airflow.password(), "replaced-4711"];
    let data = connected.stage.desktop.data_home();
    let mut read = 0;
    visit(&data, &mut |path, content| {
        read += 1;
        for secret in secrets {
            let found = content
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            ensure!(!found, "a secret is in {}", path.display());
        }
        Ok(())
    })?;
    ensure!(data.join("leeward/logs").is_dir(), "there is no log");
    ensure!(read > 3, "only {read} files were found below {}", data.display());
    Ok(())
}

fn visit(folder: &Path, look: &mut dyn FnMut(&Path, &[u8]) -> Result<()>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // The keychain's own files hold secrets, and may.
        if path.is_dir() && !path.ends_with("keyrings") {
            visit(&path, look)?;
        } else if path.is_file() {
            look(&path, &fs::read(&path)?)?;
        }
    }
    Ok(())
}

#[test]
fn without_a_keychain_a_passphrase_opens_the_secrets() -> Result<()> {
    let connected = Connected::start_without_keychain()?;
    let app = connected.stage.open()?;
    app.wait_for("connect-url")?;
    let good = sign_in(&connected, connected.airflow.password());
    ensure!(call(&app, "vault_state", &json!({}))? == "file_locked");
    app.replace_text("connect-url", &connected.airflow.base_url())?;
    app.click("connect-probe")?;
    app.wait_for("connect-passphrase")?;
    app.wait_for_text("connect-vault", "encrypted under your passphrase")?;
    ensure!(problem(&app, "environment_add", &good)? == "keychain");
    call(&app, "vault_unlock", &json!({ "passphrase": "four small boats" }))?;
    call(&app, "environment_add", &good)?;
    call(&app, "sync_now", &json!({ "env": ENV }))?;
    app.kill()?;

    let app = connected.stage.open()?;
    ensure!(call(&app, "vault_state", &json!({}))? == "file_locked");
    wait::until("the environment to be open", PATIENCE, || {
        Ok((problem(&app, "sync_now", &json!({ "env": ENV }))? == "keychain").then_some(()))
    })?;
    ensure!(problem(&app, "vault_unlock", &json!({ "passphrase": "wrong" }))? == "keychain");
    call(&app, "vault_unlock", &json!({ "passphrase": "four small boats" }))?;
    call(&app, "sync_now", &json!({ "env": ENV }))?;
    nothing_secret_is_in_a_file(&connected)
}

fn sign_in(connected: &Connected, secret: &str) -> Value {
    json!({
        "environment": {
            "name": ENV, "url": connected.airflow.base_url(), "username": connected.airflow.username(),
            "colour": null, "production": false,
        },
        "secret": secret,
    })
}

fn close(stage: &Stage) -> Result<()> {
    let screen = Screen::of(&stage.desktop)?;
    let window = screen
        .shown_window("Leeward")?
        .context("there is no window to close")?;
    screen.ask_to_close(window)?;
    wait_until_shown(stage, false)
}

fn wait_until_shown(stage: &Stage, shown: bool) -> Result<()> {
    let screen = Screen::of(&stage.desktop)?;
    wait::until(&format!("the window to be shown: {shown}"), PATIENCE, || {
        Ok((screen.shown_window("Leeward")?.is_some() == shown).then_some(()))
    })
}
