// SPDX-License-Identifier: GPL-2.0-only

//! The way through io_uring: one request at a time, waited for.

use std::os::fd::RawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::memory::Memory;
use super::{Arg, Call, last_error};

/// Number of requests that a ring has room for.
const ENTRIES: u32 = 4;

const IORING_OFF_SQ_RING: i64 = 0;
const IORING_OFF_SQES: i64 = 0x1000_0000;
const IORING_ENTER_GETEVENTS: i64 = 1;
const IORING_REGISTER_PERSONALITY: i64 = 9;
const IORING_REGISTER_IOWQ_AFF: i64 = 17;
const IOSQE_ASYNC: u8 = 1 << 4;

/// A command for the file itself, in place of an offset; for sockets, that of `setsockopt(2)`.
const URING_CMD: u8 = 46;
const SOCKET_SETSOCKOPT: i64 = 3;

/// Number that a ring's first personality gets.
const FIRST_PERSONALITY: u16 = 1;

/// Sizes of a request and of a completion.
const REQUEST: usize = 64;
const COMPLETION: usize = 16;

/// A request, as the kernel reads it.
#[derive(Clone, Copy, Default)]
struct Request {
    opcode: u8,
    flags: u8,
    file: i64,
    offset: i64,
    address: i64,
    length: i64,
    call_flags: i64,
    personality: u16,
    address_length: i64,
    option: i64,
}

impl Request {
    fn encode(self) -> [u8; REQUEST] {
        let mut bytes = [0; REQUEST];
        bytes[0] = self.opcode;
        bytes[1] = self.flags;
        bytes[4..8].copy_from_slice(&(self.file as i32).to_ne_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_ne_bytes());
        bytes[16..24].copy_from_slice(&self.address.to_ne_bytes());
        bytes[24..28].copy_from_slice(&(self.length as u32).to_ne_bytes());
        bytes[28..32].copy_from_slice(&(self.call_flags as u32).to_ne_bytes());
        bytes[42..44].copy_from_slice(&self.personality.to_ne_bytes());
        bytes[44..46].copy_from_slice(&(self.address_length as u16).to_ne_bytes());
        bytes[48..56].copy_from_slice(&self.option.to_ne_bytes());
        bytes
    }
}

/// Returns the request that does what a call does, if there is one.
fn request(number: Call, words: [i64; 6]) -> Option<Request> {
    let [a, b, c, d, e, f] = words;
    let new = |opcode, file, address, length, offset, call_flags| Request {
        opcode,
        file,
        address,
        length,
        offset,
        call_flags,
        ..Request::default()
    };
    Some(match number {
        Call::Connect => new(16, a, b, 0, c, 0),
        Call::Fallocate => new(17, a, d, b, c, 0),
        Call::Open => new(18, a, b, d, 0, c),
        Call::Read => new(22, a, b, c, -1, 0),
        Call::Write => new(23, a, b, c, -1, 0),
        Call::SendTo => Request {
            address_length: f,
            ..new(26, a, b, c, e, d)
        },
        Call::OpenAt2 => new(28, a, b, d, c, 0),
        Call::SendMessage => new(9, a, b, 1, 0, c),
        Call::ReceiveMessage => new(10, a, b, 1, 0, c),
        Call::Recv if e == 0 => new(27, a, b, c, 0, d),
        Call::Rename => new(35, a, b, c, d, e),
        Call::Unlink => new(36, a, b, 0, 0, c),
        Call::Mkdir => new(37, a, b, c, 0, 0),
        Call::Symlink => new(38, b, a, 0, c, 0),
        Call::Link => new(39, a, b, c, d, e),
        Call::Socket => new(45, a, 0, c, b, 0),
        Call::Ftruncate => new(55, a, 0, 0, b, 0),
        Call::Bind => new(56, a, b, 0, c, 0),
        Call::Listen => new(57, a, 0, b, 0, 0),
        Call::SetSockOpt => Request {
            address_length: e,
            option: d,
            ..new(URING_CMD, a, b | c << 32, 0, SOCKET_SETSOCKOPT, 0)
        },
        _ => return None,
    })
}

/// Does what a call does by a request, if there is one for it and if `ring` is a ring.
///
/// Without `ring`, by a new one. With it, with the credentials that made it. `in_worker` has another
/// thread carry it out.
pub fn call(
    number: Call,
    args: &mut [Arg<'_>],
    ring: Option<RawFd>,
    in_worker: bool,
) -> Option<i32> {
    let mut words = [0; 6];
    for (word, arg) in words.iter_mut().zip(args) {
        *word = arg.word();
    }
    let mut request = request(number, words)?;
    if in_worker {
        request.flags = IOSQE_ASYNC;
    }
    let (file, layout) = setup().ok()?;
    let result = match ring {
        None => submit(file, &layout, request),
        Some(ring) if enter(ring, 0, 0) != 0 => None,
        Some(ring) => {
            request.personality = FIRST_PERSONALITY;
            submit(ring, &layout, request)
        }
    };
    close(file);
    result
}

/// Makes a ring that knows the credentials of its maker; returns it, or the error.
pub fn make() -> i32 {
    let (ring, _) = match setup() {
        Ok(ring) => ring,
        Err(error) => return error,
    };
    // SAFETY: The call uses no memory.
    unsafe {
        let register = libc::SYS_io_uring_register;
        libc::syscall(register, ring, IORING_REGISTER_PERSONALITY, 0, 0);
    }
    ring
}

/// Gives a file the command 0; returns its result, or the error.
pub fn command(file: RawFd) -> i32 {
    let (ring, layout) = match setup() {
        Ok(ring) => ring,
        Err(error) => return error,
    };
    let request = Request {
        opcode: URING_CMD,
        file: file.into(),
        ..Request::default()
    };
    let result = submit(ring, &layout, request);
    close(ring);
    result.unwrap_or(-libc::EIO)
}

/// Returns whether there are rings.
pub fn is_there() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| setup().map(|(ring, _)| close(ring)).is_ok())
}

