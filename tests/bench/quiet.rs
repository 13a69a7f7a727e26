//! A cycle in which nothing happened anywhere: what it asks, carries, writes and costs; and an hour of them.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use harness::airflow_server::{AirflowServer, Writer};
use harness::fake_airflow::{FakeAirflow, InProcess};
use harness::far_link::FarLink;
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{BaseUrl, v2};
use leeward_sync::{Credentials, Runtime, Secret};

use crate::children;
use crate::cycles::{EngineOnDisk, block_on};
use crate::http::Bare;
use crate::pairs::{Pairs, Side};
use crate::real::{Real, VARIABLES};
use crate::row::{Goal, Row};

/// Cycles until there is nothing left to take down.
const UNTIL_QUIET: usize = 3;
const HOUR: u64 = 60;

pub(crate) fn measure(real: &mut Real) -> Result<Vec<Row>> {
    let mut rows = one_cycle(real.server()?)?;
    rows.push(an_hour()?);
    Ok(rows)
}

/// What one side did.
#[derive(Debug, Default, Clone, Copy)]
struct Cost {
    requests: f64,
    bytes: f64,
    writes: f64,
    cpu_ms: f64,
}

fn one_cycle(server: &AirflowServer) -> Result<Vec<Row>> {
    let link = FarLink::start(&server.base_url(), Duration::ZERO)?;
    let scene = Scene::new(server, &link)?;
    let mut costs = Vec::new();
    Pairs::measure(|side, _| {
        let cost = match side {
            Side::Ours => scene.quiet_cycle()?,
            Side::Reference => scene.bare_pull()?,
        };
        costs.push((side, cost));
        Ok(0.0)
    })?;
    let pairs = |part: fn(&Cost) -> f64| {
        let of = |wanted| {
            let of_side = costs.iter().filter(move |(side, _)| *side == wanted);
            of_side.map(|(_, cost)| part(cost)).collect::<Vec<_>>()
        };
        Pairs::of(of(Side::Ours), of(Side::Reference))
    };
    let row = |name, unit, part, goal| {
        let reference = "a bare paging loop over all variables";
        Row::new(name, unit, reference, &pairs(part), goal)
    };
    Ok(vec![
        row("quiet_cycle_requests", "requests", |cost| cost.requests, Goal::AtMost(3.0)),
        row("quiet_cycle_bytes", "bytes", |cost| cost.bytes, Goal::None)
            .note("both ways, as they go over the wire, headers included"),
        row("quiet_cycle_writes", "writes", |cost| cost.writes, Goal::AtMost(0.0))
            .note("commits that changed the mirror's file or its write-ahead log, and new rows in Airflow's event log"),
        row("quiet_cycle_cpu", "ms", |cost| cost.cpu_ms, Goal::None)
            .note(format!("time on the processor of the thread that runs it, at {VARIABLES} variables")),
    ])
}

struct Scene<'a> {
    server: &'a AirflowServer,
    link: &'a FarLink,
    writer: Writer,
    engine: EngineOnDisk,
}

impl<'a> Scene<'a> {
    fn new(server: &'a AirflowServer, link: &'a FarLink) -> Result<Self> {
        let engine = EngineOnDisk::at(&link.base_url(), server.username(), server.password())?;
        block_on(async {
            for _ in 0..UNTIL_QUIET {
                engine.look().await?;
            }
            Ok(())
        })?;
        let writer = server.writer()?;
        Ok(Self {
            server,
            link,
            writer,
            engine,
        })
    }

    fn quiet_cycle(&self) -> Result<Cost> {
        let (bytes, files, events) = (self.link.bytes(), self.files()?, self.events()?);
        let (requests, cpu_ms) = block_on(async {
            let before = cpu_ms()?;
            let summary = self.engine.look().await?;
            Ok((summary.requests, cpu_ms()? - before))
        })?;
        let changed = u32::from(self.files()? != files);
        let written = u32::try_from(self.events()? - events)?;
        Ok(Cost {
            requests: count(requests)?,
            bytes: count(self.link.bytes() - bytes)?,
            writes: f64::from(changed + written),
            cpu_ms,
        })
    }

    fn bare_pull(&self) -> Result<Cost> {
        let bytes = self.link.bytes();
        let (requests, cpu_ms) = block_on(async {
            let (url, user, password) = (
                self.link.base_url(),
                self.server.username(),
                self.server.password(),
            );
            let bare = Bare::sign_in(&url, user, password).await?;
            let before = cpu_ms()?;
            let requests = bare.pull(VARIABLES).await?;
            Ok((requests as u64, cpu_ms()? - before))
        })?;
        Ok(Cost {
            requests: count(requests)?,
            bytes: count(self.link.bytes() - bytes)?,
            writes: 0.0,
            cpu_ms,
        })
    }

    /// What the mirror's files hold.
    fn files(&self) -> Result<Vec<Vec<u8>>> {
        let files = self.engine.files();
        let existing = files.iter().filter(|path| path.exists());
        Ok(existing.map(fs::read).collect::<Result<_, _>>()?)
    }

    /// How many rows Airflow's event log has: every write through the API leaves one.
    fn events(&self) -> Result<u64> {
        let (status, body) = self.writer.call("GET", "/api/v2/eventLogs?limit=1", None)?;
        ensure!(status == 200, "the event log: {status}");
        body["total_entries"].as_u64().context("no total")
    }
}

fn count(number: u64) -> Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}

/// Time on the processor of this thread, in milliseconds.
fn cpu_ms() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: u64 = text.split(' ').next().context("no time")?.parse()?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 ns")]
    let ms = ns as f64 / 1e6;
    Ok(ms)
}

/// A clock that goes on when it is told to.
#[derive(Debug, Default)]
struct Clock(AtomicU64);

impl Clock {
    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Runtime for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
            + SignedDuration::from_hours(500_000)
            + SignedDuration::try_from(self.elapsed()).unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration.as_secs());
    }

    fn random(&self) -> u64 {
        4
    }
}

/// An hour in which nothing happens, a cycle a minute, by a clock that does not wait; full scans included.
fn an_hour() -> Result<Row> {
    let pairs = Pairs::measure(|side, _| match side {
        Side::Ours => requests_of_an_hour(),
        // A page for every hundred variables, every minute.
        Side::Reference => count(HOUR * (VARIABLES / crate::http::PAGE) as u64),
    })?;
    let row = Row::new(
        "requests_an_hour",
        "requests",
        "a bare paging loop every minute",
        &pairs,
        Goal::None,
    );
    Ok(row.note(format!(
        "{HOUR} cycles a minute apart by a clock of their own, {VARIABLES} variables, against the model of Airflow; \
         what is between two full scans and the scans themselves"
    )))
}

fn requests_of_an_hour() -> Result<f64> {
    let model = InProcess::default();
    model.with(|airflow: &mut FakeAirflow| airflow.variables = children::variables(VARIABLES));
    let credentials = Credentials::Password {
        username: "ann".into(),
        password: Secret::new("lee-shore-7"),
    };
    let base = BaseUrl::parse("http://model.invalid")?;
    let airflow = Arc::new(v2::Client::new(Arc::new(model), base, credentials));
    let clock = Arc::new(Clock::default());
    let engine = EngineOnDisk::with(airflow, clock.clone())?;
    block_on(async {
        for _ in 0..UNTIL_QUIET {
            engine.look().await?;
            clock.pass(60);
        }
        let mut requests = 0;
        for _ in 0..HOUR {
            requests += engine.look().await?.requests;
            clock.pass(60);
        }
        count(requests)
    })
}
