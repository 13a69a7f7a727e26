//! The real app, driven through WebKitWebDriver (W3C WebDriver over loopback HTTP).
//!
//! One driver process a session: a killed app leaves its driver refusing further sessions.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::desktop::{self, Desktop};
use crate::{processes, wait, workspace};

/// How long a wait lasts when nothing else was asked for with [`App::set_patience`].
const PATIENCE: Duration = Duration::from_secs(15);

/// The app's first start on a cold machine loads all of WebKit from disk.
const START_LIMIT: Duration = Duration::from_secs(60);

/// From one page of a window to its next.
const BETWEEN_PAGES: Duration = Duration::from_secs(2);

/// The key under which WebDriver hands out an element (W3C WebDriver §12).
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Finds the visible elements of a target; runs in the page.
const FIND: &str = include_str!("find.js");

/// Pastes a text where the focus is; runs in the page.
const PASTE: &str = include_str!("paste.js");

/// Whether what a selector names holds the focus; runs in the page.
const HAS_FOCUS: &str = "return document.activeElement?.closest(arguments[0]) != null";

/// What to look for on the page.
#[derive(Clone, Debug)]
pub struct Target {
    selector: String,
    text: Option<String>,
}

impl Target {
    /// A CSS selector, where no `data-testid` serves.
    pub fn css(selector: &str) -> Self {
        Self {
            selector: selector.to_owned(),
            text: None,
        }
    }

    /// Only those that contain this text.
    #[must_use]
    pub fn with_text(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }
}

/// A plain string is a `data-testid`.
impl From<&str> for Target {
    fn from(testid: &str) -> Self {
        Self::css(&format!(
            "[data-testid=\"{}\"]",
            testid.replace('\\', "\\\\").replace('"', "\\\"")
        ))
    }
}

impl From<String> for Target {
    fn from(testid: String) -> Self {
        Self::from(testid.as_str())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => write!(out, "{} with the text {text:?}", self.selector),
            None => out.write_str(&self.selector),
        }
    }
}

/// Keys that have no character of their own (W3C WebDriver §17.4.2).
pub mod keys {
    /// Enter.
    pub const ENTER: &str = "\u{E007}";
    /// Escape.
    pub const ESCAPE: &str = "\u{E00C}";
    /// Tab.
    pub const TAB: &str = "\u{E004}";
    /// Backspace.
    pub const BACKSPACE: &str = "\u{E003}";
    /// Control, held until the end of the same string.
    pub const CONTROL: &str = "\u{E009}";
    /// Shift, held until the end of the same string.
    pub const SHIFT: &str = "\u{E008}";
}

/// The running app and the driver that holds it. Both end when this is dropped.
pub struct App {
    driver: Child,
    http: ureq::Agent,
    session: String,
    patience: Duration,
    /// Of the desktop that it runs on.
    marker: String,
    /// The name of its process.
    name: String,
}

/// A window begins with a blank page, which is complete too; the app's has drawn something that can be named.
const PAGE_IS_READY: &str = "return location.protocol !== 'about:' && document.readyState === 'complete' && \
    document.querySelector('[data-testid]') !== null";

impl App {
    /// Opens `binary` on this desktop, and waits until its page answers.
    pub fn open(desktop: &Desktop, binary: &Path) -> Result<Self> {
        let port = free_port()?;
        let driver = start_driver(desktop, port)?;
        let name = binary
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let marker = desktop.marker().to_owned();
        let mut app = Self {
            driver,
            http: agent(),
            session: String::new(),
            patience: PATIENCE,
            marker,
            name,
        };
        let base = format!("http://127.0.0.1:{port}");
        app.wait_for_driver(&base)?;
        app.session = app.open_session(&base, binary)?;
        app.wait_for_page()?;
        Ok(app)
    }

    /// How long every later wait lasts before it fails.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Waits until exactly what was asked for is visible and not switched off, and clicks the first of it.
    pub fn click(&self, target: impl Into<Target>) -> Result<()> {
        let target = target.into();
        self.on_element(&target, |element| {
            let is_on = self.get(&format!("element/{element}/enabled"))?;
            ensure!(is_on == json!(true), "it is switched off");
            self.post(&format!("element/{element}/click"), &json!({}))
        })?;
        Ok(())
    }

