//! Which functions of a module a program used when it ran before: they are linked together when the program asks for the
//! first of them.
//!
//! A module can be part of several programs, which use it differently: what is kept is kept for each image. An image that
//! was never seen (the program was linked anew) starts with what the last one used.

use crate::image::Image;
use std::collections::{BTreeSet, HashMap};

/// Images that are remembered for a module.
const MAX_IMAGES: usize = 16;

/// No image has this number, as far as can be told: they are hashes.
const NO_IMAGE: Image = 0;

/// What an image will probably use of a module.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// In ascending order.
    pub functions: Vec<u32>,
    /// The image itself has used them, and not just another one.
    pub is_own: bool,
}

#[derive(Default)]
pub struct Profile {
    used: HashMap<Image, BTreeSet<u32>>,
    /// The last seen is the last.
    order: Vec<Image>,
}

impl Profile {
    /// Whether the image has used something.
    pub fn knows(&self, image: Image) -> bool {
        self.used.contains_key(&image)
    }

    /// What an image will probably use.
    pub fn expected(&mut self, image: Image) -> Expected {
        let own = self.used.get(&image);
        let is_own = own.is_some();
        let known = own.or_else(|| self.used.get(self.order.last()?));
        let functions = known.map(|used| used.iter().copied().collect()).unwrap_or_default();
        if is_own {
            self.touch(image);
        }
        Expected { functions, is_own }
    }

    /// What the last image has used.
    pub fn last(&self) -> impl Iterator<Item = u32> + '_ {
        self.order.last().and_then(|image| self.used.get(image)).into_iter().flatten().copied()
    }

    /// Lets any image expect this that the module does not know, before one was seen.
    pub fn inherit(&mut self, functions: &[u32]) {
        self.note(NO_IMAGE, functions);
    }

    /// Makes an image the last seen.
    fn touch(&mut self, image: Image) {
        if self.order.last() != Some(&image) {
            self.order.retain(|other| *other != image);
            self.order.push(image);
        }
    }

    /// Notes what an image has used. False if that is nothing new.
    pub fn note(&mut self, image: Image, functions: &[u32]) -> bool {
        let is_new = !self.used.contains_key(&image);
        let used = self.used.entry(image).or_default();
        let before = used.len();
        used.extend(functions);
        let is_changed = used.len() > before || is_new;
        self.touch(image);
        if self.order.len() > MAX_IMAGES {
            self.used.remove(&self.order.remove(0));
        }
        is_changed
    }

    /// One image's part, as it is kept on disk.
    pub fn encode(&self, image: Image) -> Vec<u8> {
        let used = self.used.get(&image).into_iter().flatten();
        image.to_le_bytes().into_iter().chain(used.flat_map(|function| function.to_le_bytes())).collect()
    }

    /// Takes in what [`Profile::encode`] made of a module with so many functions. A later record replaces an earlier one.
    pub fn decode(&mut self, bytes: &[u8], function_count: u32) {
        let Some((image, functions)) = bytes.split_first_chunk::<8>() else { return };
        let (functions, _) = functions.as_chunks::<4>();
        let functions = functions.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let functions: Vec<u32> = functions.filter(|function| *function < function_count).collect();
        let image = Image::from_le_bytes(*image);
        self.used.remove(&image);
        self.note(image, &functions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_has_its_own() {
        let mut profile = Profile::default();
        assert_eq!(profile.expected(1), Expected::default());
        assert!(profile.note(1, &[5, 3]));
        assert!(!profile.note(1, &[3]));
        assert!(profile.note(2, &[7]));
        assert_eq!(profile.expected(1).functions, [3, 5]);
        assert_eq!(profile.expected(2).functions, [7]);
        assert_eq!(profile.expected(9).functions, [7], "the last one's");
        assert!(profile.last().eq([7]));
        let mut successor = Profile::default();
        assert!(successor.last().next().is_none());
        successor.inherit(&[4, 2]);
        assert_eq!(successor.expected(9), Expected { functions: vec![2, 4], is_own: false });
        for image in 10..10 + MAX_IMAGES as u64 {
            profile.note(image, &[0]);
        }
        assert_eq!(profile.expected(1).functions, [0], "forgotten");
    }

    #[test]
    fn it_is_read_back_and_bounded() {
        let mut profile = Profile::default();
        profile.note(8, &[1, 4, 100]);
        let bytes = profile.encode(8);
        let mut read = Profile::default();
        read.decode(&bytes, 50);
        assert_eq!(read.expected(8).functions, [1, 4]);
        for size in 0..bytes.len() {
            Profile::default().decode(&bytes[..size], 50);
        }
        read.decode(&Profile::default().encode(8), 50);
        assert!(read.expected(8).functions.is_empty(), "the later record counts");
    }
}
