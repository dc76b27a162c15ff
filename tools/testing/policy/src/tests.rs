// SPDX-License-Identifier: GPL-2.0-only

//! One module for each module of the policy.

mod access;
mod attr;
mod errata;
mod layer;
mod open;
mod refer;
mod rule;
mod support;
mod verdict;
mod walk;