    /// Clicks at once where the target is, also if it is switched off, as a pointer may.
    pub fn click_on_disabled(&self, target: impl Into<Target>) -> Result<()> {
        let target = target.into();
        self.on_element(&target, |element| {
            self.post(&format!("element/{element}/click"), &json!({}))
        })?;
        Ok(())
    }

    /// Sends keys to an element, after what is there already.
    pub fn type_into(&self, target: impl Into<Target>, text: &str) -> Result<()> {
        let target = target.into();
        self.on_element(&target, |element| {
            self.post(&format!("element/{element}/value"), &json!({ "text": text }))
        })?;
        Ok(())
    }

    /// Replaces all the text of a field or an editor, as a person would: select all, type. One line; more with
    /// [`App::paste_over`].
    pub fn replace_text(&self, target: impl Into<Target>, text: &str) -> Result<()> {
        let target = target.into();
        self.focus(&target)?;
        self.press(&format!("{}a", keys::CONTROL))?;
        self.press(keys::BACKSPACE)?;
        self.type_into(target, text)
    }

    /// Replaces all the text of a field or an editor with what "the clipboard" holds: nothing is indented or closed by
    /// the editor, as typing would be.
    pub fn paste_over(&self, target: impl Into<Target>, text: &str) -> Result<()> {
        self.focus(&target.into())?;
        self.press(&format!("{}a", keys::CONTROL))?;
        self.paste(text)
    }

    /// Pastes a text where the focus is.
    pub fn paste(&self, text: &str) -> Result<()> {
        self.execute(PASTE, &[json!(text)]).map(drop)
    }

    /// Clicks the target until it has the focus: a click into a page that moves under it goes elsewhere, and what is
    /// typed next would too.
    fn focus(&self, target: &Target) -> Result<()> {
        let look = || {
            self.click(target.clone())?;
            let focused = self.execute(HAS_FOCUS, &[json!(target.selector)])?;
            Ok((focused == Value::Bool(true)).then_some(()))
        };
        wait::until(&format!("{target} to have the focus"), self.patience, look)
            .map_err(|error| self.with_page(&error))
    }

