//! Knowing that an installation is whole: a copy of what it was made from, written last.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// A file that says what an installation was made from. Absent or different: install again.
pub(crate) struct Stamp {
    file: PathBuf,
    recipe: String,
}

impl Stamp {
    /// The stamp at `file` for an installation made from `recipe` (a lock file, a version).
    pub(crate) fn new(file: PathBuf, recipe: String) -> Self {
        Self { file, recipe }
    }

    /// Whether the installation was completed from this very recipe.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|made_from| made_from == self.recipe)
    }

    /// Marks the installation as half-made, until [`Stamp::write`].
    pub(crate) fn clear(&self) -> Result<()> {
        if self.file.exists() {
            fs::remove_file(&self.file).with_context(|| format!("cannot remove {}", self.file.display()))?;
        }
        Ok(())
    }

    /// Marks the installation as whole.
    pub(crate) fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.recipe).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_current_only_after_being_written_for_the_same_recipe() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = |recipe: &str| Stamp::new(folder.path().join("deep/stamp"), recipe.to_owned());
        assert!(!stamp("one").is_current());
        stamp("one").write().unwrap();
        assert!(stamp("one").is_current());
        assert!(!stamp("two").is_current());
        stamp("one").clear().unwrap();
        assert!(!stamp("one").is_current());
    }
}
