//! A mirror that a window rebuilds while the engine is at work: what the window knows better is not sent.

use crate::desk::{Desk, When};
use leeward_model::{ActionState, Digest, Handshake, Rebuild, Resume, TrayState};
use leeward_store::{Ledger, StoreError};
use leeward_sync::{Live, Runtime};

/// A window that saw this mirror further on than it is: it was put back from an older copy.
fn newer_window(ledger: &Ledger<'_>) -> Result<Handshake, StoreError> {
    Ok(Handshake {
        client: "window".into(),
        store_id: Some(ledger.store_id()?),
        epoch: 1,
        last_seq: 0,
        cursor: 1_000_000,
        environment: None,
        pulled_at: None,
        entered: None,
        digest: Digest { rows: 0 },
        tail: Vec::new(),
    })
}

/// The window is asked to rebuild.
fn begin(ledger: &Ledger<'_>) -> Result<u64, StoreError> {
    let answer = ledger.handshake(&newer_window(ledger)?)?;
    assert_eq!(answer.verdict, Resume::Rebuild);
    Ok(answer.epoch)
}

/// The window brings all that it knows: no work is open.
fn finish(ledger: &Ledger<'_>, epoch: u64, now: jiff::Timestamp) -> Result<(), StoreError> {
    let part = Rebuild {
        client: "window".into(),
        epoch,
        records: Vec::new(),
        actions: Vec::new(),
        entries: Vec::new(),
        last: true,
    };
    ledger.rebuild(&part, now).map(drop)
}

/// The window rebuilds the mirror just before the request of that number, counted among those whose path ends so.
fn rebuild_before(desk: &Desk, path_end: &'static str, number: usize) {
    let path = desk.folder.path().join("mirror.sqlite");
    let clock = desk.clock.clone();
    let mut met = 0;
    desk.tamper(move |method, asked, when, _| {
        if method == "GET" && asked.ends_with(path_end) && when == When::Before {
            met += 1;
            if met == number {
                let mut mirror = leeward_sync::open_mirror(&path, clock.as_ref()).unwrap();
                mirror
                    .write(|ledger| {
                        let epoch = begin(ledger)?;
                        finish(ledger, epoch, clock.now())
                    })
                    .unwrap();
            }
        }
        None
    });
}

/// Work of `leewardctl` stands back behind the window's rows until the last part of the rebuild has come.
#[tokio::test]
async fn a_mirror_that_is_being_rebuilt_is_not_in_sync() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    let tray = |desk: &Desk| {
        let now = desk.clock.now();
        desk.ledger(|ledger| leeward_sync::status(ledger, "test", &Live::default(), now))
            .tray
    };
    let epoch = desk.ledger(begin);
    assert_eq!(tray(&desk), TrayState::Offline);
    let now = desk.clock.now();
    desk.ledger(|ledger| finish(ledger, epoch, now));
    assert_eq!(tray(&desk), TrayState::InSync);
}

#[tokio::test]
async fn a_write_that_the_window_knows_is_over_is_not_sent_after_all() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "old");
    rebuild_before(&desk, "/variables/a", 1);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"));
    assert!(desk.ledger(|ledger| ledger.intents()).is_empty());
}

#[tokio::test]
async fn nor_is_a_page_of_them() {
    let keys: Vec<String> = (0..5).map(|index| format!("key-{index}")).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let desk = Desk::new(&variables);
    desk.sync().await;
    for key in &keys {
        desk.edit(key, "old");
    }
    // The first one reads everything, the second looks at the page.
    rebuild_before(&desk, "/variables", 2);
    desk.sync().await;
    desk.sync().await;
    for key in &keys {
        assert_eq!(desk.raw(key).as_deref(), Some("1"), "{key}");
    }
    assert!(desk.ledger(|ledger| ledger.intents()).is_empty());
}

#[tokio::test]
async fn nothing_is_sent_until_the_last_part_has_come() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "old");
    let id = desk.trigger("daily_pricing", false);
    let epoch = desk.ledger(begin);
    desk.sync().await;
    assert_eq!((desk.raw("a").as_deref(), desk.runs()), (Some("1"), 0));
    desk.ledger(|ledger| finish(ledger, epoch, desk.clock.now()));
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.raw("a").as_deref(), Some("1"), "the window had no such edit");
    assert_eq!((desk.runs(), desk.action_state(id)), (1, ActionState::Done));
}
