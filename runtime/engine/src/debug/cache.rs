//! Described units, kept for the next debug session: in memory, and in the object cache on disk for the next daemon.

use super::recompile::{self, Described, Problem};
use super::stamp;
use crate::cache::{self as disk, pack::Kind};
use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of objects that are kept.
const LIMIT: usize = 512 << 20;

type Stamp = (u64, i64, i64, u64);

pub struct Kept {
    pub object: Vec<u8>,
    files: Vec<(PathBuf, Option<Stamp>)>,
}

impl Kept {
    /// One that depends on no file.
    pub fn of_object(object: Vec<u8>) -> Kept {
        Kept { object, files: Vec::new() }
    }

    fn is_current(&self) -> bool {
        self.files.iter().all(|(path, was)| was.is_some() && stamp(path) == *was)
    }

    /// For the disk: the object's size, the object, and for each file its stamp, the size of its name and that.
    /// `None` if a file is not there any more.
    fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = (self.object.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.object);
        for (path, stamp) in &self.files {
            let (inode, seconds, nanoseconds, size) = (*stamp)?;
            let name = path.as_os_str().as_bytes();
            let words =
                [inode, seconds.cast_unsigned(), nanoseconds.cast_unsigned(), size, name.len() as u64];
            words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
            bytes.extend_from_slice(name);
        }
        Some(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Kept> {
        fn take<'a>(rest: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
            let (head, tail) = rest.split_at_checked(size)?;
            *rest = tail;
            Some(head)
        }
        fn word(rest: &mut &[u8]) -> Option<u64> {
            Some(u64::from_le_bytes(take(rest, 8)?.try_into().ok()?))
        }
        let mut rest = bytes;
        let size = usize::try_from(word(&mut rest)?).ok()?;
        let object = take(&mut rest, size)?.to_vec();
        let mut files = Vec::new();
        while !rest.is_empty() {
            let (inode, seconds) = (word(&mut rest)?, word(&mut rest)?.cast_signed());
            let (nanoseconds, size) = (word(&mut rest)?.cast_signed(), word(&mut rest)?);
            let name = usize::try_from(word(&mut rest)?).ok()?;
            let name = std::ffi::OsString::from_vec(take(&mut rest, name)?.to_vec());
            files.push((PathBuf::from(name), Some((inode, seconds, nanoseconds, size))));
        }
        Some(Kept { object, files })
    }
}

/// Where a unit's pack is: what is to be compiled, and by which compiler.
fn on_disk(recipe: &blake3::Hash) -> autojit_protocol::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(recipe.as_bytes());
    if let Ok(compiler) = recompile::compiler() {
        let (inode, seconds, nanoseconds, size) = stamp(&compiler).unwrap_or_default();
        hasher.update(compiler.as_os_str().as_bytes());
        for word in [inode, seconds.cast_unsigned(), nanoseconds.cast_unsigned(), size] {
            hasher.update(&word.to_le_bytes());
        }
    }
    *hasher.finalize().as_bytes()
}

fn read(disk: &disk::Cache, name: &autojit_protocol::Hash) -> Option<Kept> {
    let pack = disk.read(name)?;
    let last = pack.contents.records.iter().rfind(|record| record.kind == Kind::Described)?;
    Kept::decode(pack.bytes.get(last.data.clone())?).filter(Kept::is_current)
}

#[derive(Default)]
struct Inner {
    /// By the recipe's hash; with the time of the last use.
    objects: HashMap<blake3::Hash, (Arc<Kept>, u64)>,
    clock: u64,
    making: HashSet<blake3::Hash>,
    /// Paths of programs that were described, the last one at the end.
    programs: Vec<PathBuf>,
}

#[derive(Default)]
pub struct Cache {
    inner: Mutex<Inner>,
    /// Somebody is done with an object that others may wait for.
    is_made: Condvar,
}

/// Programs that are remembered to have been debugged.
const PROGRAMS: usize = 64;

/// An object that is being made: others wait for it. Gone, however that ends.
struct Making<'a> {
    cache: &'a Cache,
    key: blake3::Hash,
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.cache.lock().making.remove(&self.key);
        self.cache.is_made.notify_all();
    }
}

