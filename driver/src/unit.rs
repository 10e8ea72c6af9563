//! One translation unit on its way through the transform, as the front end hands it over.

use crate::clang::{RawUnit, Recipe, Transformed, compress};
use crate::options::{Binding, Compress, DebugInfo, Options, Store, ThreadLocals, Toggle};
use crate::remarks;
use crate::replay;
use crate::toolchain::Toolchain;
use autojit_engine::debug::apart;
use autojit_engine::store;
use autojit_passes::{Described, Loader, Unit, lazify};
use autojit_protocol::recipe;
use inkwell::module::Module;
use std::ffi::{CStr, OsString};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};

/// What all units of one command share.
pub struct Session {
    pub options: Options,
    /// The command, for --autojit-save-dir.
    pub command: Vec<OsString>,
    /// For objects that another driver may link.
    loader: Option<Loader>,
    failed: AtomicBool,
}

impl Session {
    pub fn new(options: Options, command: &[OsString], toolchain: &Toolchain) -> Session {
        let loader = toolchain.loader().filter(|_| options.loader == Toggle::On);
        Session { options, command: command.to_vec(), loader, failed: AtomicBool::new(false) }
    }

    /// Whether something was refused under --autojit-strict.
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn strict_failure(&self) -> bool {
        if self.options.strict {
            self.failed.store(true, Ordering::Relaxed);
        }
        self.options.strict
    }

    /// A unit that is compiled as clang does. Returns whether that is an error.
    pub fn refused(&self, input: &str, reason: &str) -> bool {
        let strict = self.strict_failure();
        if strict || self.options.remarks {
            remarks::unit_refused(input, reason, strict);
        }
        strict
    }

    /// The words of the recipe, with those of our options that decide what is lazy.
    fn recipe_words(&self, recipe: &Recipe<'_>) -> Vec<Vec<u8>> {
        let mut args = vec![recipe.folder.to_bytes().to_vec()];
        if self.options.tls == ThreadLocals::Skip {
            args.push(b"--autojit-tls=skip".to_vec());
        }
        if let Some(count) = self.options.lazy_first {
            args.push(format!("--autojit-lazy-first={count}").into_bytes());
        }
        args.extend(recipe.args.iter().map(|a| a.to_bytes().to_vec()));
        args
    }

    /// The unit's debug information, if the object is to have it.
    fn described(&self, raw: &RawUnit<'_>, recipe: &[u8]) -> Option<Described> {
        if let Some(bitcode) = raw.bitcode {
            let bytes = bitcode.embedded?;
            return Some(Described { frame: compress(bytes), size: bytes.len() as u64 });
        }
        let line_only = match self.options.debug_info {
            DebugInfo::Lazy => return None,
            DebugInfo::Line => true,
            DebugInfo::Full => false,
        };
        match autojit_engine::debug::compile(recipe, line_only) {
            Ok(object) => Some(Described { frame: compress(&object), size: object.len() as u64 }),
            Err(problem) => {
                eprintln!(
                    "autojit-cc: warning: {}: no debug information in the object: {problem}",
                    raw.input
                );
                None
            }
        }
    }

    /// Turns the module of a unit into its skeleton, or leaves it to be compiled as it is.
    pub fn transform(&self, raw: &RawUnit<'_>, module: ManuallyDrop<Module<'_>>) -> Transformed {
        let late = self.options.binding == Binding::Late && raw.bitcode.is_none();
        // A late-bound program reads the names of what it calls from the payload itself.
        let payload_file = self.options.debug_payload.as_deref();
        let stored = self.options.store == Store::Cache && !late && !raw.describe && payload_file.is_none();
        let (mut described, mut kept, mut name) = (None, None, None);
        if let Some(recipe) = raw.recipe.as_ref().filter(|_| !raw.describe) {
            let words = self.recipe_words(recipe);
            let bytes = recipe_bytes(&words, recipe.files);
            described = self.described(raw, &bytes);
            kept = if apart::is_needed(&words) {
                let name = apart::keep(&bytes, &words, recipe.files);
                name.map(|words| recipe_bytes(&words, &[]))
            } else {
                // If nothing can be kept there, that is said of the payload.
                let stored = stored.then(|| apart::store(&bytes, &words).ok()).flatten();
                name = stored.map(|words| recipe_bytes(&words, &[]));
                Some(bytes)
            };
        }
        let unit = Unit {
            opt_level: raw.opt_level,
            size_level: raw.size_level,
            fp_fusion: raw.fp_fusion,
            passes: raw.passes,
            math: raw.math,
            races: raw.races,
            interposable: raw.interposable,
            binds_functions: raw.binds_functions,
            function_sections: raw.function_sections,
            branch_protection: raw.branch_protection,
            keep_inline: raw.keep_inline,
            skip_thread_locals: self.options.tls == ThreadLocals::Skip,
            // Bitcode comes with the link that it is for.
            late,
            compress: self.options.compress == Compress::Zstd,
            store: stored.then_some(store_payload),
            lazy_first: self.options.lazy_first,
            loader: self.loader.as_ref().filter(|_| raw.bitcode.is_none()),
            lines: raw.lines,
            recipe: kept.as_deref(),
            recipe_name: name.as_deref(),
            line_count: raw.line_count,
            described: described.as_ref(),
            hooks: raw.hooks,
        };
        if raw.describe {
            autojit_passes::describe(&module, &unit, &self.options.debug_without);
            return Transformed::Lazy;
        }
        let replay = self
            .options
            .save_dir
            .as_deref()
            .filter(|_| !raw.again)
            .map(|dir| replay::Record::start(dir, raw, &self.command, &module));
        let outcome = match lazify(&module, &unit) {
            Ok(outcome) => outcome,
            Err(error) => {
                return match self.refused(raw.input, &error.to_string()) {
                    true => Transformed::Error,
                    false => Transformed::Static,
                };
            }
        };
        if let Some(file) = payload_file
            && let Err(error) = std::fs::write(file, &outcome.payload)
        {
            eprintln!("autojit-cc: error: {}: {error}", file.display());
            return Transformed::Error;
        }
        if let Some(record) = replay {
            record.finish(&module, &outcome);
        }
        let remarks = self.options.remarks && !raw.again;
        let is_lazy = !outcome.payload.is_empty();
        if raw.debug_info && kept.is_none() && is_lazy && remarks {
            remarks::debug_information_left_out(raw.input);
        }
        for (name, reason) in &outcome.static_functions {
            let strict = self.strict_failure();
            if strict || remarks {
                let place = (raw.locate)(name).unwrap_or_else(|| raw.input.to_string());
                remarks::function_refused(&place, name, *reason, strict);
            }
        }
        if self.options.strict && !outcome.static_functions.is_empty() {
            return Transformed::Error;
        }
        if is_lazy { Transformed::Lazy } else { Transformed::Static }
    }
}

/// Keeps a payload in the user's store. `None`: it has to stay in the object.
fn store_payload(payload: &[u8]) -> Option<Vec<u8>> {
    match store::write(payload) {
        Ok(reference) => Some(reference.to_vec()),
        Err(error) => {
            eprintln!(
                "autojit-cc: warning: no payload can be kept in the user's cache, the object keeps it: {error}"
            );
            None
        }
    }
}

/// C text from the shim. Paths that are not UTF-8 lose the odd letter in messages only.
pub fn text(raw: &CStr) -> String {
    raw.to_string_lossy().into_owned()
}

fn recipe_bytes(words: &[Vec<u8>], files: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    recipe::write(words.iter().map(Vec::as_slice), files, &mut bytes);
    bytes
}
