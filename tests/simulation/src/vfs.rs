//! SQLite's door to the disks in memory. The only unsafe code of the simulation.
//!
//! Registered as the default VFS, so that the store opens its files as ever. Everything happens on the thread that
//! mounted the disk; connections to one file share its wal-index and locks as those of one process do.
//! Interface: <https://sqlite.org/c3ref/io_methods.html>.
#![expect(unsafe_code, reason = "SQLite calls a VFS through C function pointers")]
// Every function here is called by SQLite alone, with the pointers that its documentation promises.
#![allow(unsafe_op_in_unsafe_fn)]

use crate::disk::{Disk, DiskError, File, Region, resolve};
use rusqlite::ffi;
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::rc::Rc;
use std::sync::Once;

const NAME: &CStr = c"memory-disks";
const PATH_MAX: c_int = 256;
const SECTOR: c_int = 4096;

#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

struct Handle {
    disk: Rc<Disk>,
    file: Rc<File>,
    level: c_int,
    reads: u8,
    writes: u8,
    mapped: bool,
}

/// Makes the disks SQLite's default, once.
pub fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // Its memory statistics are one lock for all threads, and nobody reads them.
        // SAFETY: nothing of SQLite runs yet; the option takes one int.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
        let vfs = Box::leak(Box::new(vfs()));
        // SAFETY: the structure is complete and lives for ever.
        unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
    });
}

fn vfs() -> ffi::sqlite3_vfs {
    ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: c_int::try_from(size_of::<OpenFile>()).unwrap_or(c_int::MAX),
        mxPathname: PATH_MAX,
        pNext: std::ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn code(result: Result<(), DiskError>, dead: c_int) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(DiskError::Dead) => dead,
        Err(DiskError::Full) => ffi::SQLITE_FULL,
    }
}

unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Handle {
    &mut *(*file.cast::<OpenFile>()).handle
}

unsafe fn path_of(name: *const c_char) -> Option<(Rc<Disk>, String)> {
    if name.is_null() {
        return None;
    }
    resolve(CStr::from_ptr(name).to_str().ok()?)
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    (*file).pMethods = std::ptr::null();
    let create = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let (disk, found) = if name.is_null() {
        (Rc::<Disk>::default(), Some(Rc::<File>::default()))
    } else {
        let Some((disk, name)) = path_of(name) else {
            return ffi::SQLITE_CANTOPEN;
        };
        let found = disk.open(&name, create);
        (disk, found)
    };
    let Some(found) = found else {
        return ffi::SQLITE_CANTOPEN;
    };
    let handle = Handle {
        disk,
        file: found,
        level: ffi::SQLITE_LOCK_NONE,
        reads: 0,
        writes: 0,
        mapped: false,
    };
    (*file.cast::<OpenFile>()).handle = Box::into_raw(Box::new(handle));
    (*file).pMethods = &raw const METHODS;
    if !out_flags.is_null() {
        *out_flags = flags;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    let Some((disk, name)) = path_of(name) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    match disk.delete(&name) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    out: *mut c_int,
) -> c_int {
    *out = path_of(name)
        .is_some_and(|(disk, name)| disk.exists(&name))
        .into();
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    let name = CStr::from_ptr(name).to_bytes_with_nul();
    if name.len() > usize::try_from(room).unwrap_or_default() {
        return ffi::SQLITE_CANTOPEN;
    }
    std::ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len());
    ffi::SQLITE_OK
}

