//! Whether this desktop has a tray at all.

/// The service that shows tray icons on Linux desktops.
#[cfg(target_os = "linux")]
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Asked anew each time: a panel can be started and ended while the app runs.
#[cfg(target_os = "linux")]
pub(crate) fn is_present() -> bool {
    let asked = std::thread::spawn(ask).join();
    match asked {
        Ok(Ok(present)) => present,
        Ok(Err(error)) => {
            tracing::info!(%error, "no session bus, so no tray");
            false
        }
        Err(_) => false,
    }
}

#[cfg(target_os = "linux")]
fn ask() -> zbus::Result<bool> {
    let connection = zbus::blocking::Connection::session()?;
    let bus = zbus::blocking::fdo::DBusProxy::new(&connection)?;
    Ok(bus.name_has_owner(WATCHER.try_into()?)?)
}

/// macOS and Windows always have one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_present() -> bool {
    true
}
