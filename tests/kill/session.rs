//! A session of edits, one process each, that is killed with everything in it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};
use harness::account::Account;
use harness::ctl::Ctl;
use harness::dice::Dice;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::DAG;

/// Records that the edits of a session go to in turn: a pool, and variables.
const KEYS: usize = 5;

/// One action, then edits without end. What exited 0 is said, and nothing else.
const SCRIPT: &str = r#"
"$CTL" dagrun trigger "$DAG" --conf "{\"round\": \"$ROUND\"}" >/dev/null 2>&1 && echo "run $ROUND"
n=0
while :; do
    text="$ROUND-$n"
    if [ $((n % KEYS)) = 0 ]; then
        record=pools/edit_0
        "$CTL" records set pools edit_0 --field "description=$text" --field slots=3
    else
        record="variables/edit_$((n % KEYS))"
        "$CTL" records set variables "edit_$((n % KEYS))" --field "value=$text"
    fi >/dev/null 2>&1 && echo "$record $text"
    n=$((n + 1))
done
"#;

/// Runs a session, kills all of it at a random moment, and enters what it had acknowledged.
pub(crate) fn killed(ctl: &Ctl, dice: &mut Dice, round: u32, account: &mut Account) -> Result<()> {
    let mut session = begin(ctl, round)?;
    let mut output = session.stdout.take().context("the session's output")?;
    thread::sleep(dice.moment(30, 500));
    kill_group(&mut session)?;
    let mut said = String::new();
    output.read_to_string(&mut said)?;
    // A line without its end was cut by the kill: what it would say is not acknowledged.
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    for (what, text) in whole.lines().filter_map(|line| line.split_once(' ')) {
        match what {
            "run" => account.acknowledge_run(text),
            record => account.acknowledge(&record.parse()?, text),
        }
    }
    Ok(())
}

fn begin(ctl: &Ctl, round: u32) -> Result<Child> {
    let leewardctl = ctl.command();
    let mut session = Command::new("sh");
    session.args(["-c", SCRIPT]).env("CTL", leewardctl.get_program());
    for (name, value) in leewardctl.get_envs() {
        match value {
            Some(value) => session.env(name, value),
            None => session.env_remove(name),
        };
    }
    session
        .env("ROUND", format!("r{round}"))
        .env("DAG", DAG)
        .env("KEYS", KEYS.to_string());
    session
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    session.spawn().context("sh")
}

/// kill -9 of a process that leads a group, and of everything it started.
pub(crate) fn kill_group(leader: &mut Child) -> Result<()> {
    let group = Pid::from_child(leader);
    kill_process_group(group, Signal::KILL)?;
    leader.wait()?;
    Ok(())
}
