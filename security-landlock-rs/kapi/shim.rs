// SPDX-License-Identifier: GPL-2.0-only

//! Bindings to `shim/landlock_rs.h`, made by bindgen when the module is built.
//!
//! They share the types of `kernel::bindings`. Only `kapi` and `ffi` may name them.

#![allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

include!(concat!(env!("LANDLOCK_RS_OBJ"), "/bindings_generated.rs"));
