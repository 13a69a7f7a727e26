//! The driver: when cycles happen, what the analyst hears of, and what waits for another process.

use crate::desk::{Desk, Fault, When};
use jiff::SignedDuration;
use leeward_model::{MirrorPart, ProblemCode, Scan, Status, TrayState, Trigger};
use leeward_sync::{Driver, Listener, Notice, Runtime};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Turns of the other tasks after which something that was to happen by itself has not happened.
const TURNS: usize = 20_000;

/// Notes down what it hears.
#[derive(Default)]
struct Ear {
    notices: Mutex<Vec<Notice>>,
    told: Mutex<Option<Status>>,
    /// Every status line, the first one first.
    lines: Mutex<Vec<String>>,
    /// What changed, by telling.
    parts: Mutex<Vec<Vec<MirrorPart>>>,
}

impl Listener for Ear {
    fn mirror_changed(&self, parts: &[MirrorPart]) {
        self.parts.lock().unwrap().push(parts.to_vec());
    }

    fn status_changed(&self, status: &Status) {
        *self.told.lock().unwrap() = Some(status.clone());
        self.lines.lock().unwrap().push(status.line.clone());
    }

    fn notice(&self, notice: &Notice) {
        self.notices.lock().unwrap().push(notice.clone());
    }
}

struct Running {
    desk: Desk,
    driver: Arc<Driver>,
    ear: Arc<Ear>,
    locked_elsewhere: Arc<AtomicBool>,
}

/// A driver that runs beside the test.
fn running(desk: Desk) -> Running {
    let ear = Arc::<Ear>::default();
    let locked_elsewhere = Arc::<AtomicBool>::default();
    let watch =
        leeward_sync::open_mirror(&desk.folder.path().join("mirror.sqlite"), desk.clock.as_ref()).unwrap();
    let other = locked_elsewhere.clone();
    let try_lock = Box::new(move || (!other.load(Ordering::Relaxed)).then(|| Box::new(()) as Box<dyn Send>));
    let driver = Driver::new(desk.engine.clone(), watch, try_lock, ear.clone());
    tokio::spawn(driver.clone().run());
    Running {
        desk,
        driver,
        ear,
        locked_elsewhere,
    }
}

impl Running {
    async fn until(&self, what: &str, mut happened: impl FnMut(&Desk) -> bool) {
        for _ in 0..TURNS {
            if happened(&self.desk) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{what}: it did not happen by itself");
    }

    /// Lets the schedule go on for so long.
    async fn pass(&self, time: SignedDuration) {
        let end = self.desk.clock.now() + time;
        self.until("time passes", |desk| desk.clock.now() >= end).await;
    }
}

/// That a run could be followed says nothing of a collection that was never read; the event log cannot be read either.
#[tokio::test]
async fn what_was_never_read_is_not_in_sync() {
    let desk = Desk::new(&[("a", "1")]);
    desk.tamper(|_, path, when, _| match when {
        When::Before if path.contains("/pools") => Some(Fault::Trouble),
        When::Before if path.contains("/eventLogs") => Some(Fault::Forbidden),
        _ => None,
    });
    let running = running(desk);
    running.desk.trigger("daily_pricing", false);
    running.driver.edited();
    running.until("the run", |desk| desk.runs() == 1).await;
    let end = running.desk.clock.now() + SignedDuration::from_mins(1);
    running
        .until("a minute", |desk| {
            let told = running.driver.status().unwrap();
            assert_ne!(told.tray, TrayState::InSync, "{}", told.line);
            desk.clock.now() >= end
        })
        .await;
}

#[tokio::test]
async fn an_edit_goes_out_by_itself() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.edit("a", "2");
    running.driver.edited();
    let before = running.desk.clock.now();
    running
        .until("the push", |desk| desk.raw("a").as_deref() == Some("2"))
        .await;
    let took = running.desk.clock.now().duration_since(before);
    assert!(
        took < SignedDuration::from_secs(10),
        "long before the next interval: {took:?}"
    );
}

