//! The daemon: takes connections, starts a thread for each, and leaves when it has been idle for long enough.

use crate::arena::Arena;
use crate::company::Company;
use crate::control::ControlMemory;
use crate::engine::Engine;
use crate::handshake::{self, Visitor};
use crate::lifetime::{CHECK_INTERVAL, Sessions};
use crate::limits;
use crate::log::log;
use crate::prefetch;
use crate::record::Recorder;
use crate::rendezvous::Published;
use crate::session::Session;
use crate::status;
use autojit_protocol::hello::want;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::io::Errno;
use rustix::net::{SocketFlags, accept_with};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Time for sessions to end when the daemon is told to.
const GRACE: Duration = Duration::from_millis(100);

/// Event numbers beside those of sessions, which count up from 1.
const LISTENER: u64 = u64::MAX;
const WAKE: u64 = u64::MAX - 1;

pub struct Daemon {
    pub engine: Arc<Engine>,
    pub sessions: Sessions,
    pub began: Instant,
    /// Random, to tell this process from others.
    instance: u64,
    arena_size: usize,
    session_numbers: AtomicU64,
    /// Threads that serve a connection or a session.
    busy: AtomicUsize,
    stopping: AtomicBool,
    events: OwnedFd,
    wake: OwnedFd,
}

impl Daemon {
    /// `arena_size`: bytes of code arena for each session.
    pub fn new(arena_size: usize, engine: Engine) -> Result<Arc<Daemon>, Errno> {
        let events = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&events, &wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        Ok(Arc::new(Daemon {
            engine: Arc::new(engine),
            sessions: Sessions::default(),
            began: Instant::now(),
            instance: RandomState::new().hash_one(std::process::id()),
            arena_size,
            session_numbers: AtomicU64::new(1),
            busy: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            events,
            wake,
        }))
    }

    /// Serves one connection in a thread of its own.
    pub fn serve(self: &Arc<Daemon>, stream: UnixStream) {
        let daemon = self.clone();
        self.busy.fetch_add(1, Ordering::AcqRel);
        let thread =
            std::thread::Builder::new().name("session".into()).stack_size(limits::stack()).spawn(move || {
                if let Err(error) = daemon.attend(stream) {
                    log!("connection refused: {error}");
                }
                daemon.leave();
            });
        if thread.is_err() {
            self.leave();
        }
    }

    fn leave(&self) {
        self.busy.fetch_sub(1, Ordering::AcqRel);
        self.wake_up();
    }

