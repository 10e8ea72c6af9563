//! Where the cache is: `$XDG_CACHE_HOME/autojit/objects`, else `~/.cache/autojit/objects` (by $HOME or the list of users); in it a
//! folder for each build of the engine, in that a pack for each module.
//!
//! Code from here is run, so that only a directory that is the user's alone counts; without one there is no cache.

use super::pack::{self, Build, Contents, HEADER_SIZE};
use autojit_protocol::Hash;
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::fs::{fstat, open, openat, renameat, unlinkat, utimensat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A pack larger than this is not read.
const LARGEST_PACK: u64 = 1 << 30;

/// Ending of the packs' names.
pub const ENDING: &str = ".pack";
/// Ending of files that are being written.
pub const UNFINISHED: &str = ".new";

const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// The directory of all builds, from the environment.
pub fn root() -> Option<PathBuf> {
    Some(home()?.join("objects"))
}

/// What is the user's of all that is kept, from the environment; or else, because services and CGI programs are started with an empty
/// one, from the list of users.
pub fn home() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| {
        let home = absolute("HOME").or_else(|| std::env::home_dir().filter(|_| is_one_user()))?;
        Some(home.join(".cache"))
    })?;
    Some(cache.join("autojit"))
}

/// Whether this process, and the one that started it, is no more powerful than its user: what a user has in a cache is not for programs
/// that act for another.
fn is_one_user() -> bool {
    use rustix::process::{getegid, geteuid, getgid, getuid};
    getuid() == geteuid() && getgid() == getegid()
}

/// Opens a directory that must be the user's alone.
pub fn open_private(path: &PathBuf) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    let directory = open(path, flags, Mode::empty())?;
    let found = fstat(&directory)?;
    if found.st_uid != rustix::process::geteuid().as_raw() || found.st_mode & 0o077 != 0 {
        return Err(Errno::PERM);
    }
    Ok(directory)
}