/// Someone who waits for the first reading, or for much that is sent, sees how far it is.
#[tokio::test]
async fn a_cycle_that_takes_long_tells_how_far_it_is() {
    const COUNT: usize = 250;
    let keys: Vec<String> = (0..COUNT).map(|number| format!("k{number:03}")).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let desk = Desk::new(&variables);
    let clock = desk.clock.clone();
    desk.tamper(move |_, _, when, _| {
        if when == When::Before {
            clock.pass(SignedDuration::from_millis(700));
        }
        None
    });
    let running = running(desk);
    let has = |line: &str| running.ear.lines.lock().unwrap().iter().any(|told| told == line);
    running
        .until("the first cycle", |desk| desk.find("k249").is_some())
        .await;
    assert!(
        has("Syncing: 200 records read…"),
        "{:?}",
        running.ear.lines.lock().unwrap()
    );
    keys.iter().for_each(|key| running.desk.edit(key, "2"));
    running.driver.edited();
    running
        .until("the push", |desk| desk.raw("k249").as_deref() == Some("2"))
        .await;
    let lines = running.ear.lines.lock().unwrap().clone();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("Syncing: sent 100 of 250")),
        "{lines:?}"
    );
}

/// How much each cycle read, the newest first.
fn scans(desk: &Desk) -> Vec<Scan> {
    let cycles = desk.ledger(|ledger| ledger.activities(100));
    cycles.iter().map(|cycle| cycle.scan).collect()
}

/// "In sync, 5 min ago" would be a strange answer to a change that has just arrived.
#[tokio::test]
async fn what_was_sent_just_now_is_told() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.pass(SignedDuration::from_mins(5)).await;
    running.desk.edit("a", "2");
    running.driver.edited();
    let told = || running.driver.status().unwrap().line;
    running
        .until("the line", |_| told() == "In sync, sent to Airflow just now")
        .await;
    running.pass(SignedDuration::from_mins(16)).await;
    assert!(!told().contains("sent"), "everything was read since: {}", told());
}

/// Nobody looks at the window all day.
#[tokio::test]
async fn a_permission_that_is_missing_is_told_once() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.tamper(|_, path, when, _| {
        let is_hit = path.contains("/variables") || path.contains("/eventLogs");
        (is_hit && when == When::Before).then_some(Fault::Forbidden)
    });
    running.pass(SignedDuration::from_mins(20)).await;
    let notices = running.ear.notices.lock().unwrap().clone();
    let [Notice::NotAllowed { what }] = notices.as_slice() else {
        panic!("{notices:?}")
    };
    assert!(
        what.contains("not allowed") && what.contains("Ask whoever"),
        "{what}"
    );
}

/// A quiet cycle writes nothing: its process knows of it.
#[tokio::test]
async fn a_quiet_cycle_is_told_as_a_check() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.pass(SignedDuration::from_mins(6)).await;
    let told = running.driver.status().unwrap().line;
    assert!(
        told.starts_with("In sync, checked just now, all read ") && told.ends_with("min ago"),
        "{told}"
    );
}

#[tokio::test]
async fn a_refused_run_is_told_once_with_its_reason() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    let conf = serde_json::json!({"discount": 99});
    let id = running.desk.trigger_with("daily_pricing", conf);
    running.driver.edited();
    running.pass(SignedDuration::from_mins(5)).await;
    let refused = Notice::RunRefused {
        dag_id: "daily_pricing".into(),
        why: "discount must be at most 50.".into(),
    };
    assert_eq!(*running.ear.notices.lock().unwrap(), [refused]);
    assert_eq!(
        running.desk.action(id).note.as_deref(),
        Some("discount must be at most 50.")
    );
}

/// The window reads again what is told to have changed, and nothing else.
#[tokio::test]
async fn only_what_changed_is_told() {
    let running = running(Desk::new(&[("a", "1")]));
    let told = || std::mem::take(&mut *running.ear.parts.lock().unwrap());
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    assert_eq!(told().first().map(Vec::as_slice), Some(&MirrorPart::ALL[..]));
    running.pass(SignedDuration::from_mins(5)).await;
    told();
    running.pass(SignedDuration::from_mins(5)).await;
    let quiet = told();
    assert!(
        !quiet.is_empty() && quiet.iter().all(Vec::is_empty),
        "cycles that found nothing: {quiet:?}"
    );
    running.desk.trigger("daily_pricing", false);
    running.driver.edited();
    running.pass(SignedDuration::from_mins(5)).await;
    let mut parts = told().concat();
    parts.dedup();
    assert_eq!(parts, [MirrorPart::Runs]);
}