    /// Presses keys, all at once, in whatever has the focus: `press(&format!("{}k", keys::CONTROL))`.
    pub fn press(&self, chord: &str) -> Result<()> {
        let key = |kind: &str, key: char| json!({ "type": kind, "value": key.to_string() });
        let down = chord.chars().map(|character| key("keyDown", character));
        let up = chord.chars().rev().map(|character| key("keyUp", character));
        let actions: Vec<Value> = down.chain(up).collect();
        self.post(
            "actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        )?;
        Ok(())
    }

    /// The visible text of an element, once it is there.
    pub fn text(&self, target: impl Into<Target>) -> Result<String> {
        let target = target.into();
        self.on_element(&target, |element| self.get(&format!("element/{element}/text")))
            .map(into_text)
    }

    /// The value of a form field, once it is there.
    pub fn value(&self, target: impl Into<Target>) -> Result<String> {
        let target = target.into();
        self.on_element(&target, |element| {
            self.get(&format!("element/{element}/property/value"))
        })
        .map(into_text)
    }

    /// An attribute of an element, once it is there; `None` when it does not have it.
    pub fn attribute(&self, target: impl Into<Target>, name: &str) -> Result<Option<String>> {
        let target = target.into();
        let value = self.on_element(&target, |element| {
            self.get(&format!("element/{element}/attribute/{name}"))
        })?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// How many visible elements match at this moment.
    pub fn count(&self, target: impl Into<Target>) -> Result<usize> {
        Ok(self.elements(&target.into())?.len())
    }

    /// Waits until the target is visible.
    pub fn wait_for(&self, target: impl Into<Target>) -> Result<()> {
        self.first(&target.into()).map(drop)
    }

    /// Waits until the target is visible and contains `text`.
    pub fn wait_for_text(&self, target: impl Into<Target>, text: &str) -> Result<()> {
        self.first(&target.into().with_text(text)).map(drop)
    }

    /// Waits until nothing visible matches any more.
    pub fn wait_until_gone(&self, target: impl Into<Target>) -> Result<()> {
        let target = target.into();
        let look = || Ok(self.elements(&target)?.is_empty().then_some(()));
        wait::until(&format!("{target} to go away"), self.patience, look)
            .map_err(|error| self.with_page(&error))
    }

    /// Runs a script in the page; it `return`s a JSON value, and finds `args` in `arguments`.
    pub fn execute(&self, script: &str, args: &[Value]) -> Result<Value> {
        self.post("execute/sync", &json!({ "script": script, "args": args }))
    }

    /// Runs an asynchronous script in the page; it calls its last argument with a JSON value.
    pub fn execute_async(&self, script: &str, args: &[Value]) -> Result<Value> {
        self.post("execute/async", &json!({ "script": script, "args": args }))
    }

    /// The text of the page as a person sees it.
    pub fn page_text(&self) -> Result<String> {
        self.execute("return document.body ? document.body.innerText : ''", &[])
            .map(into_text)
    }

    /// Saves the page as a PNG.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        let encoded = into_text(self.get("screenshot")?);
        let bytes = decode_base64(&encoded).context("the driver's screenshot is not base64")?;
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Ends the app as a crash would: `kill -9` of it, its web processes and its driver. What it kept stays.
    pub fn kill(mut self) -> Result<()> {
        desktop::kill_apps(&self.marker)?;
        processes::kill(&mut self.driver);
        Ok(())
    }

    /// Waits until the app has ended by itself, as after Quit.
    pub fn wait_until_ended(&self) -> Result<()> {
        wait::until("the app to end", self.patience, || {
            let runs = processes::marked(&self.marker)
                .iter()
                .any(|(_, name)| *name == self.name);
            Ok((!runs).then_some(()))
        })
    }

    fn first(&self, target: &Target) -> Result<String> {
        let look = || Ok(self.elements(target)?.into_iter().next());
        wait::until(&target.to_string(), self.patience, look).map_err(|error| self.with_page(&error))
    }

    /// Does something with an element; finds it again when the page replaced it meanwhile.
    fn on_element(&self, target: &Target, act: impl Fn(&str) -> Result<Value>) -> Result<Value> {
        let mut last = String::from("it never appeared");
        let done = wait::until(&format!("{target} to take part"), self.patience, || {
            let Some(element) = self.elements(target)?.into_iter().next() else {
                return Ok(None);
            };
            match act(&element) {
                Ok(value) => Ok(Some(value)),
                Err(error) => {
                    last = error.to_string();
                    Ok(None)
                }
            }
        });
        done.map_err(|error| self.with_page(&error.context(last)))
    }

    fn elements(&self, target: &Target) -> Result<Vec<String>> {
        let found = self.ask(FIND, &[json!(target.selector), json!(target.text)], BETWEEN_PAGES)?;
        let element = |value: &Value| value.get(ELEMENT_KEY).and_then(Value::as_str).map(str::to_owned);
        Ok(found
            .as_array()
            .map(|list| list.iter().filter_map(element).collect())
            .unwrap_or_default())
    }

    /// An error, with what the page says and a picture of it.
    fn with_page(&self, error: &anyhow::Error) -> anyhow::Error {
        let page = self
            .page_text()
            .unwrap_or_else(|reason| format!("(the page does not answer: {reason:#})"));
        let picture = workspace::root().join(".leeward/last-failure.png");
        let seen = match self.screenshot(&picture) {
            Ok(()) => ".leeward/last-failure.png shows it".to_owned(),
            Err(reason) => format!("there is no picture: {reason:#}"),
        };
        anyhow!("{error:#}\n--- the page says ({seen}):\n{page}\n---")
    }

    fn wait_for_driver(&self, base: &str) -> Result<()> {
        wait::until("WebKitWebDriver to listen", START_LIMIT, || {
            Ok(self
                .http
                .get(format!("{base}/status"))
                .call()
                .is_ok()
                .then_some(()))
        })
    }

    fn open_session(&self, base: &str, binary: &Path) -> Result<String> {
        let options = json!({ "binary": binary, "args": [] });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let answer = answer(self.http.post(format!("{base}/session")).send_json(&wanted)?)
            .with_context(|| format!("{} does not open", binary.display()))?;
        let id = answer
            .get("sessionId")
            .and_then(Value::as_str)
            .context("the driver names no session")?;
        Ok(format!("{base}/session/{id}"))
    }

    fn wait_for_page(&self) -> Result<()> {
        wait::until("the app's page", START_LIMIT, || {
            let ready = self.ask(PAGE_IS_READY, &[], START_LIMIT)?;
            Ok((ready == Value::Bool(true)).then_some(()))
        })
    }

    /// Runs a script that only looks. A page that goes away under the question (the blank one that a window begins with)
    /// answers with an error: it is asked again for so long, and then that error is told.
    fn ask(&self, script: &str, args: &[Value], limit: Duration) -> Result<Value> {
        let mut last = None;
        let answer = wait::until("the page to answer", limit, || match self.execute(script, args) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                last = Some(error);
                Ok(None)
            }
        });
        answer.map_err(|waited| last.map_or(waited, |error| error.context("the page does not answer")))
    }

