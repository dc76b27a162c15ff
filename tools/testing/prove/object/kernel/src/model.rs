// SPDX-License-Identifier: GPL-2.0-only

//! What the model knows and the kernel does not: which memory was freed, and which threads
//! must not sleep.
//!
//! All threads of an execution of loom run on one thread of the host, and switch at operations of
//! loom only: what happens here between two of them is one step. It adds no order between threads.

use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicUsize, Ordering},
    thread::ThreadId,
};
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    ops::Range,
    rc::Rc,
    sync::Arc,
};

/// One execution.
struct State {
    /// Counts grace periods that began: a thread that enters a critical section later sees what was
    /// before. This is the only order that RCU makes.
    grace_periods: Arc<AtomicUsize>,
    /// Critical sections that are under way.
    readers: HashSet<usize>,
    sections: usize,
    threads: HashMap<ThreadId, Thread>,
    /// Memory to be freed, and the critical sections that were under way when it was given up.
    waiting: Vec<(usize, HashSet<usize>)>,
    memory: HashMap<usize, Memory>,
}

struct Memory {
    size: usize,
    is_freed: bool,
    /// Stands for all of it that is not atomic.
    plain: Rc<UnsafeCell<()>>,
    take_back: Option<Box<dyn FnOnce()>>,
}

#[derive(Default)]
struct Thread {
    /// Locks and critical sections that it is in.
    atomic: usize,
    reader: Vec<usize>,
    /// All critical sections that it has entered.
    entered: usize,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

fn with<R>(what: impl FnOnce(&mut State) -> R) -> Option<R> {
    STATE.with_borrow_mut(|state| state.as_mut().map(what))
}

fn with_thread<R>(what: impl FnOnce(&mut Thread) -> R) -> Option<R> {
    let id = loom::thread::current().id();

    with(|state| what(state.threads.entry(id).or_default()))
}

/// Starts an execution. The first thread calls it.
pub fn start() {
    let state = State {
        grace_periods: Arc::new(AtomicUsize::new(0)),
        readers: HashSet::new(),
        sections: 0,
        threads: HashMap::new(),
        waiting: Vec::new(),
        memory: HashMap::new(),
    };

    STATE.set(Some(state));
}

/// Ends an execution: whatever was allocated was freed. The first thread calls it, as the last one.
pub fn end() {
    let state = STATE.take().expect("an execution was started");

    assert!(state.readers.is_empty(), "a critical section was not left");
    for (_, memory) in state.memory {
        if let Some(take_back) = memory.take_back {
            assert!(memory.is_freed, "memory was not freed");
            take_back();
        }
    }
}

/// Takes note of an allocation, which is taken back when the execution ends.
///
/// # Safety
///
/// A box gave `memory` away, and nobody else takes it back.
pub unsafe fn allocated<T: 'static>(memory: *mut T) {
    // SAFETY: By the safety contract.
    insert(
        memory,
        Some(Box::new(move || drop(unsafe { Box::from_raw(memory) }))),
    );
}

/// Takes note of memory of a caller, who keeps it until the execution ends.
pub fn owned<T>(memory: &T) {
    insert(std::ptr::from_ref(memory), None);
}

fn insert<T>(memory: *const T, take_back: Option<Box<dyn FnOnce()>>) {
    let entry = Memory {
        size: size_of::<T>(),
        is_freed: false,
        plain: Rc::new(UnsafeCell::new(())),
        take_back,
    };

    with(|state| state.memory.insert(memory.addr(), entry));
}

/// Frees memory: nobody may touch it from now on.
pub fn free(address: usize) {
    with(|state| state.free(address));
}

impl State {
    fn free(&mut self, address: usize) {
        let memory = self.memory.get_mut(&address).expect("was allocated");

        assert!(!memory.is_freed, "memory was freed twice");
        memory.is_freed = true;
    }

