//! The thread that writes to the disk. Records of a moment are collected, so that a program's first run makes a few writes
//! and not one for each function.

use super::directory::Directory;
use super::inventory;
use super::pack::{self, Kind};
use crate::log::log;
use autojit_protocol::Hash;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long records are collected, and how many bytes of them.
const DELAY: Duration = Duration::from_millis(200);
const FULL: usize = 4 << 20;

/// What is taken away when the cache is too large, so that this does not happen with each write.
const SHRINK_TO: f64 = 0.9;

/// Behind everything else: nobody waits for it.
const NICE: i32 = 15;

enum Message {
    Append(Hash, Kind, Vec<u8>),
    /// The records that a pack is to have, without damaged ones.
    Replace(Hash, Vec<u8>),
    Touch(Hash),
    Flush(Sender<()>),
}

pub struct Writer {
    messages: Sender<Message>,
}

impl Writer {
    pub fn start(directory: Arc<Directory>, root: PathBuf, limit: u64) -> Option<Writer> {
        let (messages, incoming) = channel();
        let work = Work { directory, root, limit, size: None, pending: HashMap::new(), pending_size: 0 };
        std::thread::Builder::new().name("cache".into()).spawn(move || work.run(&incoming)).ok()?;
        Some(Writer { messages })
    }

    // The thread ends with the process only, so that sending cannot fail; if it did, something would not be kept.

    pub fn append(&self, module: Hash, kind: Kind, data: Vec<u8>) {
        let _ = self.messages.send(Message::Append(module, kind, data));
    }

    pub fn replace(&self, module: Hash, records: Vec<u8>) {
        let _ = self.messages.send(Message::Replace(module, records));
    }

    pub fn touch(&self, module: Hash) {
        let _ = self.messages.send(Message::Touch(module));
    }

    pub fn flush(&self) {
        let (done, wait) = channel();
        if self.messages.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

struct Work {
    directory: Arc<Directory>,
    root: PathBuf,
    limit: u64,
    /// Bytes of the whole cache, as far as known.
    size: Option<u64>,
    pending: HashMap<Hash, Vec<u8>>,
    pending_size: usize,
}

impl Work {
    fn run(mut self, incoming: &Receiver<Message>) {
        crate::priority::lower(NICE);
        let mut due: Option<Instant> = None;
        loop {
            let message = match due {
                None => incoming.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => incoming.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match message {
                Ok(Message::Append(module, kind, data)) => {
                    let records = self.pending.entry(module).or_default();
                    let before = records.len();
                    pack::append(records, kind, &data);
                    self.pending_size += records.len() - before;
                    due.get_or_insert_with(|| Instant::now() + DELAY);
                }
                Ok(Message::Replace(module, records)) => {
                    let result = self.directory.replace(&module, &records);
                    self.account(&module, result);
                }
                Ok(Message::Touch(module)) => self.directory.touch(&module),
                Ok(Message::Flush(done)) => {
                    self.write();
                    due = None;
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.write();
                    due = None;
                }
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
            if self.pending_size >= FULL {
                self.write();
                due = None;
            }
        }
    }

    fn write(&mut self) {
        self.pending_size = 0;
        for (module, records) in std::mem::take(&mut self.pending) {
            let result = self.directory.append(&module, &records);
            self.account(&module, result);
        }
    }

    /// Adds up what was written, and makes room if that was too much.
    fn account(&mut self, module: &Hash, result: std::io::Result<u64>) {
        let written = match result {
            Ok(written) => written,
            Err(error) => {
                log!("cache: cannot write module {}: {error}", blake3::Hash::from_bytes(*module));
                return;
            }
        };
        let known = self.size.map(|size| size + written);
        let size = known.or_else(|| inventory::shrink(&self.root, self.limit).ok());
        self.size = match size {
            Some(size) if size > self.limit => {
                let wanted = (self.limit as f64 * SHRINK_TO) as u64;
                inventory::shrink(&self.root, wanted).ok()
            }
            size => size,
        };
    }
}
