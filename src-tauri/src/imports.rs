//! Files that are being imported: the window has one at a time, and holds none of it but what it shows.

use crate::problems::bad_input;
use leeward_model::Problem;
use leeward_transfer::Import;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The import that is open, by the id that the window was given.
#[derive(Debug, Default)]
pub(crate) struct Imports(Mutex<Option<(String, Arc<Mutex<Import>>)>>);

impl Imports {
    /// Begins one. Another that was open is let go.
    pub(crate) fn begin(&self, id: String, collection: String) {
        *self.open() = Some((id, Arc::new(Mutex::new(Import::new(collection)))));
    }

    /// The one of that id.
    pub(crate) fn of(&self, id: &str) -> Result<Arc<Mutex<Import>>, Problem> {
        let open = self.open();
        let found = open.as_ref().filter(|(known, _)| known == id);
        found
            .map(|(_, import)| Arc::clone(import))
            .ok_or_else(|| bad_input("This import was ended.".to_owned(), "Choose the file again."))
    }

    /// Lets go of the one of that id.
    pub(crate) fn end(&self, id: &str) {
        let mut open = self.open();
        if open.as_ref().is_some_and(|(known, _)| known == id) {
            *open = None;
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<(String, Arc<Mutex<Import>>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The import itself, while nobody else works on it.
pub(crate) fn locked(import: &Mutex<Import>) -> MutexGuard<'_, Import> {
    import.lock().unwrap_or_else(PoisonError::into_inner)
}
