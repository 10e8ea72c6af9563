//! Compiling what will probably be called next, on cores that have nothing better to do.
//!
//! When a program reaches a function, those within a few calls of it are queued, the nearest first (the discovery of the
//! ThinLTO-JIT prototype; that one waited busily for it). The threads have the lowest priority, and contexts and code
//! generators of their own: a request never waits for one of them, unless it is about the very function.
//!
//! What an optimized function calls is known when it is compiled, so that its calls are queued then. (To follow the calls of
//! the source compiled three times as much, nearly all of it in vain: it is inlined.)

use crate::engine::Engine;
use crate::graph::{Near, Program};
use crate::limits;
use crate::module::Module;
use crate::record::Cause;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// Functions that may wait. The oldest are forgotten: the program has gone elsewhere.
const LONGEST_QUEUE: usize = 4096;

/// Functions that are queued for one that was reached.
const MOST_AT_ONCE: usize = 256;

/// Calls from a reached function to those that are compiled ahead.
const DEFAULT_DISTANCE: u32 = 3;

/// As far from `main` a new program is compiled before it is started.
const PREFETCH_DISTANCE: u32 = 4;

const NICE: i32 = 19;

/// `AUTOJIT_SPECULATION` and `AUTOJIT_SPECULATION_THREADS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub distance: u32,
    pub threads: usize,
}

impl Settings {
    pub const OFF: Settings = Settings { distance: 0, threads: 0 };

    /// As the environment wants it. By default one core is left for requests.
    pub fn configured() -> Settings {
        let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<usize>().ok());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Settings {
            distance: number("AUTOJIT_SPECULATION").map_or(DEFAULT_DISTANCE, |n| n.min(64) as u32),
            threads: match limits::have_room() {
                true => number("AUTOJIT_SPECULATION_THREADS").unwrap_or(cores - 1).min(256),
                false => 0,
            },
        }
    }
}

struct Task {
    module: Weak<Module>,
    function: u32,
    purpose: Arc<Purpose>,
    /// How many calls away it is.
    calls: u32,
}

/// Why functions are compiled ahead.
struct Purpose {
    /// Counts those that were reached: the last one is served first. 0: a program that is not started yet.
    turn: u64,
    program: Weak<Program>,
    distance: u32,
    /// Threads that may be at it.
    threads: usize,
    /// Whom it is for, if that is recorded.
    cause: Option<Cause>,
}

#[derive(Default)]
struct Queue {
    /// By turn, the last one first; those of one turn in the order in which they came.
    tasks: VecDeque<Task>,
    turns: u64,
    threads: usize,
    idle: usize,
}

pub struct Ahead {
    settings: Settings,
    queue: Mutex<Queue>,
    more: Condvar,
}

impl Default for Ahead {
    fn default() -> Ahead {
        Ahead::new(Settings::OFF)
    }
}

impl Ahead {
    pub fn new(settings: Settings) -> Ahead {
        Ahead { settings, queue: Mutex::default(), more: Condvar::new() }
    }

    /// How many calls away functions are compiled ahead; 0 if none are.
    pub fn distance(&self) -> u32 {
        if self.settings.threads == 0 { 0 } else { self.settings.distance }
    }

    /// A program asked for this function.
    pub fn reached(
        &self,
        engine: &Arc<Engine>,
        program: &Arc<Program>,
        (module, function): (&Arc<Module>, u32),
        cause: Option<Cause>,
    ) {
        let distance = self.distance();
        if distance == 0 {
            return;
        }
        let near = program.near(module, function, distance, MOST_AT_ONCE);
        let turn = {
            let mut queue = self.lock();
            queue.turns += 1;
            queue.turns
        };
        let threads = self.settings.threads;
        let purpose = Purpose { turn, program: Arc::downgrade(program), distance, threads, cause };
        self.queue(engine, near, &Arc::new(purpose));
    }