/// No row of the event log points at a key that Airflow does not have, and the next full reading may be far.
#[tokio::test]
async fn a_new_variable_is_as_prompt_as_an_edit() {
    let desk = Desk::new(&[("a", "1")]);
    desk.airflow(|airflow| airflow.log_about("cli_scheduler", "root", &serde_json::json!({})));
    let running = running(desk);
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.edit("new", "1");
    let run = running.desk.trigger("daily_pricing", true);
    running.driver.edited();
    let before = running.desk.clock.now();
    running
        .until("the creation and its run", |desk| {
            desk.raw("new").as_deref() == Some("1") && desk.runs() == 1
        })
        .await;
    let took = running.desk.clock.now().duration_since(before);
    assert!(took < SignedDuration::from_secs(10), "{took:?}");
    assert_eq!(running.desk.action_state(run), leeward_model::ActionState::Done);
    let full = scans(&running.desk)
        .into_iter()
        .filter(|scan| *scan == Scan::Full);
    assert_eq!(full.count(), 1, "only the first cycle read everything");
}

/// The mirror may have been put back from an older copy, and only the window would know.
#[tokio::test]
async fn nothing_is_done_before_the_window_has_spoken() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let id = desk.trigger("daily_pricing", false);
    let running = running(desk);
    running.driver.wait_for_window();
    running.driver.edited();
    let feed = |desk: &Desk| desk.ledger(|ledger| ledger.pull("window", 0, 100)).cursor;
    let before = feed(&running.desk);
    running.desk.set_remote("other", "1");
    running.pass(SignedDuration::from_secs(10)).await;
    assert_eq!(feed(&running.desk), before, "an older copy can still be told");
    let sent = |desk: &Desk| (desk.raw("a").as_deref() == Some("2"), desk.runs());
    assert_eq!(sent(&running.desk), (false, 0));
    let before = running.desk.clock.now();
    running.driver.window_spoke();
    running.until("the push", |desk| sent(desk) == (true, 1)).await;
    let took = running.desk.clock.now().duration_since(before);
    assert!(took < SignedDuration::from_secs(3), "at once: {took:?}");
    assert_eq!(running.desk.action_state(id), leeward_model::ActionState::Done);
}

/// No window can know more of it.
#[tokio::test]
async fn a_new_mirror_waits_for_no_window() {
    let running = running(Desk::new(&[("a", "1")]));
    running.driver.wait_for_window();
    let before = running.desk.clock.now();
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    let waited = running.desk.clock.now().duration_since(before);
    assert!(waited < SignedDuration::from_secs(2), "{waited:?}");
}

#[tokio::test]
async fn a_window_that_never_speaks_is_not_waited_for_for_ever() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    let running = running(desk);
    running.driver.wait_for_window();
    let before = running.desk.clock.now();
    running
        .until("the push", |desk| desk.raw("a").as_deref() == Some("2"))
        .await;
    let waited = running.desk.clock.now().duration_since(before);
    assert!(
        (14..25).contains(&waited.as_secs()),
        "a quarter of a minute: {waited:?}"
    );
}

#[tokio::test]
async fn what_another_process_entered_goes_out_too() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.edit("a", "from leewardctl");
    running
        .until("the push", |desk| {
            desk.raw("a").as_deref() == Some("from leewardctl")
        })
        .await;
}

/// What others change there is nothing that this account could read, however often it asks: neither where all of it is
/// forbidden, nor where one record is.
#[tokio::test]
async fn what_is_not_allowed_is_not_asked_for_again_and_again() {
    for forbidden in ["/api/v2/variables", "/api/v2/variables/a"] {
        let desk = Desk::new(&[("a", "1")]);
        desk.set_in_ui("ann", "a", "2");
        let asked = Arc::<AtomicUsize>::default();
        let count = asked.clone();
        desk.tamper(move |_, path, when, _| {
            let is_it = path.starts_with(forbidden) && when == When::Before;
            count.fetch_add(usize::from(is_it), Ordering::Relaxed);
            is_it.then_some(Fault::Forbidden)
        });
        let running = running(desk);
        running
            .until("the first cycle", |desk| desk.line().contains("In sync"))
            .await;
        running.pass(SignedDuration::from_mins(3)).await;
        asked.store(0, Ordering::Relaxed);
        running.desk.set_in_ui("ann", "a", "3");
        running.driver.edited();
        running.pass(SignedDuration::from_mins(10)).await;
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked <= 3, "{forbidden}: {asked} requests in ten minutes");
    }
}

