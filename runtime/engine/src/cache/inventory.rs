//! The cache as a whole, of all builds: how much there is, and making it less.

use super::directory::{ENDING, UNFINISHED, open_private};
use super::pack;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// After this time an unfinished file is one that its writer has left behind.
const ABANDONED: Duration = Duration::from_secs(3600);

pub struct Entry {
    pub path: PathBuf,
    pub size: u64,
    used: SystemTime,
}

impl Entry {
    pub fn is_unfinished(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending == &UNFINISHED[1..])
    }
}

/// All files of the cache, the least recently used first. Empty if there is no cache; an error if it is not the user's.
pub fn entries(root: &Path) -> io::Result<Vec<Entry>> {
    match open_private(&root.to_path_buf()) {
        Err(rustix::io::Errno::NOENT) => return Ok(Vec::new()),
        other => drop(other?),
    }
    let mut all = Vec::new();
    for build in fs::read_dir(root)? {
        let build = build?;
        if !unless_gone(build.file_type())?.is_some_and(|kind| kind.is_dir()) {
            continue;
        }
        // A daemon may have removed it by now.
        let Some(files) = unless_gone(fs::read_dir(build.path()))? else { continue };
        for file in files {
            let Some(file) = unless_gone(file)? else { continue };
            let Ok(found) = file.metadata() else { continue };
            let name = file.file_name();
            let is_ours =
                name.to_str().is_some_and(|name| name.ends_with(ENDING) || name.ends_with(UNFINISHED));
            if found.is_file() && is_ours {
                let used = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                all.push(Entry { path: file.path(), size: found.len(), used });
            }
        }
    }
    all.sort_by_key(|entry| entry.used);
    Ok(all)
}

fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Removes the least recently used packs until the rest is within the limit. Returns the bytes that are left.
pub fn shrink(root: &Path, limit: u64) -> io::Result<u64> {
    let all = entries(root)?;
    let mut left: u64 = all.iter().map(|entry| entry.size).sum();
    for entry in all {
        let is_abandoned =
            entry.is_unfinished() && entry.used.elapsed().is_ok_and(|elapsed| elapsed > ABANDONED);
        if (left > limit && !entry.is_unfinished()) || is_abandoned {
            // Another daemon may have been faster.
            let _ = fs::remove_file(&entry.path);
            left -= entry.size;
            // The folders of builds that are gone.
            let _ = entry.path.parent().map(fs::remove_dir);
        }
    }
    Ok(left)
}

/// Removes everything. Returns how many packs there were and their bytes.
pub fn clear(root: &Path) -> io::Result<(usize, u64)> {
    let all = entries(root)?;
    for entry in &all {
        match fs::remove_file(&entry.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let _ = entry.path.parent().map(fs::remove_dir);
    }
    Ok((all.len(), all.iter().map(|entry| entry.size).sum()))
}

/// What was found in a pack.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub functions: usize,
    /// Nothing of it is damaged.
    pub is_good: bool,
}

/// Reads a pack.
pub fn check(entry: &Entry) -> io::Result<Found> {
    let bytes = fs::read(&entry.path)?;
    let named = || {
        let module = unhex(entry.path.file_stem()?.to_str()?)?;
        let build = unhex(entry.path.parent()?.file_name()?.to_str()?)?;
        Some((build, module))
    };
    let contents = named().and_then(|(build, module)| pack::parse(&bytes, &build, &module));
    Ok(contents.map_or_else(Found::default, |contents| Found {
        functions: contents.records.iter().filter(|record| record.kind == pack::Kind::Code).count(),
        is_good: contents.good == bytes.len(),
    }))
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::directory::Directory;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_least_recently_used_goes_first() {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let build = [0xab; 16];
        let directory = Directory::of(root.path(), build);
        let mut record = Vec::new();
        pack::append(&mut record, pack::Kind::Code, &[1; 1000]);
        for number in 0..4u8 {
            directory.append(&[number; 32], &record).unwrap();
            let file = fs::File::open(
                root.path().join("ab".repeat(16)).join(format!("{number:02x}").repeat(32) + ENDING),
            );
            let time = SystemTime::now() - Duration::from_secs(1000 - u64::from(number));
            file.unwrap().set_modified(time).unwrap();
        }
        directory.touch(&[0; 32]);
        let all = entries(root.path()).unwrap();
        let size = all[0].size;
        assert!(all.iter().all(|entry| check(entry).unwrap() == Found { functions: 1, is_good: true }));
        assert_eq!(shrink(root.path(), size * 2).unwrap(), size * 2);
        let left: Vec<bool> = (0..4u8).map(|number| directory.read(&[number; 32]).is_some()).collect();
        assert_eq!(left, [true, false, false, true]);
        assert_eq!(clear(root.path()).unwrap(), (2, size * 2));
        assert!(entries(root.path()).unwrap().is_empty());
    }
}