    /// A program was linked that will start with `main`, and use the others. For this there is a thread even where there is one core.
    pub fn expected(
        &self,
        engine: &Arc<Engine>,
        program: &Arc<Program>,
        main: Option<(Arc<Module>, u32)>,
        others: Vec<(Arc<Module>, u32)>,
    ) {
        let mut near = Vec::new();
        if let Some((module, function)) = main {
            let called = program.near(&module, function, PREFETCH_DISTANCE, LONGEST_QUEUE);
            near.push(Near { module, function, calls: 0 });
            near.extend(called);
        }
        // Those that they call are among them.
        let others = others.into_iter();
        near.extend(others.map(|(module, function)| Near { module, function, calls: PREFETCH_DISTANCE }));
        let purpose = Purpose {
            turn: 0,
            program: Arc::downgrade(program),
            distance: PREFETCH_DISTANCE,
            threads: self.settings.threads.max(1),
            cause: None,
        };
        self.queue(engine, near, &Arc::new(purpose));
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, engine: &Arc<Engine>, functions: Vec<Near>, purpose: &Arc<Purpose>) {
        let mut queue = self.lock();
        queue.add(functions, purpose);
        let more = queue.tasks.len().saturating_sub(queue.idle);
        for _ in 0..more.min(purpose.threads.saturating_sub(queue.threads)) {
            let engine = engine.clone();
            let thread = std::thread::Builder::new().name("ahead".into()).stack_size(limits::stack());
            if thread.spawn(move || engine.ahead.work(&engine)).is_err() {
                break;
            }
            queue.threads += 1;
        }
        drop(queue);
        self.more.notify_all();
    }

    fn work(&self, engine: &Arc<Engine>) {
        crate::priority::lower(NICE);
        // Modules that this thread has opened contexts of.
        let mut opened: Vec<Weak<Module>> = Vec::new();
        loop {
            let task = {
                let mut queue = self.lock();
                loop {
                    if let Some(task) = queue.tasks.pop_front() {
                        break task;
                    }
                    // The contexts are not needed until something new happens.
                    opened.drain(..).filter_map(|module| module.upgrade()).for_each(|m| m.close_contexts());
                    queue.idle += 1;
                    queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
                    queue.idle -= 1;
                }
            };
            let Some(module) = task.module.upgrade() else { continue };
            let began = Instant::now();
            if !engine.prepare(&module, task.function) {
                continue;
            }
            if let Some(cause) = &task.purpose.cause {
                cause.compiled(&module, task.function, began);
            }
            self.go_on(engine, &module, &task);
            if !opened.iter().any(|m| m.as_ptr() == Arc::as_ptr(&module)) {
                opened.push(Arc::downgrade(&module));
            }
        }
    }

    /// Queues what a function calls that is compiled now, if only its code tells.
    fn go_on(&self, engine: &Arc<Engine>, module: &Arc<Module>, task: &Task) {
        let left = task.purpose.distance.saturating_sub(task.calls);
        if left == 0 || !module.optimizes() {
            return;
        }
        let Some(program) = task.purpose.program.upgrade() else { return };
        let mut near = program.near(module, task.function, left, MOST_AT_ONCE);
        near.iter_mut().for_each(|near| near.calls += task.calls);
        self.queue(engine, near, &task.purpose);
    }
}

impl Queue {
    fn add(&mut self, functions: Vec<Near>, purpose: &Arc<Purpose>) {
        let end = self.tasks.partition_point(|task| task.purpose.turn >= purpose.turn);
        let later = self.tasks.split_off(end);
        let wanted = functions.into_iter().filter(|near| !near.module.is_known(near.function));
        self.tasks.extend(wanted.map(|near| Task {
            module: Arc::downgrade(&near.module),
            function: near.function,
            purpose: purpose.clone(),
            calls: near.calls,
        }));
        self.tasks.extend(later);
        self.tasks.truncate(LONGEST_QUEUE);
    }
}
