//! The windows on a desktop's screen, as a window manager sees them. There is none: windows are the root's own children.

use anyhow::{Context, Result};
use harness::desktop::Desktop;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

/// A connection to the screen.
pub(crate) struct Screen {
    connection: RustConnection,
    root: Window,
}

impl Screen {
    /// Connects to the desktop's screen.
    pub(crate) fn of(desktop: &Desktop) -> Result<Self> {
        let (connection, number) = RustConnection::connect(Some(desktop.display()))?;
        let root = connection.setup().roots[number].root;
        Ok(Self { connection, root })
    }

    /// The shown window of that title.
    pub(crate) fn shown_window(&self, title: &str) -> Result<Option<Window>> {
        let children = self.connection.query_tree(self.root)?.reply()?.children;
        Ok(children
            .into_iter()
            .find(|window| self.is_shown(*window, title).unwrap_or(false)))
    }

    /// Asks the window to close (ICCCM, `WM_DELETE_WINDOW`); what it does then is its own matter.
    pub(crate) fn ask_to_close(&self, window: Window) -> Result<()> {
        let data = [self.atom("WM_DELETE_WINDOW")?, x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, window, self.atom("WM_PROTOCOLS")?, data);
        self.connection
            .send_event(false, window, EventMask::NO_EVENT, event)?
            .check()
            .context("the window could not be asked to close")
    }

    /// Windows come and go between two questions: an error means that it is gone.
    fn is_shown(&self, window: Window, title: &str) -> Result<bool> {
        let attributes = self.connection.get_window_attributes(window)?.reply()?;
        let name = self
            .connection
            .get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)?
            .reply()?;
        Ok(attributes.map_state == MapState::VIEWABLE && name.value == title.as_bytes())
    }

    fn atom(&self, name: &str) -> Result<Atom> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}
