//! Threads, their variables with destructors, scopes, channels, locks; first calls raced by many.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, OnceLock, RwLock, mpsc};
use std::thread;

static DROPPED: AtomicUsize = AtomicUsize::new(0);
static TABLE: LazyLock<Vec<u64>> = LazyLock::new(|| (0..1000).map(|n| n * n).collect());
static ONCE: OnceLock<String> = OnceLock::new();

struct Counted(usize);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0, Ordering::SeqCst);
    }
}

thread_local! {
    static PLAIN: Cell<u32> = const { Cell::new(7) };
    static LIST: RefCell<Vec<String>> = RefCell::new(vec!["start".to_owned()]);
    static DROPS: Counted = Counted(1);
}

fn work(seed: u64) -> u64 {
    (0..1000).fold(seed, |a, n| a.wrapping_mul(6364136223846793005).wrapping_add(n) ^ (a >> 17))
}

macro_rules! many {
    ($($name:ident)*) => {
        $(#[inline(never)] fn $name(n: u64) -> u64 { work(n).rotate_left(stringify!($name).len() as u32) })*
        const MANY: &[fn(u64) -> u64] = &[$($name),*];
    };
}
many!(a bb ccc dddd eeeee ffffff ggggggg hhhhhhhh iiiiiiiii jjjjjjjjjj);

fn main() {
    let barrier = Arc::new(Barrier::new(16));
    let handles: Vec<_> = (0..16u64)
        .map(|i| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                DROPS.with(|d| assert_eq!(d.0, 1));
                PLAIN.set(PLAIN.get() + i as u32);
                LIST.with_borrow_mut(|l| l.push(i.to_string()));
                barrier.wait();
                let sum = MANY.iter().fold(i, |a, f| f(a));
                (sum, PLAIN.get(), LIST.with_borrow(|l| l.join(",")), TABLE[i as usize])
            })
        })
        .collect();
    for handle in handles {
        println!("{:?}", handle.join().unwrap());
    }
    println!("{} {}", DROPPED.load(Ordering::SeqCst), PLAIN.get());

    let (sender, receiver) = mpsc::channel();
    let mut numbers: Vec<u32> = (0..100).collect();
    thread::scope(|s| {
        for part in numbers.chunks_mut(25) {
            let sender = sender.clone();
            s.spawn(move || {
                part.iter_mut().for_each(|n| *n *= 2);
                sender.send(part.iter().sum::<u32>()).unwrap();
            });
        }
    });
    drop(sender);
    let mut sums: Vec<u32> = receiver.iter().collect();
    sums.sort_unstable();
    println!("{sums:?} {}", ONCE.get_or_init(|| format!("{}", numbers.len())));

    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let waiting = Arc::clone(&pair);
    let waiter = thread::spawn(move || {
        let mut ready = waiting.0.lock().unwrap();
        while !*ready {
            ready = waiting.1.wait(ready).unwrap();
        }
        "woken"
    });
    *pair.0.lock().unwrap() = true;
    pair.1.notify_all();
    println!("{}", waiter.join().unwrap());
    let lock = RwLock::new(5);
    *lock.write().unwrap() += 1;
    println!("{} {:?}", *lock.read().unwrap() + 1, lock.is_poisoned());
}
