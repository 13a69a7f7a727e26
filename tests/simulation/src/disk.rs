//! Disks in memory that know what was synced: after a power cut, what was not may be gone, write by write.

use crate::dice::Dice;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The contents of a disk's files by name.
pub type Image = BTreeMap<String, Vec<u8>>;

/// The disk is dead (its process was killed), or full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskError {
    /// The process that used it is dead.
    Dead,
    /// There is no space left.
    Full,
}

/// Where a process is killed, counted from when the fuse was lit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the n-th write to a file.
    Write(u64),
    /// Before the n-th sync.
    BeforeSync(u64),
    /// Right after the n-th sync: it is on the disk, and nobody has heard of it.
    AfterSync(u64),
}

enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Truncate(len) => to.truncate(*len),
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*at..end].copy_from_slice(bytes);
            }
        }
    }
}

/// One file: what programs read, what is on the platters, and what lies between.
#[derive(Default)]
pub(crate) struct File {
    bytes: RefCell<Vec<u8>>,
    durable: RefCell<Vec<u8>>,
    unsynced: RefCell<Vec<Change>>,
    pub(crate) locks: RefCell<Locks>,
    pub(crate) shared: RefCell<Shared>,
}

/// SQLite's five-state lock on the database file.
#[derive(Default)]
pub(crate) struct Locks {
    pub(crate) readers: u32,
    pub(crate) reserved: bool,
    pub(crate) pending: bool,
    pub(crate) exclusive: bool,
}

/// The wal-index: memory that all connections to a file share, and its eight locks.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) regions: Vec<Region>,
    pub(crate) slots: [i32; 8],
    pub(crate) users: u32,
}

/// One region; its address never changes while the file lives.
pub(crate) type Region = Box<[std::cell::UnsafeCell<u8>]>;

/// A disk. It lives as long as the process that uses it; the next process gets its image on a new one.
#[derive(Default)]
pub struct Disk {
    files: RefCell<BTreeMap<String, Rc<File>>>,
    dead: Arc<AtomicBool>,
    full: Cell<bool>,
    unsynced: Cell<bool>,
    fuse: Cell<Option<Point>>,
    logged: Cell<u64>,
    syncs: Cell<u64>,
}