impl Cache {
    /// The object that a recipe describes, as long as no file changes that it was made of.
    pub fn get_or_make(
        &self,
        recipe: &[u8],
        folder: &Path,
        disk: Option<&disk::Cache>,
        make: impl FnOnce() -> Result<Described, Problem>,
    ) -> Result<Arc<Kept>, Problem> {
        let key = blake3::hash(recipe);
        let _making = self.start_making(key);
        if let Some(kept) = self.get(&key)
            && kept.is_current()
        {
            return Ok(kept);
        }
        let disk = disk.map(|disk| (disk, on_disk(&key)));
        if let Some(kept) = disk.as_ref().and_then(|(disk, name)| read(disk, name)) {
            let kept = Arc::new(kept);
            self.put(key, kept.clone());
            return Ok(kept);
        }
        let made = make()?;
        let files = made
            .files
            .into_iter()
            .map(|path| {
                let path = folder.join(path);
                let stamp = stamp(&path);
                (path, stamp)
            })
            .collect();
        let kept = Arc::new(Kept { object: made.object, files });
        if let (Some((disk, name)), Some(bytes)) = (disk, kept.encode()) {
            disk.write(name, Kind::Described, bytes);
        }
        self.put(key, kept.clone());
        Ok(kept)
    }

    /// Whether it need not be made.
    pub fn has(&self, recipe: &[u8], disk: Option<&disk::Cache>) -> bool {
        let key = blake3::hash(recipe);
        if self.get(&key).is_some_and(|kept| kept.is_current()) {
            return true;
        }
        let found = disk.and_then(|disk| read(disk, &on_disk(&key)));
        found.map(|kept| self.put(key, Arc::new(kept))).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else makes the object.
    fn start_making(&self, key: blake3::Hash) -> Making<'_> {
        let is_taken = |inner: &mut Inner| inner.making.contains(&key);
        let waited = self.is_made.wait_while(self.lock(), is_taken);
        waited.unwrap_or_else(PoisonError::into_inner).making.insert(key);
        Making { cache: self, key }
    }

    /// A debugger was attached to this program.
    pub fn note_program(&self, path: &Path) {
        let mut inner = self.lock();
        inner.programs.retain(|known| known != path);
        inner.programs.push(path.to_owned());
        if inner.programs.len() > PROGRAMS {
            inner.programs.remove(0);
        }
    }

    pub fn knows_program(&self, path: &Path) -> bool {
        self.lock().programs.iter().any(|known| known == path)
    }

    fn get(&self, key: &blake3::Hash) -> Option<Arc<Kept>> {
        let mut inner = self.lock();
        inner.clock += 1;
        let now = inner.clock;
        let (kept, used) = inner.objects.get_mut(key)?;
        *used = now;
        Some(kept.clone())
    }

    fn put(&self, key: blake3::Hash, kept: Arc<Kept>) {
        let mut inner = self.lock();
        inner.clock += 1;
        let now = inner.clock;
        inner.objects.insert(key, (kept, now));
        while inner.objects.len() > 1
            && inner.objects.values().map(|(kept, _)| kept.object.len()).sum::<usize>() > LIMIT
        {
            let oldest = inner.objects.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            oldest.and_then(|key| inner.objects.remove(&key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::fs;

    #[test]
    fn the_next_daemon_finds_it_as_long_as_no_file_changes() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a.c");
        fs::write(&file, "int a;").unwrap();
        let disk = disk::Cache::at(root.path().join("objects"), 1 << 20).unwrap();
        let made = Cell::new(0);
        // A cache that knows nothing, as that of a new daemon.
        let get = |recipe: &[u8]| {
            let make = || {
                made.set(made.get() + 1);
                Ok(Described { object: b"object".to_vec(), files: vec!["a.c".into()] })
            };
            let kept = Cache::default().get_or_make(recipe, root.path(), Some(&disk), make).unwrap();
            assert_eq!(kept.object, b"object");
            assert!(kept.is_current());
            disk.flush();
            made.get()
        };
        assert_eq!((get(b"one"), get(b"one"), get(b"two"), get(b"two")), (1, 1, 2, 2));
        fs::write(&file, "int other;").unwrap();
        assert_eq!((get(b"one"), get(b"one")), (3, 3));
        fs::remove_file(&file).unwrap();
        assert!(Kept::decode(b"").is_none() && Kept::decode(&[9, 0, 0, 0, 0, 0, 0, 0, 1]).is_none());
    }
}
