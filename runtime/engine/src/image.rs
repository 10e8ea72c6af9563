//! Which modules an image used when it ran before, and where in it they are: all of them are opened with the first request.
//!
//! Kept with the module that asks first. The places are distances from its record. They are the image's own, and are wrong
//! for another one that is taken for it: the client checks them.

use autojit_protocol::{HASH_SIZE, Hash};
use std::collections::HashMap;

/// Identity of an image: see [`crate::session`].
pub type Image = u64;

/// Images that are remembered for a first module.
const MAX_IMAGES: usize = 16;

/// Modules that are remembered of an image.
const MAX_MODULES: usize = 4096;

/// A module of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub hash: Hash,
    /// How far its record is behind that of the first module.
    pub distance: i64,
}

#[derive(Default)]
pub struct Images {
    modules: HashMap<Image, Vec<Known>>,
    /// The last seen is the last.
    order: Vec<Image>,
}

impl Images {
    /// The modules of an image but for the first, in a fixed order.
    pub fn modules(&self, image: Image) -> &[Known] {
        self.modules.get(&image).map(Vec::as_slice).unwrap_or_default()
    }

    /// Notes what an image has used. False if that is nothing new.
    pub fn note(&mut self, image: Image, used: &[Known]) -> bool {
        let modules = self.modules.entry(image).or_default();
        let before = modules.len();
        for module in used {
            if modules.len() < MAX_MODULES && !modules.contains(module) {
                modules.push(*module);
            }
        }
        let is_changed = modules.len() > before;
        self.order.retain(|other| *other != image);
        self.order.push(image);
        if self.order.len() > MAX_IMAGES {
            self.modules.remove(&self.order.remove(0));
        }
        is_changed
    }

    /// One image's part, as it is kept on disk.
    pub fn encode(&self, image: Image) -> Vec<u8> {
        let mut bytes = image.to_le_bytes().to_vec();
        for module in self.modules(image) {
            bytes.extend_from_slice(&module.distance.to_le_bytes());
            bytes.extend_from_slice(&module.hash);
        }
        bytes
    }

    /// Takes in what [`Images::encode`] made. A later record replaces an earlier one.
    pub fn decode(&mut self, bytes: &[u8]) {
        let Some((image, modules)) = bytes.split_first_chunk::<8>() else { return };
        let (modules, _) = modules.as_chunks::<{ 8 + HASH_SIZE }>();
        let known = modules.iter().filter_map(|bytes| {
            let (distance, hash) = bytes.split_first_chunk::<8>()?;
            Some(Known { hash: hash.try_into().ok()?, distance: i64::from_le_bytes(*distance) })
        });
        let image = Image::from_le_bytes(*image);
        self.modules.remove(&image);
        self.note(image, &known.collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_noted_once_and_read_back() {
        let module = |n: u8| Known { hash: [n; HASH_SIZE], distance: -i64::from(n) };
        let mut images = Images::default();
        assert!(images.note(1, &[module(1), module(2)]));
        assert!(!images.note(1, &[module(2)]));
        assert!(images.note(1, &[module(3)]));
        let mut read = Images::default();
        read.decode(&images.encode(1));
        assert_eq!(read.modules(1), [module(1), module(2), module(3)]);
        assert!(read.modules(2).is_empty());
        for image in 10..10 + MAX_IMAGES as u64 {
            images.note(image, &[module(9)]);
        }
        assert!(images.modules(1).is_empty(), "forgotten");
    }
}