/// Only the salt of the write-ahead log comes from here; nothing that can be seen depends on it.
unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, room: c_int, out: *mut c_char) -> c_int {
    for place in 0..usize::try_from(room).unwrap_or_default() {
        *out.add(place) = c_char::try_from(place % 100).unwrap_or_default();
    }
    room
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    *out = 2_460_000.5;
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_ms(_: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    *out = 212_544_043_200_000;
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    unlock(file, ffi::SQLITE_LOCK_NONE);
    shm_unmap(file, 0);
    drop(Box::from_raw((*file.cast::<OpenFile>()).handle));
    (*file).pMethods = std::ptr::null();
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let handle = handle(file);
    let room = usize::try_from(amount).unwrap_or_default();
    let into = std::slice::from_raw_parts_mut(into.cast::<u8>(), room);
    if handle.disk.alive().is_err() {
        return ffi::SQLITE_IOERR_READ;
    }
    let there = handle.file.read(usize::try_from(at).unwrap_or_default(), into);
    if there == room {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_IOERR_SHORT_READ
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let handle = handle(file);
    let bytes = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(amount).unwrap_or_default());
    let at = usize::try_from(at).unwrap_or_default();
    code(
        handle.disk.write(&handle.file, at, bytes),
        ffi::SQLITE_IOERR_WRITE,
    )
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let handle = handle(file);
    let size = usize::try_from(size).unwrap_or_default();
    code(
        handle.disk.truncate(&handle.file, size),
        ffi::SQLITE_IOERR_TRUNCATE,
    )
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let handle = handle(file);
    code(handle.disk.sync(&handle.file), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    *out = ffi::sqlite3_int64::try_from(handle(file).file.len()).unwrap_or_default();
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    let handle = handle(file);
    if handle.level >= level {
        return ffi::SQLITE_OK;
    }
    let mut locks = handle.file.locks.borrow_mut();
    match level {
        ffi::SQLITE_LOCK_SHARED if locks.exclusive || locks.pending => return ffi::SQLITE_BUSY,
        ffi::SQLITE_LOCK_SHARED => locks.readers += 1,
        ffi::SQLITE_LOCK_RESERVED if locks.reserved => return ffi::SQLITE_BUSY,
        ffi::SQLITE_LOCK_RESERVED => locks.reserved = true,
        _ if locks.readers > 1 || (locks.reserved && handle.level < ffi::SQLITE_LOCK_RESERVED) => {
            return ffi::SQLITE_BUSY;
        }
        _ => {
            locks.reserved = true;
            locks.exclusive = true;
        }
    }
    handle.level = level;
    ffi::SQLITE_OK
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    let handle = handle(file);
    let mut locks = handle.file.locks.borrow_mut();
    if handle.level > ffi::SQLITE_LOCK_SHARED && level <= ffi::SQLITE_LOCK_SHARED {
        (locks.reserved, locks.pending, locks.exclusive) = (false, false, false);
    }
    if handle.level >= ffi::SQLITE_LOCK_SHARED && level == ffi::SQLITE_LOCK_NONE {
        locks.readers -= 1;
    }
    handle.level = handle.level.min(level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    *out = handle(file).file.locks.borrow().reserved.into();
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR
}

/// As SQLite's own VFS for Unix says: a write that is cut off does not harm the bytes around it.
unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    number: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let handle = handle(file);
    let mut shared = handle.file.shared.borrow_mut();
    if !handle.mapped {
        handle.mapped = true;
        shared.users += 1;
    }
    let number = usize::try_from(number).unwrap_or_default();
    let size = usize::try_from(size).unwrap_or_default();
    *out = std::ptr::null_mut();
    if shared.regions.len() <= number && extend == 0 {
        return ffi::SQLITE_OK;
    }
    while shared.regions.len() <= number {
        let region: Region = (0..size).map(|_| UnsafeCell::new(0)).collect();
        shared.regions.push(region);
    }
    *out = UnsafeCell::raw_get(shared.regions[number].as_ptr()).cast();
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    from: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let handle = handle(file);
    let mut shared = handle.file.shared.borrow_mut();
    let places = usize::try_from(from).unwrap_or_default()..usize::try_from(from + count).unwrap_or_default();
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        for place in places {
            let bit = 1 << place;
            if exclusive && handle.writes & bit != 0 {
                handle.writes &= !bit;
                shared.slots[place] = 0;
            } else if !exclusive && handle.reads & bit != 0 {
                handle.reads &= !bit;
                shared.slots[place] -= 1;
            }
        }
        return ffi::SQLITE_OK;
    }
    for place in places.clone() {
        let bit = 1 << place;
        let own = i32::from(handle.reads & bit != 0);
        let taken = if exclusive {
            handle.writes & bit == 0 && shared.slots[place] - own != 0
        } else {
            shared.slots[place] < 0
        };
        if taken {
            return ffi::SQLITE_BUSY;
        }
    }
    for place in places {
        let bit = 1 << place;
        if exclusive {
            handle.writes |= bit;
            shared.slots[place] = -1;
        } else if handle.reads & bit == 0 {
            handle.reads |= bit;
            shared.slots[place] += 1;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let handle = handle(file);
    if !handle.mapped {
        return ffi::SQLITE_OK;
    }
    handle.mapped = false;
    let mut shared = handle.file.shared.borrow_mut();
    shared.users -= 1;
    if shared.users == 0 {
        shared.regions.clear();
        shared.slots = [0; 8];
    }
    ffi::SQLITE_OK
}