#[tokio::test]
async fn an_airflow_that_is_away_is_not_hammered_and_is_found_again() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    let tried = Arc::<AtomicUsize>::default();
    let count = tried.clone();
    running.desk.tamper(move |_, _, _, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Some(Fault::Refused)
    });
    running.desk.edit("a", "2");
    running.driver.edited();
    running.pass(SignedDuration::from_mins(30)).await;
    let tried = tried.load(Ordering::Relaxed);
    assert!((2..400).contains(&tried), "{tried} requests in half an hour");
    assert_eq!(
        running.ear.told.lock().unwrap().as_ref().unwrap().tray,
        TrayState::Offline
    );
    running.desk.leave_alone();
    running
        .until("the push", |desk| desk.raw("a").as_deref() == Some("2"))
        .await;
}

#[tokio::test]
async fn a_conflict_and_the_end_of_a_run_are_told_once() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.driver.pause(true);
    running.desk.edit("a", "2");
    running.desk.set_remote("a", "3");
    let run = running.desk.trigger("daily_pricing", false);
    running.driver.pause(false);
    running.until("the run", |desk| desk.runs() == 1).await;
    running
        .until("its end", |desk| {
            desk.airflow(harness::fake_airflow::FakeAirflow::tick);
            desk.action(run).run_state.as_deref() == Some("success")
        })
        .await;
    running.pass(SignedDuration::from_mins(5)).await;
    let notices = running.ear.notices.lock().unwrap().clone();
    let conflicts = notices
        .iter()
        .filter(|notice| matches!(notice, Notice::Conflict { .. }))
        .count();
    let ends = notices
        .iter()
        .filter(|notice| matches!(notice, Notice::RunEnded { .. }))
        .count();
    assert_eq!((conflicts, ends), (1, 1), "{notices:?}");
}

#[tokio::test]
async fn credentials_that_are_refused_are_asked_about_once() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.tamper(|_, path, _, airflow| {
        airflow.expire_tokens();
        path.ends_with("/auth/token").then_some(Fault::Refused)
    });
    running.pass(SignedDuration::from_mins(2)).await;
    running.desk.tamper(|_, _, _, airflow| {
        airflow.expire_tokens();
        None
    });
    running.pass(SignedDuration::from_mins(30)).await;
    let notices = running.ear.notices.lock().unwrap().clone();
    assert_eq!(notices, [Notice::SignInNeeded]);
}

#[tokio::test]
async fn while_another_process_syncs_this_one_waits() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.locked_elsewhere.store(true, Ordering::Relaxed);
    assert_eq!(
        running.driver.sync_now().await.unwrap_err().code,
        ProblemCode::Busy
    );
    running.desk.edit("a", "2");
    running.driver.edited();
    running.pass(SignedDuration::from_mins(5)).await;
    assert_eq!(running.desk.raw("a").as_deref(), Some("1"));
    running.locked_elsewhere.store(false, Ordering::Relaxed);
    running
        .until("the push", |desk| desk.raw("a").as_deref() == Some("2"))
        .await;
}

#[tokio::test]
async fn paused_sends_nothing_until_it_is_told_to() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.driver.pause(true);
    running.desk.edit("a", "2");
    running.driver.edited();
    running.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(running.desk.raw("a").as_deref(), Some("1"));
    running.driver.sync_now().await.unwrap();
    assert_eq!(
        running.desk.raw("a").as_deref(),
        Some("2"),
        "Sync now works all the same"
    );
}

