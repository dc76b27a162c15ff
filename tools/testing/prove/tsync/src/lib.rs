// SPDX-License-Identifier: GPL-2.0-only

//! A model of `LANDLOCK_RESTRICT_SELF_TSYNC`: every interleaving of the threads of one process.
//!
//! [`policy`] is the very code that goes into the kernel. The rest is a model: [`process`] says
//! what threads can do next, with the protocol of `syscalls/tsync.rs`, and [`state`] what changes
//! then; [`property`] says what must never be; [`liveness`] looks for runs that never end although
//! everybody gets its turn. [`scenario`] has the processes that are tried, and the planted mistakes
//! that must be refused.
//!
//! What the model leaves out: signals, new threads, failures and calls are bounded in number
//! (without a bound on new threads, threads that are created and exit for ever can always be one
//! step ahead of the caller, in C as well). The turn is one atomic step, and so is the loop that
//! cancels task works, as a sibling that runs one meanwhile finds that it was an abort.
#![forbid(unsafe_code)]

/// The source of the module, unchanged.
#[cfg_attr(not(test), allow(dead_code))]
#[path = "../../../../../security-landlock-rs/policy/tsync.rs"]
mod policy;

#[cfg(test)]
mod liveness;
#[cfg(test)]
mod process;
#[cfg(test)]
mod property;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod state;
