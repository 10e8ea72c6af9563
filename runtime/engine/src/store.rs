//! The store of payloads: with `--autojit-store=cache` an object has a reference, and its payload is a file in
//! `$XDG_CACHE_HOME/autojit/payloads`, else `~/.cache/autojit/payloads`, under its hash. So is what debuggers need to know of it
//! ([`crate::debug::apart`]).
//!
//! No copy of anything: programs need what is in here as long as they are run. So it has no bound of its own and nothing leaves it by
//! itself, unlike the object cache. What is read is checked against its hash, so it does not matter who else can write there.

use crate::cache::directory::{home, make_private};
use autojit_protocol::Hash;
use autojit_protocol::payload::{STORED_SIZE, stored, stored_reference};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a payload can't be had.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("neither $XDG_CACHE_HOME nor $HOME says where the payloads of --autojit-store=cache are")]
    Nowhere,
    #[error("the payload of a module (--autojit-store=cache) can't be read from {}: {error}; build the program again", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("the payload of a module (--autojit-store=cache) in {} is damaged; build the program again", path.display())]
    Damaged { path: PathBuf },
}

/// Where payloads are, from the environment.
pub fn root() -> Option<PathBuf> {
    Some(home()?.join("payloads"))
}

fn name(hash: &blake3::Hash) -> String {
    hash.to_hex().to_string()
}

fn path_of(root: &Path, hash: &Hash) -> PathBuf {
    root.join(name(&blake3::Hash::from_bytes(*hash)))
}

/// Keeps a payload. Returns the reference to it.
pub fn write(payload: &[u8]) -> io::Result<[u8; STORED_SIZE]> {
    Ok(stored_reference(&keep(payload)?, payload.len() as u64))
}

/// Keeps these bytes. Returns their hash.
pub fn keep(bytes: &[u8]) -> io::Result<Hash> {
    let root = root().ok_or(io::ErrorKind::NotFound)?;
    let hash = *blake3::hash(bytes).as_bytes();
    let path = path_of(&root, &hash);
    if !fs::read(&path).is_ok_and(|there| there == bytes) {
        make_private(&root)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&root)?;
        file.write_all(bytes)?;
        file.persist(&path).map_err(|failure| failure.error)?;
    }
    Ok(hash)
}

/// The payload that an object has in these bytes, or refers to.
pub fn resolve(bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    match stored(&bytes) {
        Some((hash, _)) => find(&hash),
        None => Ok(bytes),
    }
}

/// What is kept under this hash.
pub fn find(hash: &Hash) -> Result<Vec<u8>, StoreError> {
    let path = path_of(&root().ok_or(StoreError::Nowhere)?, hash);
    match fs::read(&path) {
        Ok(bytes) if blake3::hash(&bytes) == *hash => Ok(bytes),
        Ok(_) => Err(StoreError::Damaged { path }),
        Err(error) => Err(StoreError::Unreadable { path, error }),
    }
}

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".new-";

/// A file of the store.
pub struct Entry {
    pub path: PathBuf,
    pub size: u64,
}

impl Entry {
    /// Whether it is what it is called.
    pub fn is_good(&self) -> bool {
        let is_called = |bytes: Vec<u8>| self.path.ends_with(name(&blake3::hash(&bytes)));
        fs::read(&self.path).is_ok_and(is_called)
    }
}

/// All payloads.
pub fn entries(root: &Path) -> io::Result<Vec<Entry>> {
    let found = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let mut all = Vec::new();
    for file in found {
        let file = file?;
        // One that goes away meanwhile is none.
        if let Ok(data) = file.metadata()
            && data.is_file()
            && !file.file_name().to_string_lossy().starts_with(UNFINISHED)
        {
            all.push(Entry { path: file.path(), size: data.len() });
        }
    }
    Ok(all)
}
