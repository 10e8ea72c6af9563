//! Objects that earlier links have made from bitcode.
//!
//! Every link of a Rust program brings the bitcode of all that the program is made of, and most of it is what it was the
//! last time. The objects are kept in the daemons' cache on disk, with its size and its switches (`autojit cache`,
//! `AUTOJIT_CACHE=off`), under a hash of all that decides what they are; a pack's identity is this compiler's own.

use super::compile::Options;
use super::records;
use crate::options::Options as Choices;
use crate::unit::Session;
use autojit_engine::cache::directory::{self, Directory};
use autojit_engine::cache::pack::{self, Kind};
use autojit_engine::cache::{identity, inventory, is_on, limit};
use autojit_protocol::Hash;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

pub struct Kept {
    directory: Directory,
    root: PathBuf,
    has_grown: AtomicBool,
}

impl Kept {
    /// The user's cache; `None` if there is none, or if something else than objects is asked of the compiler.
    pub fn open(session: &Session) -> Option<Kept> {
        let options = &session.options;
        let wants_more =
            options.remarks || options.strict || options.lazy_first.is_some() || options.save_dir.is_some();
        if wants_more || !is_on() {
            return None;
        }
        let root = directory::root()?;
        let directory = Directory::of(&root, identity()?);
        Some(Kept { directory, root, has_grown: AtomicBool::new(false) })
    }

    /// The object's name in the cache. The name of an object's file is no part of it: only messages have it, and rustc
    /// takes another one each time. In an archive debuggers look for the bitcode later.
    pub fn name(&self, bitcode: &[u8], archive: Option<&Path>, options: &Options, session: &Session) -> Hash {
        let Options { opt_level, cpu, features, library } = options;
        let archive = archive.and_then(|path| std::path::absolute(path).ok());
        let Choices { tls, compress, store, debug_info, .. } = session.options;
        let ours = (tls, compress, store, debug_info, archive);
        let decides = format!("{opt_level} {cpu:?} {features:?} {library} {ours:?}");
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"object of bitcode\0");
        hasher.update(&(decides.len() as u64).to_le_bytes());
        hasher.update(decides.as_bytes());
        hasher.update(bitcode);
        *hasher.finalize().as_bytes()
    }

    /// An object, if all is there that it refers to: what is missing from the store of payloads is made with the object.
    pub fn read(&self, name: &Hash) -> Option<Vec<u8>> {
        let pack = self.directory.read(name)?;
        let record = pack.contents.records.iter().find(|record| record.kind == Kind::Object)?;
        let object = pack.bytes[record.data.clone()].to_vec();
        if !records::are_complete(&object) {
            return None;
        }
        self.directory.touch(name);
        Some(object)
    }

    pub fn write(&self, name: &Hash, object: &[u8]) {
        let mut record = Vec::new();
        pack::append(&mut record, Kind::Object, object);
        // What is not kept is made again: a full disk is no reason for a link to fail.
        if self.directory.replace(name, &record).is_ok() {
            self.has_grown.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.has_grown.load(Ordering::Relaxed) {
            // As above: whoever uses the cache next tries again.
            let _ = inventory::shrink(&self.root, limit());
        }
    }
}
