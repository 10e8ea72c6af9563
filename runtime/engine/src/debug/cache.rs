//! Described units, kept for the next debug session.

use super::recompile::{Described, Problem};
use super::stamp;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of objects that are kept.
const LIMIT: usize = 512 << 20;

type Stamp = (u64, i64, i64, u64);

pub struct Kept {
    pub object: Vec<u8>,
    files: Vec<(PathBuf, Option<Stamp>)>,
}

#[derive(Default)]
struct Inner {
    /// By the recipe's hash; with the time of the last use.
    objects: HashMap<blake3::Hash, (Arc<Kept>, u64)>,
    clock: u64,
}

#[derive(Default)]
pub struct Cache {
    inner: Mutex<Inner>,
}

impl Cache {
    /// The object that a recipe describes, as long as no file changes that it was made of.
    pub fn get_or_make(
        &self,
        recipe: &[u8],
        folder: &std::path::Path,
        make: impl FnOnce() -> Result<Described, Problem>,
    ) -> Result<Arc<Kept>, Problem> {
        let key = blake3::hash(recipe);
        if let Some(kept) = self.get(&key)
            && kept.files.iter().all(|(path, was)| was.is_some() && stamp(path) == *was)
        {
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
        self.put(key, kept.clone());
        Ok(kept)
    }

    fn get(&self, key: &blake3::Hash) -> Option<Arc<Kept>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let now = inner.clock;
        let (kept, used) = inner.objects.get_mut(key)?;
        *used = now;
        Some(kept.clone())
    }

    fn put(&self, key: blake3::Hash, kept: Arc<Kept>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
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
