//! Desktop notifications: only what a person must not miss, several of a kind as one, each with a button that leads there.

mod card;

use crate::window;
use card::Card;
use leeward_sync::Notice;
use notify_rust::Notification;
use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;
use tauri::AppHandle;

/// Who sends them.
const SENDER: &str = "Leeward";

/// The name of the installed icon and desktop entry.
const ENTRY: &str = "leeward";

/// A click on the notification itself, in the freedesktop specification.
const BODY: &str = "default";

/// A cycle tells its notices one after another; what follows within this time belongs to the same cycle.
const GATHER: Duration = Duration::from_millis(300);

/// The longest that the end of the app waits for its last notification.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Collects what the drivers notice and shows it.
pub(crate) struct Notifier {
    notices: Sender<(String, Notice)>,
}

impl Notifier {
    /// Starts the thread that groups and shows.
    pub(crate) fn start(app: &AppHandle) -> Self {
        let (notices, received) = mpsc::channel();
        let app = app.clone();
        thread::spawn(move || show_all(&app, &received));
        Self { notices }
    }

    /// Adds something to tell; returns at once.
    pub(crate) fn add(&self, environment: &str, notice: &Notice) {
        if self.notices.send((environment.into(), notice.clone())).is_err() {
            tracing::warn!("nobody shows notifications any more");
        }
    }
}

/// Shows a text without a button, for the moments when nobody waits for a click any more.
pub(crate) fn tell_now(summary: &str, body: &str) {
    let (summary, body) = (summary.to_owned(), body.to_owned());
    let (done, shown) = mpsc::channel();
    // A thread of its own, as it blocks on the bus, and as somebody who ends the app does not wait for a lost service.
    thread::spawn(move || done.send(plain(&summary, &body).show().map(drop)));
    match shown.recv_timeout(LAST_WORDS) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(%error, "no notification was shown"),
        Err(_) => tracing::info!("the notification service does not answer"),
    }
}

/// Ends when the app does: the sender is gone then.
fn show_all(app: &AppHandle, received: &Receiver<(String, Notice)>) {
    while let Ok(first) = received.recv() {
        for (environment, notices) in by_environment(gather(first, received)) {
            card::cards(&environment, &notices)
                .into_iter()
                .for_each(|card| show(app.clone(), card));
        }
    }
}

fn gather(first: (String, Notice), received: &Receiver<(String, Notice)>) -> Vec<(String, Notice)> {
    let mut gathered = vec![first];
    loop {
        match received.recv_timeout(GATHER) {
            Ok(next) => gathered.push(next),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return gathered,
        }
    }
}

fn by_environment(notices: Vec<(String, Notice)>) -> BTreeMap<String, Vec<Notice>> {
    let mut grouped: BTreeMap<String, Vec<Notice>> = BTreeMap::new();
    for (environment, notice) in notices {
        grouped.entry(environment).or_default().push(notice);
    }
    grouped
}

/// Waits for the click on a thread of its own: a notification may stay for hours.
fn show(app: AppHandle, card: Card) {
    thread::spawn(move || {
        let mut notification = plain(&card.summary, &card.body);
        let button = card.button;
        notification
            .action(BODY, button.label)
            .action(button.id, button.label);
        match notification.show() {
            Ok(shown) => shown.wait_for_action(|chosen| {
                if chosen == BODY || chosen == button.id {
                    window::show_at(&app, &card.target);
                }
            }),
            Err(error) => tracing::info!(%error, summary = card.summary, "no notification was shown"),
        }
    });
}

fn plain(summary: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname(SENDER)
        .icon(ENTRY)
        .summary(summary)
        .body(body);
    #[cfg(target_os = "linux")]
    notification.hint(notify_rust::Hint::DesktopEntry(ENTRY.into()));
    notification
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_together_is_gathered() {
        let (sender, receiver) = mpsc::channel();
        let notice = |env: &str| (env.to_owned(), Notice::SignInNeeded);
        sender.send(notice("b")).unwrap();
        sender.send(notice("a")).unwrap();
        drop(sender);
        let grouped = by_environment(gather(notice("a"), &receiver));
        assert_eq!(grouped["a"].len(), 2);
        assert_eq!(grouped["b"].len(), 1);
    }
}