    fn wake_up(&self) {
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    fn attend(self: &Arc<Daemon>, stream: UnixStream) -> Result<(), Errno> {
        let visitor = handshake::greet(stream)?;
        let welcome = handshake::welcome(self.instance);
        match visitor.want {
            want::SESSION => self.open_session(visitor),
            want::PROBE => handshake::send(&visitor.stream, &welcome, &[]),
            want::STATUS => {
                handshake::send(&visitor.stream, &welcome, &[])?;
                let _ = (&visitor.stream).write_all(status::report(self).as_bytes());
                Ok(())
            }
            want::PREFETCH => {
                // No Welcome: nobody waits for one, and what a peer leaves unread when it closes its end is a reset
                // connection on this one, which loses what it has sent.
                prefetch::run(&self.engine, &visitor.stream);
                Ok(())
            }
            want::STOP => {
                let sent = handshake::send(&visitor.stream, &welcome, &[]);
                self.stopping.store(true, Ordering::Release);
                self.wake_up();
                // Open until the process ends: its end of file tells that the daemon is gone.
                std::mem::forget(visitor.stream);
                sent
            }
            _ => Err(Errno::PROTO),
        }
    }

    fn open_session(self: &Arc<Daemon>, visitor: Visitor) -> Result<(), Errno> {
        let number = self.session_numbers.fetch_add(1, Ordering::Relaxed);
        let mut welcome = handshake::welcome(self.instance);
        // When a process that it can't see has ended, the daemon would not know.
        let Some(pid) = visitor.pid else {
            welcome.error = Errno::SRCH.raw_os_error().unsigned_abs();
            let _ = handshake::send(&visitor.stream, &welcome, &[]);
            return Err(Errno::SRCH);
        };
        let size = self.arena_size;
        let is_mapped = Arc::new(AtomicBool::new(false));
        let prepare = || {
            let (control, control_fd) = ControlMemory::create(number)?;
            let control = Arc::new(control);
            let (arena, arena_fd) = Arena::create(number, size)?;
            self.sessions.add(number, pid, control.clone(), is_mapped.clone(), &self.events)?;
            Ok((control, arena, [control_fd, arena_fd]))
        };
        let (control, arena, descriptors) = match prepare() {
            Ok(parts) => parts,
            Err(error) => {
                let error: Errno = error;
                welcome.error = error.raw_os_error().unsigned_abs();
                let _ = handshake::send(&visitor.stream, &welcome, &[]);
                return Err(error);
            }
        };
        welcome.session = number;
        welcome.code_size = size as u64;
        let sent = handshake::send(&visitor.stream, &welcome, &descriptors);
        drop(descriptors);
        drop(visitor.stream);
        if sent.is_ok() {
            log!("session {number}: process {}", pid.as_raw_nonzero());
            // The process may have come here by exec.
            self.sessions.close_abandoned(Some(pid));
            let recorder = Recorder::new(number, pid, visitor.inner_pid, visitor.record, visitor.files);
            let daemon = self.clone();
            let claim = Box::new(move |slots| daemon.sessions.claim(number, slots));
            Session::new(number, self.engine.clone(), control, arena, is_mapped, claim)
                .of_process(pid)
                .recorded(recorder)
                .run();
        }
        self.sessions.remove(number);
        sent
    }

    /// Runs until there is nothing left to do. Without a socket of its own that is as soon as no session is left.
    pub fn run(self: &Arc<Daemon>, mut published: Option<Published>, idle_timeout: Duration) {
        let idle_timeout = if published.is_some() { idle_timeout } else { Duration::ZERO };
        if let Some(published) = &published {
            self.listen_to(published);
        }
        let mut idle_since = Instant::now();
        let mut checked = Instant::now();
        let mut company = Company::in_sandbox();
        while !self.stopping.load(Ordering::Acquire) {
            let is_busy = self.busy.load(Ordering::Acquire) > 0;
            let now = Instant::now();
            let mut wait = CHECK_INTERVAL.saturating_sub(now - checked);
            if !is_busy {
                wait = wait.min(idle_timeout.saturating_sub(now - idle_since));
                wait = company.as_ref().map_or(wait, |company| wait.min(company.wait(now)));
            }
            let is_alone = !is_busy && company.as_mut().is_some_and(|company| company.is_gone(now));
            if !is_busy && (is_alone || now - idle_since >= idle_timeout) {
                if self.may_leave(published.as_mut()) {
                    break;
                }
                idle_since = now;
                continue;
            }
            if now - checked >= CHECK_INTERVAL {
                checked = now;
                self.sessions.close_abandoned(None);
                if let Some(published) = published.as_mut().filter(|published| published.is_lost()) {
                    self.publish_again(published);
                }
                continue;
            }
            self.dispatch(published.as_ref(), wait);
            if is_busy {
                idle_since = Instant::now();
                company.iter_mut().for_each(Company::begin);
            }
        }
        if let Some(published) = &published {
            published.withdraw();
        }
        self.sessions.close_all();
        // They note what they used. One that is compiling may take longer than that is worth.
        let began = Instant::now();
        while self.busy.load(Ordering::Acquire) > 0 && began.elapsed() < GRACE {
            std::thread::sleep(Duration::from_millis(1));
        }
        if let Some(cache) = &self.engine.cache {
            cache.flush();
        }
        log!("leaving");
    }

    fn listen_to(&self, published: &Published) {
        let data = epoll::EventData::new_u64(LISTENER);
        let _ = epoll::add(&self.events, &published.listener, data, epoll::EventFlags::IN);
    }

    fn dispatch(self: &Arc<Daemon>, published: Option<&Published>, wait: Duration) {
        let timeout = rustix::fs::Timespec {
            tv_sec: wait.as_secs().min(3600) as i64,
            tv_nsec: wait.subsec_nanos().into(),
        };
        let mut events = Vec::with_capacity(64);
        let filled = rustix::buffer::spare_capacity(&mut events);
        if epoll::wait(&self.events, filled, Some(&timeout)).is_err() {
            return;
        }
        for event in events {
            match event.data.u64() {
                LISTENER => {
                    if let Some(published) = published {
                        self.accept_all(published);
                    }
                }
                WAKE => {
                    let _ = rustix::io::read(&self.wake, &mut [0; 8]);
                }
                session => self.sessions.close(session),
            }
        }
    }

    /// Takes the connections that are waiting. Whether there were any.
    fn accept_all(self: &Arc<Daemon>, published: &Published) -> bool {
        let mut any = false;
        loop {
            match accept_with(&published.listener, SocketFlags::CLOEXEC) {
                Ok(connection) => {
                    self.serve(UnixStream::from(connection));
                    any = true;
                }
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                    // Until some session ends.
                    std::thread::sleep(Duration::from_millis(10));
                    return any;
                }
                Err(_) => return any,
            }
        }
    }

    /// Takes the socket away, if nobody has connected at the last moment. Whoever comes later finds no socket and
    /// starts another daemon, which waits for this one's lock.
    fn may_leave(self: &Arc<Daemon>, published: Option<&mut Published>) -> bool {
        let Some(published) = published else { return true };
        published.withdraw();
        if !self.accept_all(published) {
            return true;
        }
        // If it fails, the connections are served all the same; then there is nothing to wait for.
        self.publish_again(published);
        false
    }

    fn publish_again(&self, published: &mut Published) {
        let _ = epoll::delete(&self.events, &published.listener);
        if published.publish().is_err() {
            log!("cannot publish the socket again");
        }
        self.listen_to(published);
    }
}