thread_local! {
    static MOUNTED: RefCell<BTreeMap<u64, Rc<Disk>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The disk and the file's name that a path of the simulation means: `/disk-7/mirror.sqlite`.
pub(crate) fn resolve(path: &str) -> Option<(Rc<Disk>, String)> {
    let (number, name) = path.strip_prefix("/disk-")?.split_once('/')?;
    let number: u64 = number.parse().ok()?;
    let disk = MOUNTED.with_borrow(|mounted| mounted.get(&number).cloned())?;
    Some((disk, name.to_owned()))
}

impl Disk {
    /// A disk with these files, all of them durable, mounted under a number.
    #[must_use]
    pub fn mount(number: u64, image: Image) -> Rc<Self> {
        let disk = Rc::new(Self::default());
        for (name, bytes) in image {
            let file = File {
                durable: RefCell::new(bytes.clone()),
                bytes: RefCell::new(bytes),
                ..File::default()
            };
            disk.files.borrow_mut().insert(name, Rc::new(file));
        }
        MOUNTED.with_borrow_mut(|mounted| mounted.insert(number, Rc::clone(&disk)));
        disk
    }

    /// Takes the disk away; connections that are still open find it dead.
    pub fn unmount(number: u64) {
        MOUNTED.with_borrow_mut(|mounted| mounted.remove(&number));
    }

    /// Whether the process is dead, for whoever must not go on after it.
    #[must_use]
    pub fn death(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.dead)
    }

    /// From here on every operation fails: the process is dead.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// Whether it is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Lights a fuse; the process is dead when it has burnt down.
    pub fn light(&self, fuse: Option<Point>) {
        self.fuse.set(fuse);
    }

    /// Whether a fuse burns.
    #[must_use]
    pub fn is_lit(&self) -> bool {
        self.fuse.get().is_some()
    }

    /// Fills it up, or makes room again.
    pub fn fill(&self, full: bool) {
        self.full.set(full);
    }

    /// From now on nothing is synced, though it is said to be.
    pub fn forget_to_sync(&self, forget: bool) {
        self.unsynced.set(forget);
    }

    /// How often something was written to the log of transactions, or synced. What SQLite moves from that log into the database
    /// later was written before.
    #[must_use]
    pub fn activity(&self) -> u64 {
        self.logged.get() + self.syncs.get()
    }

    fn is_log(&self, file: &File) -> bool {
        let files = self.files.borrow();
        files
            .iter()
            .any(|(name, known)| name.ends_with("-wal") && std::ptr::eq(&raw const **known, file))
    }

    /// What is read after the process was killed: the system still has every write.
    #[must_use]
    pub fn after_kill(&self) -> Image {
        let files = self.files.borrow();
        files
            .iter()
            .map(|(name, file)| (name.clone(), file.bytes.borrow().clone()))
            .collect()
    }

    /// What is read after a power cut: of what was not synced, any part in any order may be missing.
    #[must_use]
    pub fn after_power_cut(&self, dice: &mut Dice) -> Image {
        let files = self.files.borrow();
        files
            .iter()
            .map(|(name, file)| (name.clone(), file.survivors(dice)))
            .collect()
    }

    pub(crate) fn open(&self, name: &str, create: bool) -> Option<Rc<File>> {
        let mut files = self.files.borrow_mut();
        match files.get(name) {
            Some(file) => Some(Rc::clone(file)),
            None if create && !self.is_dead() => {
                let file = Rc::<File>::default();
                files.insert(name.to_owned(), Rc::clone(&file));
                Some(file)
            }
            None => None,
        }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.files.borrow().contains_key(name)
    }

    pub(crate) fn delete(&self, name: &str) -> Result<bool, DiskError> {
        self.write_step()?;
        Ok(self.files.borrow_mut().remove(name).is_some())
    }

    pub(crate) fn alive(&self) -> Result<(), DiskError> {
        if self.is_dead() {
            Err(DiskError::Dead)
        } else {
            Ok(())
        }
    }

    fn write_step(&self) -> Result<(), DiskError> {
        self.alive()?;
        if let Some(Point::Write(left)) = self.fuse.get() {
            self.burn(left, Point::Write)?;
        }
        Ok(())
    }

    fn burn(&self, left: u64, next: fn(u64) -> Point) -> Result<(), DiskError> {
        if left == 0 {
            self.kill();
            return Err(DiskError::Dead);
        }
        self.fuse.set(Some(next(left - 1)));
        Ok(())
    }

    pub(crate) fn write(&self, file: &File, at: usize, bytes: &[u8]) -> Result<(), DiskError> {
        self.write_step()?;
        if self.full.get() {
            return Err(DiskError::Full);
        }
        if self.is_log(file) {
            self.logged.set(self.logged.get() + 1);
        }
        file.change(Change::Write {
            at,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }

    pub(crate) fn truncate(&self, file: &File, len: usize) -> Result<(), DiskError> {
        self.write_step()?;
        file.change(Change::Truncate(len));
        Ok(())
    }

    pub(crate) fn sync(&self, file: &File) -> Result<(), DiskError> {
        self.alive()?;
        if let Some(Point::BeforeSync(left)) = self.fuse.get() {
            self.burn(left, Point::BeforeSync)?;
        }
        self.syncs.set(self.syncs.get() + 1);
        if !self.unsynced.get() {
            file.make_durable();
        }
        if let Some(Point::AfterSync(left)) = self.fuse.get() {
            self.burn(left, Point::AfterSync)?;
        }
        Ok(())
    }
}

impl File {
    pub(crate) fn len(&self) -> usize {
        self.bytes.borrow().len()
    }

    /// Reads what is there and says how much that was; the rest is filled with zeros, as SQLite wants it.
    pub(crate) fn read(&self, at: usize, into: &mut [u8]) -> usize {
        let bytes = self.bytes.borrow();
        let from = at.min(bytes.len());
        let end = (at + into.len()).min(bytes.len());
        let there = end.saturating_sub(from);
        into[..there].copy_from_slice(&bytes[from..from + there]);
        into[there..].fill(0);
        there
    }

    fn change(&self, change: Change) {
        change.apply(&mut self.bytes.borrow_mut());
        self.unsynced.borrow_mut().push(change);
    }

    fn make_durable(&self) {
        let mut durable = self.durable.borrow_mut();
        for change in self.unsynced.borrow_mut().drain(..) {
            change.apply(&mut durable);
        }
    }

    fn survivors(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.durable.borrow().clone();
        for change in self.unsynced.borrow().iter() {
            if dice.chance(50) {
                change.apply(&mut bytes);
            }
        }
        bytes
    }
}
