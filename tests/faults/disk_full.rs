//! A disk without space. The limit of a process's file size (RLIMIT_FSIZE) stands for it: any user may set it, and the
//! kernel refuses the write, as it does on a full disk.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::account::Account;
use harness::ctl::{Ctl, ENVIRONMENT};
use harness::dice::Dice;
use harness::edited::Edited;
use harness::fault_proxy::FaultProxy;
use harness::workspace;
use leeward_profile::{DataDir, Environment, Environments};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tempfile::TempDir;

use crate::fixture::{ARRIVAL_LIMIT, Fixture, MANY, edit_many, trigger};
use crate::server_killed::a_sync_that_writes;
use crate::tally::Tally;

/// Times that the disk becomes full while edits are made.
const FILLS: usize = 4;
/// Edits that are tried each time.
const EDITS: usize = 25;
/// No file may grow beyond a size below this: some edits fit, then none.
const SPACE_BYTES_MAX: u64 = 640 * 1024;
/// Pushes during which the disk becomes full.
const PUSHES: usize = 3;
/// `leewardctl` exits so when it could not do what was asked.
const FAILED: i32 = 1;
/// A late writer of the deliberate bug is done by then.
const LATE: Duration = Duration::from_secs(1);

/// Runs its program with the limit that stands in the file beside it, in blocks of 512 bytes. The limit would end the
/// process by a signal; a full disk does not.
const WRAPPER: &str = r#"#!/bin/sh
trap "" XFSZ
if [ -f "$0.blocks" ]; then ulimit -f "$(cat "$0.blocks")"; fi
exec "@PROGRAM@" "$@"
"#;

/// A `leewardctl` whose disk can be full.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn of(program: &Path) -> Result<Self> {
        let disk = Self {
            folder: tempfile::tempdir()?,
        };
        let text = WRAPPER.replace("@PROGRAM@", &program.display().to_string());
        fs::write(disk.program(), text)?;
        fs::set_permissions(disk.program(), Permissions::from_mode(0o755))?;
        Ok(disk)
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("leewardctl")
    }

    /// No file of a process that is started from now on grows beyond so many bytes.
    fn fill(&self, bytes: u64) -> Result<()> {
        Ok(fs::write(self.limit(), (bytes / 512).to_string())?)
    }

    fn make_space(&self) -> Result<()> {
        Ok(fs::remove_file(self.limit())?)
    }

    fn limit(&self) -> PathBuf {
        self.folder.path().join("leewardctl.blocks")
    }
}

/// Edits while the disk becomes full: what is refused is told and not there, and the same edit is kept afterwards.
pub(crate) fn while_edits_are_made(fixture: &mut Fixture, dice: &mut Dice) -> Result<Tally> {
    let disk = Disk::of(&workspace::ctl()?)?;
    let ctl = fixture.desk_of(disk.program(), &fixture.server.base_url())?;
    let (mut account, mut tally) = (Account::default(), Tally::default());
    for fill in 0..FILLS {
        disk.fill(dice.between(0, SPACE_BYTES_MAX))?;
        let refused = try_edits(&ctl, fill, &mut account, &mut tally)?;
        disk.make_space()?;
        for (record, text) in refused {
            let answer = ctl.run(&["records", "get", record.collection.name(), &record.key])?;
            ensure!(answer.code == FAILED, "{record} was refused, and is there");
            crate::fixture::edit(&ctl, &mut account, &record, &text)?;
            tally.edits += 1;
        }
    }
    ensure!(tally.refused > 0, "the disk was never full");
    tally.faults = tally.refused;
    fixture.look(&ctl, &account, &mut tally)?;
    ensure!(
        tally.acknowledged == EDITS * FILLS,
        "{} were acknowledged",
        tally.acknowledged
    );
    Ok(tally)
}

/// The edits that were refused. Each refusal says why.
fn try_edits(
    ctl: &Ctl,
    fill: usize,
    account: &mut Account,
    tally: &mut Tally,
) -> Result<Vec<(Edited, String)>> {
    let mut refused = Vec::new();
    for n in 0..EDITS {
        let record = Edited::numbered(&format!("full_{fill}"), n);
        let text = format!("f{fill}-{n}");
        let answer = ctl.edit(&record, &text)?;
        tally.edits += 1;
        if answer.code == 0 {
            account.acknowledge(&record, &text);
            continue;
        }
        ensure!(
            answer.code == FAILED && !answer.messages.trim().is_empty(),
            "a full disk was told with exit code {}: {}",
            answer.code,
            answer.messages
        );
        tally.refused += 1;
        refused.push((record, text));
    }
    println!("  of {EDITS} edits, {} found no space", refused.len());
    Ok(refused)
}

/// The disk becomes full while a big push is under way, and has space again for the next.
pub(crate) fn during_a_push(fixture: &mut Fixture, dice: &mut Dice) -> Result<Tally> {
    let disk = Disk::of(&workspace::ctl()?)?;
    let proxy =
        FaultProxy::start(&fixture.server.base_url(), Duration::ZERO)?.keeping_writes_within(ARRIVAL_LIMIT);
    let ctl = fixture.desk_of(disk.program(), &proxy.base_url())?;
    let (mut account, mut tally) = (Account::default(), Tally::default());
    for round in 0..PUSHES {
        edit_many(&ctl, &mut account, "push", round, MANY)?;
        trigger(&ctl, &mut account, &format!("p{round}"))?;
        let mut sync = a_sync_that_writes(&ctl, &proxy, dice)?;
        let ended = fail_every_write(&mut sync)?;
        let pending = ctl.run(&["status"])?.exits(0)?.json["pending"].clone();
        println!(
            "  full at write {}: the sync exited {ended}, {pending} pending",
            proxy.writes()
        );
        ensure!(pending.as_u64() > Some(0), "the disk was full when all was done");
        ensure!(ended == FAILED, "a full disk was told with exit code {ended}");
        tally.faults += 1;
    }
    tally.edits = account.acknowledged();
    fixture.look(&ctl, &account, &mut tally)?;
    Ok(tally)
}

/// From now on no byte of this process goes to a file; returns its exit code.
fn fail_every_write(process: &mut Child) -> Result<i32> {
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    prlimit(Some(Pid::from_child(process)), Resource::Fsize, nothing)?;
    process.wait()?.code().context("the sync was killed")
}

/// Edits on a full disk with the build that says "kept" before it has committed; how many of them are gone.
pub(crate) fn losses_of_the_bug() -> Result<usize> {
    let disk = Disk::of(&workspace::ctl_with_the_bug()?)?;
    let ctl = Ctl::running(disk.program())?;
    let dir = DataDir::resolve(Some(ctl.folder()))?;
    let environment = Environment::new(ENVIRONMENT, "http://127.0.0.1:1", Some("ann"), "#2f6f8f");
    Environments::load(&dir)?.add(environment)?;
    let mut account = Account::default();
    disk.fill(0)?;
    try_edits(&ctl, 0, &mut account, &mut Tally::default())?;
    thread::sleep(LATE);
    disk.make_space()?;
    Ok(account.look(&ctl)?.lost.len())
}
