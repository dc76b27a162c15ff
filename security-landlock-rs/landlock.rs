// SPDX-License-Identifier: GPL-2.0-only

//! Landlock, with which any unprivileged process can sandbox itself, in Rust.
//!
//! # Map
//!
//! A file only uses what is to its left, and files of its own folder, without circles:
//!
//! ```text
//!  0 policy <- 1 kapi <- 2 ids <- object <- ruleset <- domain
//!           <- 3 cred <- file <- log <- walk <- 4 hooks <- 5 syscalls <- 6 ffi
//! ```
//!
//! - [`policy`] decides. It is pure: values in, verdict out.
//! - [`kapi`] turns kernel objects into safe types. `unsafe` lives there, and in [`ffi`].
//! - [`object`], [`ruleset`] and [`domain`] are what user space builds and enforces.
//! - [`cred`] and [`walk`] check one request of one task; [`log`] reports what is denied.
//! - [`hooks`] and [`syscalls`] implement what the kernel and user space call; [`ffi`] has the
//!   entry points.
//! - `shim/` is the part in C. It fills the slot of the kernel, or is an LSM by itself where this
//!   code is built in, leaves hooks early when there is no domain, and decides nothing else.
//!
//! # Flows
//!
//! ```text
//!  landlock_restrict_self()               open()
//!     v                                      v
//!  slot, or shim/lsm.c                    LSM framework
//!     v                                      v
//!  ffi/syscalls.rs   typed arguments      shim/hook.c       no domain: allowed
//!     v                                      v
//!  syscalls/         as in the manual     ffi/hooks.rs      typed arguments
//!     v                                      v
//!  domain.rs         parent + ruleset     hooks/file.rs     which rights does it need?
//!     v                                      v
//!  cred.rs           new credentials      walk.rs           rules up to the root
//!                                            v
//!                                         policy/summary.rs allowed, or which layer denies what
//!                                            v
//!                                         log.rs            audit records and trace events
//! ```

mod cred;
mod domain;
mod ffi;
mod file;
mod hooks;
mod ids;
mod kapi;
mod log;
mod object;
mod policy;
mod ruleset;
mod syscalls;
mod walk;

/// Prefix of the messages of this module in the kernel's log.
const __LOG_PREFIX: &[u8] = b"landlock\0";