    fn get(&self, path: &str) -> Result<Value> {
        answer(self.http.get(format!("{}/{path}", self.session)).call()?)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        answer(
            self.http
                .post(format!("{}/{path}", self.session))
                .send_json(body)?,
        )
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // Ends the app in good order; when it was killed there is nobody to answer.
        let _ = self.http.delete(&self.session).call();
        processes::stop(&mut self.driver);
        // What is left would hold the single instance, and the stores.
        let _ = desktop::kill_apps(&self.marker);
    }
}

fn start_driver(desktop: &Desktop, port: u16) -> Result<Child> {
    desktop
        .command("WebKitWebDriver")
        .arg(format!("--port={port}"))
        .env("TAURI_AUTOMATION", "true")
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map(with_stderr_drained)
        .context("WebKitWebDriver does not start: `cargo xtask setup --for test` installs it")
}

/// Passes on what the app says, without the warnings that a desktop without a GPU or a portal brings.
#[expect(
    clippy::print_stderr,
    reason = "the app's own messages belong in the test's output"
)]
fn with_stderr_drained(mut driver: Child) -> Child {
    if let Some(output) = driver.stderr.take() {
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines
                .filter(|line| !is_noise(line))
                .for_each(|line| eprintln!("app: {line}"));
        });
    }
    driver
}

fn is_noise(line: &str) -> bool {
    let known = [
        "libEGL",
        "Gtk-WARNING",
        "GLib-GIO-CRITICAL",
        "dconf-WARNING",
        "MESA",
        "portal",
    ];
    line.trim().is_empty() || known.iter().any(|noise| line.contains(noise))
}

fn agent() -> ureq::Agent {
    // Longer than any wait in the page: a hung driver must fail, and say so.
    let limit = Duration::from_secs(90);
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(limit))
        .build()
        .into()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Value> {
    let status = response.status();
    let body: Value = response.body_mut().read_json().unwrap_or(Value::Null);
    let value = body.get("value").cloned().unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(value);
    }
    let field = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    bail!("WebDriver: {status} {} {}", field("error"), field("message"))
}

fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Standard base64 (RFC 4648 §4); `None` for a character that does not belong.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for character in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        bits = (bits << 6) | u32::from(sextet(character)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_rfc_4648() {
        let cases = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
        ];
        for (encoded, plain) in cases {
            assert_eq!(
                decode_base64(encoded).as_deref(),
                Some(plain.as_bytes()),
                "{encoded}"
            );
        }
        assert_eq!(decode_base64("Zm9*"), None);
    }

    #[test]
    fn a_plain_string_is_a_testid_with_quotes_escaped() {
        assert_eq!(
            Target::from("row-\"x\"").to_string(),
            r#"[data-testid="row-\"x\""]"#
        );
    }
}
