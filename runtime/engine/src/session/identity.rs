//! Which program or library a session is for, so that what earlier runs used of it can be told.

use crate::image::Image;
use crate::loaded::Place;
use crate::module::Module;
use crate::profile::Expected;
use autojit_protocol::Hash;
use std::sync::PoisonError;

/// The first session of the same image, in this process or in the one that forked it.
pub struct Origin {
    pub image: Image,
    /// Its first module.
    pub module: Hash,
    /// Address of that module's record.
    pub record: u64,
}

#[derive(Default)]
pub struct Identity {
    /// For all that can be told: the module that asks first, and how far its stubs are from its slots, which any other link would
    /// change. Later sessions have identities of their own: they need what their origin did not have.
    pub image: Image,
    /// Of a later session.
    pub origin: Option<Origin>,
}

impl Identity {
    /// The first module is known now.
    pub fn settle(&mut self, hash: &Hash, place: Place) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(hash).update(&place.slots.wrapping_sub(place.trampoline).to_le_bytes());
        if let Some(origin) = &self.origin {
            hasher.update(b"later").update(&origin.image.to_le_bytes());
        }
        let mut bytes = [0; size_of::<Image>()];
        hasher.finalize_xof().fill(&mut bytes);
        self.image = Image::from_le_bytes(bytes);
    }

    /// What the image will want of the module.
    pub fn expected(&self, module: &Module) -> Expected {
        let mut profile = module.profile.lock().unwrap_or_else(PoisonError::into_inner);
        match self.origin {
            None => profile.expected(self.image),
            // What another image used of the module is there already.
            Some(_) if !profile.knows(self.image) => Expected::default(),
            Some(_) => profile.expected(self.image),
        }
    }
}
