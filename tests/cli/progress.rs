//! How far a first reading is, on a real pseudo terminal; and a sync that is stopped.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::far_link::FarLink;
use harness::pausing_proxy::PausingProxy;

use crate::fixture::{Fixture, same};

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

/// They go one by one.
const DELETED: usize = 12;
/// For a signal to be noticed.
const NOTICED: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(60);

pub(crate) fn stopped(fixture: &mut Fixture) -> Result<()> {
    let proxy = PausingProxy::start(&fixture.server.base_url())?;
    let ctl = Ctl::connected(&fixture.server, &proxy.base_url())?;
    a_first_reading_is_stopped(fixture, &proxy, &ctl)?;
    a_push_is_stopped(fixture, &proxy, &ctl)?;
    proxy.all_happened()
}

/// While its second page is awaited, which is held until the sync has ended.
fn a_first_reading_is_stopped(fixture: &mut Fixture, proxy: &PausingProxy, ctl: &Ctl) -> Result<()> {
    let all = fixture.other.count_variables()?;
    let ((tell_sync, sync), (tell_end, end)) = (mpsc::channel(), mpsc::channel());
    proxy.after("GET", "/variables", || Ok(()));
    proxy.after("GET", "/variables", move || {
        interrupt(sync.recv_timeout(SOON)?)?;
        Ok(end.recv_timeout(SOON)?)
    });
    let sync = begin(ctl)?;
    tell_sync.send(sync.id())?;
    let (printed, told) = ended(sync)?;
    tell_end.send(())?;
    ensure!(printed.starts_with("records read"), "{printed:?}");
    same(
        told.trim_end(),
        "Stopped. What was read and sent until then counts. `leewardctl sync` goes on.",
    )?;
    let read = listed(ctl)?;
    ensure!(0 < read && read < all, "{read} of {all}");
    same(&ctl.sync()?.exits(0)?.json["stopped"], &serde_json::Value::Null)?;
    same(&listed(ctl)?, &all)
}

/// After its second delete has had its effect, and before that is known here.
fn a_push_is_stopped(fixture: &mut Fixture, proxy: &PausingProxy, ctl: &Ctl) -> Result<()> {
    let all = fixture.other.count_variables()?;
    for number in 0..DELETED {
        ctl.run(&["records", "delete", "variables", &format!("page_{number:03}")])?
            .exits(0)?;
    }
    let (tell_sync, sync) = mpsc::channel();
    proxy.after("DELETE", "/variables/page_001", move || {
        interrupt(sync.recv_timeout(SOON)?)?;
        std::thread::sleep(NOTICED);
        Ok(())
    });
    let sync = begin(ctl)?;
    tell_sync.send(sync.id())?;
    let (_, told) = ended(sync)?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    let pending = usize::try_from(status["pending"].as_u64().context("a count")?)?;
    ensure!((1..DELETED - 1).contains(&pending), "{status}");
    ensure!(told.contains(&format!("{pending} change")), "{told:?}");
    same(&status["in_doubt"], &serde_json::json!(0))?;
    same(&fixture.other.count_variables()?, &(all - DELETED + pending))?;
    same(&ctl.sync()?.exits(0)?.json["pushed"], &serde_json::json!(pending))?;
    same(&fixture.other.count_variables()?, &(all - DELETED))
}

fn listed(ctl: &Ctl) -> Result<usize> {
    let records = ctl.run(&["records", "list", "variables"])?.exits(0)?.json;
    Ok(records.as_array().context("records")?.len())
}

/// `sync` for a person, whose terminal it has not.
fn begin(ctl: &Ctl) -> Result<Child> {
    let mut sync = ctl.command();
    sync.arg("sync")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    sync.spawn().context("leewardctl sync")
}

/// Ctrl+C.
fn interrupt(process: u32) -> Result<()> {
    let kill = Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status()?;
    ensure!(kill.success(), "{kill}");
    Ok(())
}

/// What was printed, and the messages.
fn ended(sync: Child) -> Result<(String, String)> {
    let output = sync.wait_with_output()?;
    let told = String::from_utf8(output.stderr)?;
    same(&output.status.code(), &Some(130)).context(told.clone())?;
    Ok((String::from_utf8(output.stdout)?, told))
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
