//! Calls the app's commands as the window does, but by name: what they answer, and with which problems.

use anyhow::{Context, Result, bail};
use harness::webdriver::App;
use serde_json::{Value, json};

/// Resolves and rejects alike come back as data.
const CALL: &str = "
const [name, args, done] = arguments;
window.__TAURI_INTERNALS__.invoke(name, args).then((ok) => done({ ok }), (problem) => done({ problem }));";

/// A command's answer.
///
/// # Errors
/// Its problem, in words.
pub(crate) fn call(app: &App, name: &str, args: &Value) -> Result<Value> {
    let answer = ask(app, name, args)?;
    match answer.get("problem") {
        Some(problem) => bail!("{name}: {problem}"),
        None => Ok(answer.get("ok").cloned().unwrap_or(Value::Null)),
    }
}

/// The code of the problem that a command rejects with.
///
/// # Errors
/// When it does not reject, or not with a problem in words.
pub(crate) fn problem(app: &App, name: &str, args: &Value) -> Result<String> {
    let answer = ask(app, name, args)?;
    let problem = answer
        .get("problem")
        .with_context(|| format!("{name} did not refuse: {answer}"))?;
    for part in ["what", "meaning", "next"] {
        let words = problem.get(part).and_then(Value::as_str).unwrap_or_default();
        anyhow::ensure!(words.ends_with('.'), "{name}: {part} is no sentence: {problem}");
    }
    let code = problem.get("code").and_then(Value::as_str);
    Ok(code.context("a problem without a code")?.to_owned())
}

fn ask(app: &App, name: &str, args: &Value) -> Result<Value> {
    app.execute_async(CALL, &[json!(name), args.clone()])
}
