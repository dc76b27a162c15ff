// SPDX-License-Identifier: GPL-2.0-only

//! Programs of two or three actors that act at the same time.
//!
//! `program` says what each does; `generate` makes programs from seeds, `fixed` has those with a
//! name. `round` runs a program once: actors (`actor`) wait for each other, carry out their acts
//! (`perform`), then look at what they may do (`observe`); all of them share a `table`. What a
//! round ends with has several `facets`, and `run` collects what is possible.

mod actor;
mod events;
pub mod facets;
pub mod fixed;
pub mod generate;
mod ground;
pub mod job;
mod observe;
mod perform;
pub mod program;
mod round;
pub mod run;
mod table;

pub use actor::image;