/// A person stops the cycle while its third page is on its way.
fn stopped_at_the_third_page(running: &Running) {
    running.desk.slow_down();
    let driver = Arc::downgrade(&running.driver);
    let mut pages = 0;
    running.desk.tamper(move |_, path, when, _| {
        pages += usize::from(when == When::Before && path.ends_with("/variables"));
        if pages == 3 {
            pages += 1;
            driver.upgrade().unwrap().stop_cycle();
        }
        None
    });
}

fn beside_many() -> Desk {
    let keys: Vec<String> = (0..250).map(|number| format!("k{number:03}")).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    Desk::new(&variables)
}

#[tokio::test]
async fn what_a_person_stopped_begins_again_when_they_ask() {
    let running = running(beside_many());
    stopped_at_the_third_page(&running);
    let told = || running.driver.status().unwrap();
    running.until("the stop", |_| told().paused).await;
    running.desk.leave_alone();
    assert_eq!(told().line, "Stopped until you sync again");
    assert_eq!(told().tray, TrayState::Paused);
    running.desk.edit("k001", "2");
    running.driver.edited();
    running.pass(SignedDuration::from_mins(30)).await;
    assert!(running.desk.find("k249").is_none(), "not by itself");
    assert_eq!(told().line, "Stopped until you sync again, 1 change kept here");

    assert!(!running.driver.sync_now().await.unwrap().stopped);
    assert!(running.desk.find("k249").is_some());
    assert_eq!(running.desk.raw("k001").as_deref(), Some("2"));
    assert_eq!(told().tray, TrayState::InSync);
    running.desk.edit("k002", "2");
    running.driver.edited();
    running
        .until("the push", |desk| desk.raw("k002").as_deref() == Some("2"))
        .await;
}

#[tokio::test]
async fn who_had_paused_and_stops_is_paused_after_the_next_cycle_too() {
    let running = running(beside_many());
    running.driver.pause(true);
    stopped_at_the_third_page(&running);
    assert!(running.driver.sync_now().await.unwrap().stopped);
    running.desk.leave_alone();
    let told = || running.driver.status().unwrap();
    assert_eq!(told().line, "Paused");
    assert!(!running.driver.sync_now().await.unwrap().stopped);
    assert!(told().paused);
}

/// "Sync now" was pressed while a cycle ran, and then "Stop": nothing is to begin.
#[tokio::test]
async fn a_stop_takes_back_the_cycle_that_was_asked_for_meanwhile() {
    let running = running(beside_many());
    running.desk.slow_down();
    let asked = Arc::<Mutex<Option<tokio::task::JoinHandle<bool>>>>::default();
    let (driver, handle) = (Arc::downgrade(&running.driver), asked.clone());
    let mut pages = 0;
    running.desk.tamper(move |_, path, when, _| {
        if when == When::Before && path.ends_with("/variables") {
            pages += 1;
            let driver = driver.upgrade().unwrap();
            match pages {
                1 => {
                    let sync = async move { driver.sync_now().await.unwrap().stopped };
                    *handle.lock().unwrap() = Some(tokio::spawn(sync));
                }
                3 => driver.stop_cycle(),
                _ => {}
            }
        }
        None
    });
    let told = || running.driver.status().unwrap();
    running.until("the stop", |_| told().paused).await;
    running.desk.leave_alone();
    let asked = asked.lock().unwrap().take().unwrap();
    assert!(asked.await.unwrap(), "it was stopped, too");
    running.pass(SignedDuration::from_mins(5)).await;
    assert!(running.desk.find("k249").is_none());
    assert!(told().paused);
}

/// The cycle that was stopped may take a while to end: an answer is waited for. Who asks for another one meanwhile gets it.
#[tokio::test]
async fn a_cycle_that_is_asked_for_after_a_stop_begins() {
    let running = running(beside_many());
    running.desk.slow_down();
    let asked = Arc::<Mutex<Option<tokio::task::JoinHandle<bool>>>>::default();
    let (driver, handle) = (Arc::downgrade(&running.driver), asked.clone());
    running.desk.tamper(move |_, path, when, _| {
        let mut handle = handle.lock().unwrap();
        if when == When::Before && path.ends_with("/variables") && handle.is_none() {
            let driver = driver.upgrade().unwrap();
            driver.stop_cycle();
            // Before the stopped one has had its turn to end.
            let mut sync = Box::pin(async move { driver.sync_now().await.unwrap().stopped });
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(sync.as_mut().poll(&mut context).is_pending());
            *handle = Some(tokio::spawn(sync));
        }
        None
    });
    running
        .until("the sync", |desk| desk.find("k249").is_some())
        .await;
    let asked = asked.lock().unwrap().take().unwrap();
    assert!(!asked.await.unwrap());
    assert!(!running.driver.status().unwrap().paused);
}