    fn free_unread(&mut self) {
        for (address, _) in self
            .waiting
            .extract_if_all(|(_, readers)| readers.is_empty())
        {
            self.free(address);
        }
    }
}

trait ExtractIf<T> {
    fn extract_if_all(&mut self, is_wanted: impl Fn(&T) -> bool) -> Vec<T>;
}

impl<T> ExtractIf<T> for Vec<T> {
    fn extract_if_all(&mut self, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let (wanted, kept) = std::mem::take(self).into_iter().partition(is_wanted);

        *self = kept;
        wanted
    }
}

/// Fails if `memory` is in what was freed. Called after the operation, which is the same step.
pub fn touched<T: ?Sized>(memory: *const T) {
    let address = memory.cast::<()>().addr();

    if std::thread::panicking() {
        return;
    }
    with(|state| {
        for (start, memory) in &state.memory {
            let range: Range<usize> = *start..start + memory.size;
            assert!(
                !(memory.is_freed && range.contains(&address)),
                "memory was touched after it was freed"
            );
        }
    });
}

/// Reads memory that is not atomic: fails unless this is ordered after every write.
pub fn read<T>(memory: *const T) {
    touched(memory);
    if let Some(plain) = plain(memory) {
        plain.with(|_| ());
    }
}

/// Writes memory that is not atomic: fails unless this is ordered after every read and write.
pub fn written<T>(memory: *const T) {
    touched(memory);
    if let Some(plain) = plain(memory) {
        plain.with_mut(|_| ());
    }
}

/// Returns what stands for the memory around `memory`.
fn plain<T>(memory: *const T) -> Option<Rc<UnsafeCell<()>>> {
    let address = memory.addr();

    with(|state| {
        let mut all = state.memory.iter();
        let is_around = |(start, memory): &(&usize, &Memory)| {
            (**start..**start + memory.size).contains(&address)
        };
        all.find(is_around).map(|(_, memory)| memory.plain.clone())
    })
    .flatten()
}

/// Frees memory as soon as every critical section of now is left: never later than the kernel.
pub(crate) fn free_after_grace_period(address: usize) {
    let Some(grace_periods) = with(|state| state.grace_periods.clone()) else {
        return;
    };

    grace_periods.fetch_add(1, Ordering::Release);
    with(|state| {
        state.waiting.push((address, state.readers.clone()));
        state.free_unread();
    });
}

/// Enters a read-side critical section.
pub(crate) fn enter_reader() {
    let Some(grace_periods) = with(|state| state.grace_periods.clone()) else {
        return;
    };

    grace_periods.fetch_add(0, Ordering::Acquire);
    let section = with(|state| {
        state.sections += 1;
        state.readers.insert(state.sections);
        state.sections
    });
    with_thread(|thread| {
        thread.reader.extend(section);
        thread.entered += 1;
        thread.atomic += 1;
    });
}

/// Leaves it.
pub(crate) fn leave_reader() {
    let section = with_thread(|thread| {
        thread.atomic -= 1;
        thread.reader.pop()
    });
    let Some(Some(section)) = section else {
        return;
    };

    with(|state| {
        state.readers.remove(&section);
        for (_, readers) in &mut state.waiting {
            readers.remove(&section);
        }
        state.free_unread();
    });
}

/// Returns how many critical sections the current thread has entered so far.
pub fn sections() -> usize {
    with_thread(|thread| thread.entered).unwrap_or(0)
}

/// Forbids the current thread to sleep.
pub(crate) fn enter_atomic() {
    with_thread(|thread| thread.atomic += 1);
}

/// Allows it again.
pub(crate) fn leave_atomic() {
    with_thread(|thread| thread.atomic -= 1);
}

/// Fails if the current thread must not sleep.
pub(crate) fn assert_may_sleep() {
    let atomic = with_thread(|thread| thread.atomic).unwrap_or(0);

    assert_eq!(atomic, 0, "sleeps with a lock, or in a critical section");
}
