//! How far a first reading is, on a real pseudo terminal.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::far_link::FarLink;

use crate::fixture::Fixture;

/// Two requests before the first page are a second: from then on a person is told.
const ROUND_TRIP: Duration = Duration::from_millis(500);

pub(crate) fn shown(fixture: &mut Fixture) -> Result<()> {
    let many: Vec<(String, String)> = (0..250)
        .map(|n| (format!("page_{n:03}"), n.to_string()))
        .collect();
    fixture.other.create_variables(&many)?;
    let link = FarLink::start(&fixture.server.base_url(), ROUND_TRIP)?;
    let ctl = Ctl::connected(&fixture.server, &link.base_url())?;
    let text = at_a_terminal(&ctl)?;
    let counts = counts(&text);
    let all = fixture.other.count_variables()?;
    ensure!(
        counts.len() > 1 && counts.is_sorted() && counts.iter().any(|count| *count < all),
        "of {all} it told {counts:?}: {text:?}"
    );
    // The line is cleared before the result, which stands alone.
    let (_, rest) = text.rsplit_once("so far…").context("no line")?;
    ensure!(
        rest.trim_start_matches('\r').starts_with("\u{1b}[K") && rest.contains("records read"),
        "{rest:?}"
    );

    // Every sync that a person asks for reads everything.
    let piped = ctl.command().arg("sync").output()?;
    ensure!(piped.status.success(), "{piped:?}");
    let printed = [piped.stdout, piped.stderr].concat();
    let printed = String::from_utf8(printed)?;
    ensure!(
        !printed.contains("so far") && !printed.contains('\u{1b}'),
        "{printed:?}"
    );
    Ok(())
}

/// What `sync` writes to a terminal of its own, which `script` makes.
fn at_a_terminal(ctl: &Ctl) -> Result<String> {
    let sync = ctl.command();
    let program = sync.get_program().to_str().context("a path that is no text")?;
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command"]);
    script.arg(format!("'{program}' sync")).arg("/dev/null");
    for (name, value) in sync.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script.env("SHELL", "/bin/sh");
    let output = script
        .stdin(Stdio::null())
        .output()
        .context("script, of util-linux")?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}: {text}", output.status);
    Ok(text)
}

/// The numbers that were told, in order.
fn counts(text: &str) -> Vec<usize> {
    let lines = text.split("Reading Airflow: ").skip(1);
    let words = lines.filter_map(|line| line.split(" records so far…").next());
    words.filter_map(|word| word.parse().ok()).collect()
}
