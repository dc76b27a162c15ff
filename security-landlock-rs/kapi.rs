// SPDX-License-Identifier: GPL-2.0-only

//! Rank 1: kernel objects as safe types.
//!
//! What the `kernel` crate lacks, written as if it were meant for it: one type per C type, generic
//! over the contents of blobs and of file descriptors. Only this folder and `ffi` have `unsafe`
//! code.

pub(crate) mod abi;
pub(crate) mod address;
pub(crate) mod blob;
pub(crate) mod climb;
pub(crate) mod creator;
pub(crate) mod cred;
pub(crate) mod deferred;
pub(crate) mod denial;
pub(crate) mod fd;
pub(crate) mod file;
pub(crate) mod fowner;
pub(crate) mod inode;
#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
pub(crate) mod kunit;
pub(crate) mod log;
pub(crate) mod mark;
pub(crate) mod object;
mod once;
pub(crate) mod path;
pub(crate) mod pid;
pub(crate) mod random;
pub(crate) mod release;
pub(crate) mod resched;
pub(crate) mod shim;
pub(crate) mod slab;
pub(crate) mod sock;
pub(crate) mod superblock;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod task_work;
pub(crate) mod turn;
pub(crate) mod unix;
pub(crate) mod user;
mod wrapper;
