// SPDX-License-Identifier: GPL-2.0-only

//! Where the instrumented module records that it was reached: its relocations say so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};

/// What the compiler lets each basic block call.
const RECORDER: &str = "__sanitizer_cov_trace_pc";

/// Size of the operand of a call, behind which it returns.
const OPERAND: u64 = 4;

/// Return addresses of the calls, as offsets by section.
pub type Calls = BTreeMap<String, BTreeSet<u64>>;

/// Reads the calls of the module at `path`.
pub fn read(path: &Path) -> Result<Calls> {
    let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let module: ElfFile64 = ElfFile64::parse(&*data).context("this is no module")?;
    let recorder = module
        .symbols()
        .find(|symbol| symbol.name() == Ok(RECORDER));
    let recorder = recorder.context("the module is not instrumented")?.index();
    let mut calls = Calls::new();
    for section in module.sections() {
        let name = section.name().unwrap_or_default();
        if !name.starts_with(".text") {
            continue;
        }
        let is_call = |target| target == RelocationTarget::Symbol(recorder);
        let offsets: BTreeSet<u64> = section
            .relocations()
            .filter(|(_, relocation)| is_call(relocation.target()))
            .map(|(offset, _)| offset + OPERAND)
            .collect();
        if !offsets.is_empty() {
            calls.insert(name.to_owned(), offsets);
        }
    }
    ensure!(!calls.is_empty(), "the module has no instrumented code");
    Ok(calls)
}
