//! Desktop notifications: an `org.freedesktop.Notifications` of our own that records them and can answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use zbus::blocking::{Connection, connection};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

use crate::desktop::Desktop;
use crate::wait;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const PATIENCE: Duration = Duration::from_secs(15);

/// One notification, as the app sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Ours; a later notification with the same id replaces this one.
    pub id: u32,
    /// Who sends it.
    pub app: String,
    /// The headline.
    pub summary: String,
    /// The text below.
    pub body: String,
    /// Id and label of each action offered.
    pub actions: Vec<(String, String)>,
}

/// The notification service of a desktop.
pub struct Notifications {
    connection: Connection,
    received: Arc<Mutex<Vec<Notification>>>,
}

impl Notifications {
    /// Takes the service's name on the desktop's bus.
    pub fn start(desktop: &Desktop) -> Result<Self> {
        let received = Arc::default();
        let service = Service {
            received: Arc::clone(&received),
        };
        let connection = connection::Builder::address(desktop.bus_address().as_str())?
            .serve_at(PATH, service)?
            .name(NAME)?
            .build()
            .context("the notification service cannot take its name on the bus")?;
        Ok(Self { connection, received })
    }

    /// All notifications so far, oldest first.
    pub fn all(&self) -> Vec<Notification> {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for a notification whose headline or text contains `text`.
    pub fn wait_for(&self, text: &str) -> Result<Notification> {
        let found = wait::until(&format!("a notification with {text:?}"), PATIENCE, || {
            let says = |one: &Notification| one.summary.contains(text) || one.body.contains(text);
            Ok(self.all().into_iter().find(says))
        });
        found.with_context(|| format!("received: {:#?}", self.all()))
    }

    /// Chooses an action of a notification, as a click on its button would.
    pub fn choose(&self, notification: &Notification, action: &str) -> Result<()> {
        let chosen = (notification.id, action);
        self.connection
            .emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &chosen)?;
        self.dismiss(notification)
    }

    /// Closes a notification, as a person would.
    pub fn dismiss(&self, notification: &Notification) -> Result<()> {
        const BY_THE_PERSON: u32 = 2;
        let closed = (notification.id, BY_THE_PERSON);
        self.connection
            .emit_signal(None::<&str>, PATH, NAME, "NotificationClosed", &closed)?;
        Ok(())
    }
}

struct Service {
    received: Arc<Mutex<Vec<Notification>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "the freedesktop interface has eight")]
    #[expect(clippy::needless_pass_by_value, reason = "what arrives over the bus is owned")]
    fn notify(
        &self,
        app_name: String,
        replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout_ms: i32,
    ) -> u32 {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(received.len()).unwrap_or(u32::MAX - 1) + 1;
        let id = if replaces_id == 0 { next } else { replaces_id };
        let actions = actions
            .chunks_exact(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect();
        received.push(Notification {
            id,
            app: app_name,
            summary,
            body,
            actions,
        });
        id
    }

    async fn close_notification(&self, id: u32, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        const BY_THE_APP: u32 = 3;
        // Nobody listening any more is no reason to fail.
        let _ = emitter.emit(NAME, "NotificationClosed", &(id, BY_THE_APP)).await;
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["body", "actions", "persistence"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        (
            "harness".to_owned(),
            "leeward".to_owned(),
            "1".to_owned(),
            "1.2".to_owned(),
        )
    }
}
