//! The object cache on disk: what was compiled once is not compiled again, by whichever daemon of the user.
//!
//! Keyed by content: a pack belongs to a build of the engine and to the hash of a payload, which covers the bitcode with
//! the target's features, the options and the function. Reading happens when a module is opened; writing in a thread of
//! its own, so that nobody waits for a disk.
//!
//! `AUTOJIT_CACHE=off` turns it off; `AUTOJIT_CACHE_LIMIT` is its size in bytes, with K, M or G. Both are the daemon's.

mod build;
pub mod directory;
pub mod inventory;
pub mod pack;
mod writer;

pub use build::identity;

use autojit_protocol::Hash;
use directory::{Directory, Pack};
use pack::Kind;
use std::path::PathBuf;
use std::sync::Arc;
use writer::Writer;

const DEFAULT_LIMIT: u64 = 2 << 30;

pub struct Cache {
    directory: Arc<Directory>,
    writer: Writer,
}

/// Whether the environment allows the cache.
pub fn is_on() -> bool {
    std::env::var_os("AUTOJIT_CACHE").is_none_or(|value| value != "off")
}

/// Bytes that the cache may have.
pub fn limit() -> u64 {
    std::env::var("AUTOJIT_CACHE_LIMIT").ok().and_then(|text| parse_size(&text)).unwrap_or(DEFAULT_LIMIT)
}

/// "512", "64K", "100M", "2G".
fn parse_size(text: &str) -> Option<u64> {
    let (digits, shift) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 10),
        (at, 'm' | 'M') => (&text[..at], 20),
        (at, 'g' | 'G') => (&text[..at], 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

impl Cache {
    /// The user's cache; `None` if it is off or there is no place for it.
    pub fn open() -> Option<Cache> {
        if !is_on() {
            return None;
        }
        Cache::at(directory::root()?, limit())
    }

    /// A cache in this directory, of so many bytes.
    pub fn at(root: PathBuf, limit: u64) -> Option<Cache> {
        let directory = Arc::new(Directory::of(&root, build::identity()?));
        let writer = Writer::start(directory.clone(), root, limit)?;
        Some(Cache { directory, writer })
    }

    /// What is kept of a module. Its damaged part, if there is one, is taken away.
    pub fn read(&self, module: &Hash) -> Option<Pack> {
        let pack = self.directory.read(module)?;
        if pack.contents.good < pack.bytes.len() {
            let good = pack.bytes.get(pack::HEADER_SIZE..pack.contents.good).unwrap_or_default();
            self.writer.replace(*module, good.to_vec());
        } else {
            self.writer.touch(*module);
        }
        Some(pack)
    }

    /// Keeps a record, soon.
    pub fn write(&self, module: Hash, kind: Kind, data: Vec<u8>) {
        self.writer.append(module, kind, data);
    }

    /// Waits until everything is written.
    pub fn flush(&self) {
        self.writer.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("512"), Some(512));
        assert_eq!(parse_size("3k"), Some(3072));
        assert_eq!(parse_size("2G"), Some(2 << 30));
        assert_eq!(parse_size("G"), None);
        assert_eq!(parse_size(""), None);
        assert_eq!(parse_size("99999999999G"), None);
    }
}
