//! What axe-core finds on a screen of the real app, light and dark.

use crate::connected::say;
use anyhow::{Context, Result, ensure};
use harness::webdriver::App;
use harness::workspace;
use serde_json::{Value, json};

/// axe's own code, as npm brought it.
const AXE_FILE: &str = "ui/node_modules/axe-core/axe.min.js";

/// Nothing may be in the middle of a change of colour when it is measured.
const STILL: &str = "
const style = document.createElement('style');
style.textContent = '*, *::before, *::after { transition: none !important; animation: none !important; }';
document.head.append(style);";

const RUN: &str = "
const done = arguments[0];
const told = (node) => `${node.target.join(' ')}: ${node.failureSummary.split('\\n').slice(1).join(' ').trim()}`;
const finding = (found) => `${found.id}: ${found.nodes.slice(0, 5).map(told).join(' | ')}`;
axe.run(document, { resultTypes: ['violations'] }).then(
  ({ passes, violations }) => done({ passed: passes.length, found: violations.map(finding) }),
  (error) => done({ passed: 0, found: [String(error)] }),
);";

const SPOIL: &str = "
const image = document.createElement('img');
image.id = 'spoiled';
document.querySelector('main').append(image);";

/// Looks at screens and collects what axe finds.
pub(crate) struct Inspector {
    axe: String,
    findings: Vec<String>,
}

impl Inspector {
    pub(crate) fn new() -> Result<Self> {
        let path = workspace::root().join(AXE_FILE);
        let axe = std::fs::read_to_string(&path)
            .with_context(|| format!("{AXE_FILE} is missing: `cargo xtask setup` brings it"))?;
        Ok(Self {
            axe,
            findings: Vec::new(),
        })
    }

    /// Checks what is shown now, in both themes.
    pub(crate) fn look(&mut self, app: &App, place: &str) -> Result<()> {
        for theme in ["light", "dark"] {
            for found in self.found(app, theme)? {
                say(&format!("axe: {place}, {theme}: {found}"));
                self.findings.push(format!("{place}, {theme}: {found}"));
            }
        }
        Ok(())
    }

    fn found(&self, app: &App, theme: &str) -> Result<Vec<String>> {
        if app.execute("return window.axe === undefined", &[])? == Value::Bool(true) {
            app.execute(STILL, &[])?;
            app.execute(&self.axe, &[])?;
        }
        app.execute(
            "document.documentElement.dataset.theme = arguments[0]",
            &[json!(theme)],
        )?;
        let result = app.execute_async(RUN, &[])?;
        let found = result["found"].as_array().context("axe did not answer")?;
        ensure!(
            !found.is_empty() || result["passed"].as_u64() > Some(5),
            "axe looked at nothing: {result}"
        );
        Ok(found
            .iter()
            .map(|one| one.as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// An image without words must be found, or the rest means nothing.
    pub(crate) fn can_find(&self, app: &App) -> Result<()> {
        app.execute(SPOIL, &[])?;
        let found = self.found(app, "light")?;
        ensure!(
            found.iter().any(|one| one.starts_with("image-alt: #spoiled")),
            "axe is blind: {found:?}"
        );
        app.execute("document.getElementById('spoiled').remove()", &[])
            .map(drop)
    }

    pub(crate) fn nothing_found(self) -> Result<()> {
        ensure!(
            self.findings.is_empty(),
            "axe found:\n{}",
            self.findings.join("\n")
        );
        Ok(())
    }
}
