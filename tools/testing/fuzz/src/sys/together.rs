// SPDX-License-Identifier: GPL-2.0-only

//! What processes and threads need that act at the same time.

use std::os::fd::RawFd;
use std::sync::atomic::AtomicI32;

use super::last_error;
use super::memory::PAGE;

/// Room for a child that sleeps.
const STACK: usize = 16 << 10;

/// Maps the first page of a file, to be shared, for as long as the process exists. The file must
/// be sealed so that it does not get smaller.
pub fn share(file: RawFd) -> Result<&'static [AtomicI32], i32> {
    // SAFETY: The calls read nothing but their arguments, which are numbers; without an address,
    // the kernel chooses one where nothing is mapped.
    let (seals, size, start) = unsafe {
        let (access, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        let seals = libc::fcntl(file, libc::F_GET_SEALS);
        let size = libc::lseek(file, 0, libc::SEEK_END);
        let start = libc::mmap(std::ptr::null_mut(), PAGE, access, shared, file, 0);
        (seals, size, start)
    };
    if start == libc::MAP_FAILED {
        return Err(-last_error());
    }
    if seals < 0 || seals & libc::F_SEAL_SHRINK == 0 || size < PAGE as i64 {
        return Err(-libc::EINVAL);
    }
    // SAFETY: The mapping is that of a whole page, which the file has and keeps by its seal.
    // Nothing unmaps it. Any bytes are integers, and others change them as atomics only.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), PAGE / size_of::<AtomicI32>()) })
}

/// Sleeps as the child of `vfork(2)`: nothing of the parent may be touched.
extern "C" fn sleep_and_exit(time: *mut libc::c_void) -> i32 {
    // SAFETY: `vfork` passes a time that is there until this ends. Both calls go to the kernel
    // right away.
    unsafe {
        libc::syscall(libc::SYS_nanosleep, time, 0);
        libc::syscall(libc::SYS_exit, 0);
    }
    0
}

/// Makes a child that shares all memory, and sleeps. The calling thread waits for its end, and
/// cannot be interrupted meanwhile. Returns the child's number.
pub fn vfork(milliseconds: u32) -> i32 {
    let mut stack = vec![0_u128; STACK / size_of::<u128>()];
    let mut time = libc::timespec {
        tv_sec: i64::from(milliseconds / 1000),
        tv_nsec: i64::from(milliseconds % 1000) * 1_000_000,
    };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let argument = (&raw mut time).cast();
    let top = stack.as_mut_ptr_range().end;
    // SAFETY: The child has a stack of its own, aligned and large enough for two system calls, and
    // neither that nor its argument goes away before it does: this thread does not go on before,
    // and where it is killed, the child holds the memory.
    let pid = unsafe { libc::clone(sleep_and_exit, top.cast(), flags, argument) };
    if pid < 0 { -last_error() } else { pid }
}

/// Ends the calling thread, but not its process.
pub fn exit_thread() -> ! {
    loop {
        // SAFETY: The stack of this thread stays mapped, so that nothing that others borrow from
        // it gets lost.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
}

extern "C" fn do_nothing(_: i32) {}

/// Handles `signal` by doing nothing, so that it interrupts.
pub fn handle(signal: i32) {
    // SAFETY: An action of zeros is valid, and a handler that does nothing is safe in signals.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = do_nothing as extern "C" fn(i32) as usize;
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
}

/// Returns whether the child `pid` ended; it is left to be waited for.
pub fn has_ended(pid: i32) -> bool {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
    // SAFETY: An information of zeros is valid, and there for the kernel to write. It has a number
    // if a child ended.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let result = libc::waitid(libc::P_PID, pid as u32, &mut info, options);
        result == 0 && info.si_pid() == pid
    }
}

/// What became of the children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// There are none.
    Gone,
    /// Some did not end yet.
    Left,
}

/// Waits for all children that ended by now.
pub fn reap() -> Children {
    loop {
        // SAFETY: The call writes no status.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG | libc::__WALL) } {
            0 => return Children::Left,
            pid if pid < 0 => return Children::Gone,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{in_child, wait};
    use std::os::fd::AsRawFd;
    use std::sync::atomic::Ordering::SeqCst;

    #[test]
    fn only_sealed_files_are_shared() {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
        let file = memfd_create("test", MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&file, PAGE as u64).unwrap();
        assert_eq!(share(file.as_raw_fd()).err(), Some(-libc::EINVAL));
        fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
        let words = share(file.as_raw_fd()).unwrap();
        in_child(|| {
            words[3].store(5, SeqCst);
            0
        });
        assert_eq!(words[3].load(SeqCst), 5);
    }

    #[test]
    fn vfork_waits_for_its_child() {
        // Apart from other tests, which wait for any child.
        let waited = in_child(|| {
            let start = std::time::Instant::now();
            let pid = vfork(30);
            let has_waited = start.elapsed().as_millis() >= 30;
            i32::from(has_waited && has_ended(pid) && wait(pid) == 0)
        });
        assert_eq!(waited, 1);
    }
}