/// Where things are in a ring: `struct io_uring_params`.
type Layout = [u32; 30];

/// Makes a ring.
fn setup() -> Result<(RawFd, Layout), i32> {
    let mut layout = [0; 30];
    let setup = libc::SYS_io_uring_setup;
    // SAFETY: The kernel reads and writes as many bytes as `layout` has.
    let ring = unsafe { libc::syscall(setup, ENTRIES, layout.as_mut_ptr()) };
    if ring < 0 {
        return Err(-last_error());
    }
    stay_on_first_processor(ring as RawFd);
    Ok((ring as RawFd, layout))
}

/// Has workers of a ring stay on the processor of the actors: their events have one order as well.
fn stay_on_first_processor(ring: RawFd) {
    let (register, first) = (libc::SYS_io_uring_register, 1_u64);
    let size = size_of_val(&first);
    // SAFETY: The kernel reads as many bytes as `first` has.
    unsafe { libc::syscall(register, ring, IORING_REGISTER_IOWQ_AFF, &first, size) };
}

fn close(ring: RawFd) {
    // SAFETY: `ring` came from `setup`, and nothing uses it any more.
    unsafe { libc::close(ring) };
}

/// Hands over and waits; returns the negative error.
fn enter(ring: RawFd, submitted: i64, completed: i64) -> i32 {
    let (number, flags) = (libc::SYS_io_uring_enter, IORING_ENTER_GETEVENTS);
    // SAFETY: The call itself uses no memory; those of requests are those of `Call`, whose
    // arguments `call` borrows until the request is complete.
    let value = unsafe { libc::syscall(number, ring, submitted, completed, flags, 0, 0) };
    if value < 0 { -last_error() } else { 0 }
}

/// Submits a request to a ring that has the layout `at`, and waits for its result.
fn submit(ring: RawFd, at: &Layout, request: Request) -> Option<i32> {
    let [sq_tail, sq_mask, sq_array] = [at[11], at[12], at[16]].map(|offset| offset as usize);
    let [cq_head, cq_tail, cq_mask] = [at[20], at[21], at[22]].map(|offset| offset as usize);
    let (completions, count) = (at[25] as usize, at[1] as usize);
    let size = (completions + count * COMPLETION).max(sq_array + 4 * ENTRIES as usize);
    let mut queues = Memory::of_ring(ring, size, IORING_OFF_SQ_RING).ok()?;
    let mut requests = Memory::of_ring(ring, REQUEST * ENTRIES as usize, IORING_OFF_SQES).ok()?;

    let tail = load(&queues, sq_tail)?;
    let index = tail & load(&queues, sq_mask)?;
    requests.write(REQUEST * index as usize, &request.encode());
    queues.write(sq_array + 4 * index as usize, &index.to_ne_bytes());
    store(&queues, sq_tail, tail.wrapping_add(1));
    let mut submitted = 1;
    let head = load(&queues, cq_head)?;
    while load(&queues, cq_tail)? == head {
        match enter(ring, submitted, 1) {
            0 => submitted = 0,
            error if error == -libc::EINTR => {}
            error => return Some(error),
        }
    }
    let index = head & load(&queues, cq_mask)?;
    let mut completion = [0; COMPLETION];
    queues.read(completions + COMPLETION * index as usize, &mut completion);
    store(&queues, cq_head, head.wrapping_add(1));
    let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = completion;
    Some(i32::from_ne_bytes([a, b, c, d]))
}

/// Returns a counter that the kernel changes as well.
fn counter(queues: &Memory, offset: usize) -> Option<&AtomicU32> {
    let place = queues.at(offset, 4)?.cast();
    // SAFETY: `at` returned four bytes, which are mapped as long as `queues` is. The kernel aligns
    // its counters, and they are only used as atomics.
    Some(unsafe { AtomicU32::from_ptr(place.as_ptr()) })
}

fn load(queues: &Memory, offset: usize) -> Option<u32> {
    counter(queues, offset).map(|counter| counter.load(Ordering::Acquire))
}

fn store(queues: &Memory, offset: usize, value: u32) {
    if let Some(counter) = counter(queues, offset) {
        counter.store(value, Ordering::Release);
    }
}
