// SPDX-License-Identifier: GPL-2.0-only

//! Entries into the pure policy, for symbolic execution.
//!
//! Each one only calls the policy: in the order in which the module does, with arguments that come
//! as integers and leave as integers. What it must return is said in `spec.py`.
#![allow(dead_code)]

mod entry;

include!(concat!(env!("OUT_DIR"), "/root.rs"));