#[tokio::test]
async fn a_stop_while_no_cycle_runs_does_nothing() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.driver.sync_now().await.unwrap();
    running.driver.stop_cycle();
    assert!(!running.driver.status().unwrap().paused);
    assert!(!running.driver.sync_now().await.unwrap().stopped);
}

/// What called for the cycles so far, the newest first.
fn triggers(desk: &Desk) -> Vec<Trigger> {
    let cycles = desk.ledger(|ledger| ledger.activities(100));
    cycles.iter().map(|cycle| cycle.trigger).collect()
}

#[tokio::test]
async fn each_cycle_says_what_called_for_it() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| triggers(desk) == [Trigger::Start])
        .await;
    running.desk.edit("a", "2");
    running.driver.edited();
    running
        .until("the edit's", |desk| triggers(desk).contains(&Trigger::Edit))
        .await;
    running.driver.sync_now().await.unwrap();
    assert_eq!(triggers(&running.desk)[0], Trigger::Asked);
}

#[tokio::test]
async fn a_computer_that_wakes_up_reads_airflow_at_once() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.set_remote("a", "changed by a task, in the night");
    running.desk.clock.jump(SignedDuration::from_hours(8));
    let woke = running.desk.clock.now();
    running.until("the change", |desk| desk.value("a") != "1").await;
    assert!(running.desk.clock.now().duration_since(woke) < SignedDuration::from_secs(30));
    assert_eq!(triggers(&running.desk)[0], Trigger::Resume);
}

#[tokio::test]
async fn a_network_that_is_back_is_noticed_while_work_waits() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.tamper(|_, _, _, _| Some(Fault::Refused));
    running.desk.edit("a", "2");
    running.driver.edited();
    running.pass(SignedDuration::from_mins(30)).await;
    // Signing in and health are all that works: so a probe it is that finds Airflow, not a cycle.
    let probed = Arc::<AtomicUsize>::default();
    let count = probed.clone();
    running.desk.tamper(move |_, path, _, _| {
        let is_probe = path.ends_with("/monitor/health");
        count.fetch_add(usize::from(is_probe), Ordering::Relaxed);
        (!is_probe).then_some(Fault::Refused)
    });
    running
        .until("a probe", |_| probed.load(Ordering::Relaxed) > 0)
        .await;
    running.desk.leave_alone();
    running
        .until("the push", |desk| desk.raw("a").as_deref() == Some("2"))
        .await;
}

#[tokio::test]
async fn nothing_is_probed_when_nothing_waits() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    let probed = Arc::<AtomicUsize>::default();
    let count = probed.clone();
    running.desk.tamper(move |_, path, _, _| {
        count.fetch_add(usize::from(path.ends_with("/monitor/health")), Ordering::Relaxed);
        Some(Fault::Refused)
    });
    running.pass(SignedDuration::from_mins(30)).await;
    assert_eq!(probed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_late_change_is_looked_for_before_the_interval_is_over() {
    let running = running(Desk::new(&[("a", "1")]));
    running
        .until("the first cycle", |desk| desk.find("a").is_some())
        .await;
    running.desk.airflow(|airflow| {
        airflow.log_about("cli_scheduler", "root", &serde_json::json!({}));
    });
    running.driver.sync_now().await.unwrap();
    running
        .desk
        .airflow(|airflow| airflow.note_event("patch_variable", "bob", "a"));
    running.driver.wake(Trigger::Interval);
    running.pass(SignedDuration::from_secs(5)).await;
    let before = running.desk.clock.now();
    running.desk.set_remote("a", "late");
    running
        .until("the change", |desk| desk.value("a") == "late")
        .await;
    assert!(running.desk.clock.now().duration_since(before) < SignedDuration::from_secs(30));
}
