//! The lines of the modules of a session, each looked for once.

use crate::debug::{Cache, Debugging, Lines};
use crate::loaded::Loaded;
use crate::log::log;
use rustix::process::Pid;
use std::collections::HashMap;

pub struct KnownLines {
    pid: Pid,
    /// The image, once it was looked at.
    image: Option<Option<Debugging>>,
    /// By the address of the first slot.
    modules: HashMap<u64, Option<Lines>>,
}

impl KnownLines {
    pub fn of_process(pid: Pid) -> KnownLines {
        KnownLines { pid, image: None, modules: HashMap::new() }
    }

    /// The lines of a module; `None` if there are none to be had. Compiles the unit once more, while the program waits: a
    /// profile is of what runs after that.
    pub fn of(&mut self, loaded: &Loaded, described: &Cache) -> Option<&Lines> {
        let image =
            self.image.get_or_insert_with(|| Debugging::start(self.pid, loaded.place().trampoline)).as_ref();
        let lines = self.modules.entry(loaded.slot_address(0)).or_insert_with(|| {
            match image?.lines(loaded, described)? {
                Ok(lines) => Some(lines),
                Err(problem) => {
                    log!("no lines for perf: {problem}");
                    None
                }
            }
        });
        lines.as_ref()
    }
}
