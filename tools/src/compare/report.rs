// SPDX-License-Identifier: GPL-2.0-only

//! What a comparison found, as data: `out/compare.json`. Text and page are made from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compare::behaviour::Comparison;
use crate::compare::code::Code;
use crate::kernel::store::Record;
use crate::measure::figure::Pair;

/// Everything that was compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Version of the kernel.
    pub kernel: String,
    /// Verdicts, suite by suite.
    pub behaviour: Vec<Comparison>,
    /// Instructions of one operation.
    pub instructions: Vec<Pair>,
    /// Ratios of time on the processor of this machine.
    pub native: Vec<Pair>,
    /// Bytes of kernel memory.
    pub memory: Vec<Pair>,
    /// Cache lines that two processors write when each opens a file.
    pub lines: Vec<Pair>,
    /// The C implementation's code.
    pub code_of_c: Code,
    /// Our code.
    pub code_of_rust: Code,
    /// What it took to build the kernels, by implementation.
    pub builds: BTreeMap<String, Record>,
}

impl Report {
    /// Counts the cases with a verdict that differs and is not listed.
    pub fn differences(&self) -> usize {
        let counts = self.behaviour.iter();
        counts.map(|comparison| comparison.different.len()).sum()
    }
}
