//! One translation unit on its way through the transform, as the front end hands it over.

use crate::clang::RawUnit;
use crate::options::{Options, ThreadLocals};
use crate::remarks;
use crate::replay;
use autojit_passes::{Unit, lazify};
use inkwell::module::Module;
use std::ffi::{CStr, OsString};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};

/// What all units of one command share.
pub struct Session {
    pub options: Options,
    /// The command, for --autojit-save-dir.
    pub command: Vec<OsString>,
    failed: AtomicBool,
}

impl Session {
    pub fn new(options: Options, command: &[OsString]) -> Session {
        Session { options, command: command.to_vec(), failed: AtomicBool::new(false) }
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

    /// Turns the module of a unit into its skeleton, or leaves it to be compiled as it is. Returns false if something
    /// stayed static that must not.
    pub fn transform(&self, raw: &RawUnit<'_>, module: ManuallyDrop<Module<'_>>) -> bool {
        let unit = Unit {
            opt_level: raw.opt_level,
            size_level: raw.size_level,
            fp_fusion: raw.fp_fusion,
            passes: raw.passes,
            math: raw.math,
            interposable: raw.interposable,
            function_sections: raw.function_sections,
            branch_protection: raw.branch_protection,
            skip_thread_locals: self.options.tls == ThreadLocals::Skip,
            lazy_first: self.options.lazy_first,
            hooks: raw.hooks,
        };
        let replay = self
            .options
            .save_dir
            .as_deref()
            .map(|dir| replay::Record::start(dir, raw, &self.command, &module));
        let outcome = match lazify(&module, &unit) {
            Ok(outcome) => outcome,
            Err(error) => {
                return !self.refused(raw.input, &error.to_string());
            }
        };
        if let Some(record) = replay {
            record.finish(&module, &outcome);
        }
        if raw.debug_info && self.options.remarks {
            remarks::debug_information_left_out(raw.input);
        }
        for (name, reason) in &outcome.static_functions {
            let strict = self.strict_failure();
            if strict || self.options.remarks {
                let place = (raw.locate)(name).unwrap_or_else(|| raw.input.to_string());
                remarks::function_refused(&place, name, *reason, strict);
            }
        }
        !self.options.strict || outcome.static_functions.is_empty()
    }
}

/// C text from the shim. Paths that are not UTF-8 lose the odd letter in messages only.
pub fn text(raw: &CStr) -> String {
    raw.to_string_lossy().into_owned()
}