/// Makes a directory for this user alone, with those above it; but not in one of another user, who could not use it then (`HOME` may be another
/// user's after `su` and `sudo`).
pub fn make_private(path: &Path) -> io::Result<()> {
    let above = path.ancestors().find_map(|path| fs::metadata(path).ok());
    let user = rustix::process::geteuid().as_raw();
    // Directories of the system, as /tmp, are root's.
    if above.is_none_or(|found| found.uid() != user && found.uid() != 0) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The packs of one build.
pub struct Directory {
    build: Build,
    path: PathBuf,
    /// Counts unfinished files of this process.
    counter: AtomicU32,
}

/// A pack that was read.
pub struct Pack {
    pub bytes: Vec<u8>,
    pub contents: Contents,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name(module: &Hash) -> String {
    hex(module) + ENDING
}

impl Directory {
    pub fn of(root: &Path, build: Build) -> Directory {
        Directory { build, path: root.join(hex(&build)), counter: AtomicU32::new(0) }
    }

    /// Opened anew each time: it may be removed while a daemon runs.
    fn open(&self) -> Result<OwnedFd, Errno> {
        open_private(&self.path)
    }

    fn create(&self) -> Result<OwnedFd, Errno> {
        // An error shows in opening it.
        let _ = make_private(&self.path);
        let root = self.path.parent().map(PathBuf::from).ok_or(Errno::NOENT)?;
        open_private(&root)?;
        self.open()
    }

    /// Reads the pack of a module. `None` if there is none that can be used.
    pub fn read(&self, module: &Hash) -> Option<Pack> {
        let directory = self.open().ok()?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(&directory, name(module), flags, Mode::empty()).ok()?;
        let found = fstat(&file).ok()?;
        let is_file = found.st_mode & 0o170_000 == 0o100_000;
        let size = u64::try_from(found.st_size).ok().filter(|size| *size <= LARGEST_PACK)?;
        if !is_file || found.st_uid != rustix::process::geteuid().as_raw() {
            return None;
        }
        let mut bytes = Vec::with_capacity(size as usize);
        File::from(file).take(LARGEST_PACK).read_to_end(&mut bytes).ok()?;
        let contents = pack::parse(&bytes, &self.build, module).unwrap_or_default();
        Some(Pack { bytes, contents })
    }

    /// Notes that a pack is used.
    pub fn touch(&self, module: &Hash) {
        let Ok(directory) = self.open() else { return };
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        };
        let _ = utimensat(&directory, name(module), &times, AtFlags::SYMLINK_NOFOLLOW);
    }

    /// Appends records to the pack of a module, which is made if there is none. Returns the bytes written.
    pub fn append(&self, module: &Hash, records: &[u8]) -> std::io::Result<u64> {
        let directory = self.create()?;
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&directory, name(module), flags, Mode::empty()) {
            Ok(file) => {
                // In one write, so that records of several daemons don't mix.
                let written = File::from(file).write(records)?;
                Ok(written as u64)
            }
            Err(Errno::NOENT) => self.replace(module, records),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a pack of these records aside and gives it its name when it is complete.
    pub fn replace(&self, module: &Hash, records: &[u8]) -> std::io::Result<u64> {
        let directory = self.create()?;
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let aside: OsString = format!("{}.{number}{UNFINISHED}", std::process::id()).into();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&directory, &aside, flags, PRIVATE)?);
        let written = file
            .write_all(&pack::header(&self.build, module))
            .and_then(|()| file.write_all(records))
            .and_then(|()| Ok(renameat(&directory, &aside, &directory, name(module))?));
        if written.is_err() {
            let _ = unlinkat(&directory, &aside, AtFlags::empty());
        }
        written.map(|()| (HEADER_SIZE + records.len()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pack::Kind;
    use std::os::unix::fs::PermissionsExt;

    fn record(data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        pack::append(&mut bytes, Kind::Code, data);
        bytes
    }

    fn sandbox() -> (tempfile::TempDir, Directory) {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let directory = Directory::of(&root.path().join("objects"), [3; 16]);
        (root, directory)
    }

    /// As root only, who alone could do so.
    #[test]
    fn nothing_is_made_in_another_users_directory() {
        let root = tempfile::tempdir().unwrap();
        let [home, inner] = ["home", "home/.cache"].map(|path| root.path().join(path));
        fs::create_dir(&home).unwrap();
        if std::os::unix::fs::chown(&home, Some(12345), None).is_err() {
            return;
        }
        assert!(make_private(&inner).is_err() && !inner.exists());
        make_private(&root.path().join("own/inner")).unwrap();
        assert!(root.path().join("own/inner").exists());
    }

    #[test]
    fn records_of_several_writers_come_together() {
        let (root, directory) = sandbox();
        let other = Directory::of(&root.path().join("objects"), [3; 16]);
        let module = [5; 32];
        assert!(directory.read(&module).is_none());
        directory.append(&module, &record(b"one")).unwrap();
        other.append(&module, &record(b"two")).unwrap();
        directory.append(&module, &record(b"three")).unwrap();
        let pack = directory.read(&module).unwrap();
        let found: Vec<&[u8]> =
            pack.contents.records.iter().map(|record| &pack.bytes[record.data.clone()]).collect();
        assert_eq!(found, [&b"one"[..], b"two", b"three"]);
        assert!(directory.read(&[6; 32]).is_none());
    }

    #[test]
    fn a_directory_that_others_can_read_or_a_link_does_not_count() {
        let (root, directory) = sandbox();
        let module = [5; 32];
        directory.append(&module, &record(b"one")).unwrap();
        let path = root.path().join("objects").join("03".repeat(16));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(directory.read(&module).is_none());
        assert!(directory.append(&module, &record(b"two")).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let file = path.join(name(&module));
        fs::rename(&file, root.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(root.path().join("elsewhere"), &file).unwrap();
        assert!(directory.read(&module).is_none());
    }

    #[test]
    fn a_damaged_pack_gives_what_is_good_and_can_be_replaced() {
        let (root, directory) = sandbox();
        let module = [5; 32];
        directory.append(&module, &record(b"one")).unwrap();
        directory.append(&module, b"garbage!").unwrap();
        directory.append(&module, &record(b"lost")).unwrap();
        let pack = directory.read(&module).unwrap();
        assert_eq!(pack.contents.records.len(), 1);
        assert!(pack.contents.good < pack.bytes.len());
        directory.replace(&module, &pack.bytes[HEADER_SIZE..pack.contents.good]).unwrap();
        directory.append(&module, &record(b"two")).unwrap();
        let pack = directory.read(&module).unwrap();
        assert_eq!((pack.contents.records.len(), pack.contents.good), (2, pack.bytes.len()));
        let left = fs::read_dir(root.path().join("objects").join("03".repeat(16))).unwrap().count();
        assert_eq!(left, 1, "nothing unfinished is left");
    }
}
