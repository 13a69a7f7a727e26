//! The tray: a `StatusNotifierWatcher` of our own, and what the app shows in it.
//!
//! Start it **before** the app: an app that finds no watcher shows no tray icon.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use zbus::blocking::{Connection, Proxy, connection};
use zbus::message::Header;
use zbus::zvariant::{Dict, OwnedObjectPath, Structure, Value};

use crate::desktop::Desktop;
use crate::wait;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";
const PATIENCE: Duration = Duration::from_secs(15);

/// Where a registered item lives: bus name and object path.
type Address = (String, String);

/// The tray of a desktop, where apps register their icons.
pub struct Tray {
    connection: Connection,
    registered: Arc<Mutex<Vec<Address>>>,
}

impl Tray {
    /// Takes the watcher's name on the desktop's bus.
    pub fn start(desktop: &Desktop) -> Result<Self> {
        let registered = Arc::default();
        let watcher = Watcher {
            registered: Arc::clone(&registered),
        };
        let connection = connection::Builder::address(desktop.bus_address().as_str())?
            .serve_at(WATCHER_PATH, watcher)?
            .name(WATCHER)?
            .build()
            .context("the tray cannot take its name on the bus")?;
        Ok(Self {
            connection,
            registered,
        })
    }

    /// The icon that is in the tray now: waits for one, and passes over those whose app has ended.
    pub fn item(&self) -> Result<Item> {
        wait::until("an icon in the tray", PATIENCE, || {
            let known = self
                .registered
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let mut items = known
                .into_iter()
                .rev()
                .map(|address| Item::new(self.connection.clone(), address));
            Ok(items.find(Item::answers))
        })
    }
}

/// One app's icon in the tray.
pub struct Item {
    connection: Connection,
    service: String,
    path: String,
}

/// One line of a tray menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuLine {
    /// What the app calls it on the bus.
    pub id: i32,
    /// As shown, without the underscore of its mnemonic; empty for a separator.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
}

impl Item {
    fn new(connection: Connection, (service, path): Address) -> Self {
        Self {
            connection,
            service,
            path,
        }
    }

    /// The text beside the icon (Ayatana's label); where the app says its state in words.
    pub fn label(&self) -> Result<String> {
        self.property("XAyatanaLabel")
    }

    /// The title.
    pub fn title(&self) -> Result<String> {
        self.property("Title")
    }

    /// The icon: on Linux, the path of a PNG that the app wrote.
    pub fn icon(&self) -> Result<String> {
        let (folder, name) = (self.property("IconThemePath")?, self.property("IconName")?);
        Ok(if name.starts_with('/') || folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}.png")
        })
    }

    /// Waits until the label contains `text`.
    pub fn wait_for_label(&self, text: &str) -> Result<()> {
        let mut last = String::new();
        let seen = wait::until(&format!("the tray to say {text:?}"), PATIENCE, || {
            last = self.label()?;
            Ok(last.contains(text).then_some(()))
        });
        seen.with_context(|| format!("the tray says {last:?}"))
    }

    /// The lines of the menu, submenus included, in order.
    pub fn menu(&self) -> Result<Vec<MenuLine>> {
        const ALL_LEVELS: i32 = -1;
        let reply = self
            .menu_proxy()?
            .call_method("GetLayout", &(0_i32, ALL_LEVELS, Vec::<&str>::new()))?;
        let body = reply.body();
        // (revision, (id, properties, children)), where each child is a variant of the inner structure again.
        let answer: Structure<'_> = body.deserialize()?;
        let mut lines = Vec::new();
        answer
            .fields()
            .iter()
            .for_each(|field| collect_lines(field, &mut lines));
        Ok(lines)
    }

    /// Clicks the first menu line that contains `label`; waits until it is there and enabled.
    pub fn click(&self, label: &str) -> Result<()> {
        let line = wait::until(&format!("the tray menu to offer {label:?}"), PATIENCE, || {
            Ok(self
                .menu()?
                .into_iter()
                .find(|line| line.enabled && line.label.contains(label)))
        })?;
        let event = (line.id, "clicked", Value::from(0_i32), 0_u32);
        self.menu_proxy()?.call_method("Event", &event)?;
        Ok(())
    }

    fn answers(&self) -> bool {
        self.property("Id").is_ok()
    }

    fn property(&self, name: &str) -> Result<String> {
        let proxy = self.proxy(&self.path, ITEM)?;
        Ok(proxy.get_property::<String>(name)?)
    }

    fn menu_proxy(&self) -> Result<Proxy<'_>> {
        let path: OwnedObjectPath = self.proxy(&self.path, ITEM)?.get_property("Menu")?;
        self.proxy(path.as_str(), MENU)
    }

    fn proxy(&self, path: &str, interface: &'static str) -> Result<Proxy<'_>> {
        // Uncached: the label is asked for to see it change.
        let proxy = zbus::blocking::proxy::Builder::new(&self.connection)
            .destination(self.service.clone())?
            .path(path.to_owned())?
            .interface(interface)?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()?;
        Ok(proxy)
    }
}

fn collect_lines(entry: &Value<'_>, lines: &mut Vec<MenuLine>) {
    match entry {
        Value::Value(inner) => collect_lines(inner, lines),
        Value::Structure(structure) => {
            if let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = structure.fields() {
                // 0 is the menu itself.
                if *id != 0 {
                    lines.push(menu_line(*id, properties));
                }
                children.iter().for_each(|child| collect_lines(child, lines));
            }
        }
        _ => {}
    }
}

fn menu_line(id: i32, properties: &Dict<'_, '_>) -> MenuLine {
    let label: Option<String> = properties.get(&"label").ok().flatten();
    let enabled: Option<bool> = properties.get(&"enabled").ok().flatten();
    // "__" is an underscore, "_" marks the mnemonic.
    let label = label
        .unwrap_or_default()
        .replace("__", "\u{1}")
        .replace('_', "")
        .replace('\u{1}', "_");
    MenuLine {
        id,
        label,
        enabled: enabled.unwrap_or(true),
    }
}

struct Watcher {
    registered: Arc<Mutex<Vec<Address>>>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "zbus hands the header over by value"
    )]
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        // Ayatana sends an object path, KDE's own library a bus name with the default path.
        let address = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(address);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let known = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .iter()
            .map(|(service, path)| format!("{service}{path}"))
            .collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}
