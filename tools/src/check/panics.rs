// SPDX-License-Identifier: GPL-2.0-only

//! No panic in the module: nothing that it calls ends in one.
//!
//! The kernel checks arithmetic (`CONFIG_RUST_OVERFLOW_CHECKS`), so that every sum of which the
//! compiler cannot see that it fits leaves a call of a panic. A call names its place in the source:
//! none may be in ours. Those of the library are listed, with the reason why they never happen.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SymbolIndex};

use crate::check::Verdict;
use crate::kernel::Workshop;
use crate::kernel::module::Modules;

/// What names of functions that panic contain, as they are mangled.
const SIGNS: [&str; 8] = [
    "9panicking",
    "13unwrap_failed",
    "13expect_failed",
    "_fail",
    "rust_begin_unwind",
    "rust_panic",
    "18handle_alloc_error",
    "11panic_const",
];

/// What names of functions of tests contain: KUnit reports there.
const TESTS: [&str; 2] = ["5tests", "kunit"];

/// Places of the library where a panic remains, and why it never happens.
const EXCUSED: [(&str, &str); 3] = [
    (
        "alloc/kvec.rs",
        "`len <= capacity <= isize::MAX` is an invariant of the vector",
    ),
    (
        "iter/traits/accum.rs",
        "counts elements that are in memory at once",
    ),
    (
        "iter/adapters/filter.rs",
        "checks that an iterator of the library reports its size correctly",
    ),
];

/// How far before a call its place is loaded, at most, in bytes.
const NEAR: u64 = 64;

/// Checks the module.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let module = Modules::build(workshop)?.landlock;
    let content = fs::read(&module).context("cannot read the module")?;
    let problems = problems(&content)?;
    let remark = format!(
        "no call but those of {} places of the library",
        EXCUSED.len()
    );
    Ok(Verdict::new(problems, remark))
}

/// Lists the functions in the object file `content` that call a panic without an excuse.
fn problems(content: &[u8]) -> Result<Vec<String>> {
    let file = object::File::parse(content).context("the module is no object file")?;
    let mut problems = BTreeSet::new();
    for section in file.sections() {
        if section.name().is_ok_and(|name| name.starts_with(".text")) {
            for call in calls(&file, &section) {
                problems.extend(call.problem());
            }
        }
    }
    for symbol in file.symbols().filter(|symbol| symbol.is_definition()) {
        let name = symbol.name().unwrap_or_default();
        if is_panic(name) && !is_test(name) {
            problems.insert(format!("{name} is defined in the module"));
        }
    }
    Ok(problems.into_iter().collect())
}

/// A call of a function that panics.
struct Call {
    function: String,
    panic: String,
    /// File of the source that it names, if one was found.
    place: Option<String>,
}

impl Call {
    /// Says what is wrong with the call, if it is neither excused nor in a test.
    fn problem(&self) -> Option<String> {
        let place = self.place.as_deref().unwrap_or("an unknown place");
        let is_excused = EXCUSED.iter().any(|(file, _)| place.ends_with(file));
        (!is_excused && !is_test(&self.function))
            .then(|| format!("{} of {place} calls {}", self.function, self.panic))
    }
}

/// Returns whether the function `name` panics.
fn is_panic(name: &str) -> bool {
    let is_rust = name.starts_with("_R") || name.starts_with("rust_");
    is_rust && SIGNS.iter().any(|sign| name.contains(sign))
}

/// Returns whether the function `name` belongs to a test.
fn is_test(name: &str) -> bool {
    TESTS.iter().any(|sign| name.contains(sign))
}

/// Finds the calls of panics in `section`.
fn calls(file: &object::File, section: &object::Section) -> Vec<Call> {
    let mut relocations: Vec<_> = section.relocations().collect();
    relocations.sort_by_key(|(offset, _)| *offset);
    let mut calls = Vec::new();
    for (index, (offset, relocation)) in relocations.iter().enumerate() {
        let Some(panic) = name_of(file, relocation.target()).filter(|name| is_panic(name)) else {
            continue;
        };
        let before = relocations.iter().take(index).rev();
        let mut near = before.take_while(|(at, _)| offset - at <= NEAR);
        let place = near.find_map(|(_, data)| place(file, data.target(), data.addend()));
        calls.push(Call {
            function: function_at(file, section.index(), *offset),
            panic,
            place,
        });
    }
    calls
}

/// Returns the name of what a relocation refers to.
fn name_of(file: &object::File, target: RelocationTarget) -> Option<String> {
    let RelocationTarget::Symbol(index) = target else {
        return None;
    };
    Some(file.symbol_by_index(index).ok()?.name().ok()?.to_owned())
}

/// Returns the name of the function that has the byte at `offset` of a section.
fn function_at(file: &object::File, section: SectionIndex, offset: u64) -> String {
    let mut symbols = file.symbols().filter(|symbol| {
        let start = symbol.address();
        symbol.section_index() == Some(section) && (start..start + symbol.size()).contains(&offset)
    });
    let name = symbols
        .next()
        .and_then(|symbol| symbol.name().ok().map(str::to_owned));
    name.unwrap_or_else(|| "a function without name".to_owned())
}

/// Reads the file that a `core::panic::Location` names: a pointer to its name comes first, then the
/// length of it.
fn place(file: &object::File, target: RelocationTarget, addend: i64) -> Option<String> {
    let RelocationTarget::Symbol(symbol) = target else {
        return None;
    };
    let (section, offset) = data(file, symbol, addend)?;
    let section = file.section_by_index(section).ok()?;
    let (_, name) = section.relocations().find(|(at, _)| *at == offset)?;
    let RelocationTarget::Symbol(symbol) = name.target() else {
        return None;
    };
    let length = section.data_range(offset + 8, 8).ok()??;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    let (section, offset) = data(file, symbol, name.addend())?;
    let text = file.section_by_index(section).ok()?;
    let text = text.data_range(offset, length).ok()??;
    let text = std::str::from_utf8(text).ok()?;
    text.ends_with(".rs").then(|| text.to_owned())
}

/// Returns the section and the offset that `symbol` and `addend` refer to.
fn data(file: &object::File, symbol: SymbolIndex, addend: i64) -> Option<(SectionIndex, u64)> {
    let symbol = file.symbol_by_index(symbol).ok()?;
    let offset = symbol.address().checked_add_signed(addend)?;
    Some((symbol.section_index()?, offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    /// Compiles `body` of a function as the kernel compiles, and lists the problems.
    fn problems_of(body: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("planted.rs");
        let code = format!(
            "#![no_std]\n#[no_mangle]\npub fn planted(a: &[u32], b: u32, c: Option<u32>) -> u32 {{ {body} }}\n"
        );
        fs::write(&source, code).unwrap();
        let object = dir.path().join("planted.o");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .args(["--crate-type=lib", "--emit=obj", "--edition=2021", "-O"])
            .args(["-C", "overflow-checks=on", "-C", "panic=abort"])
            .args([
                "-C",
                "symbol-mangling-version=v0",
                "--cap-lints=allow",
                "-o",
            ])
            .args([object.as_ref() as &Path, &source])
            .status()
            .unwrap();
        assert!(status.success());
        problems(&fs::read(&object).unwrap()).unwrap()
    }

    #[test]
    fn code_without_panic_passes() {
        assert_eq!(problems_of("b.wrapping_add(a.len() as u32)"), [""; 0]);
    }

    #[test]
    fn planted_panics_are_refused() {
        for body in [
            "b + 1",
            "a[0]",
            "c.unwrap()",
            "c.expect(\"no\")",
            "a[1..].len() as u32",
        ] {
            let problems = problems_of(body);
            assert_eq!(problems.len(), 1, "{body}: {problems:?}");
            assert!(problems[0].starts_with("planted "), "{problems:?}");
        }
    }

    #[test]
    fn only_the_library_has_excuses() {
        let call = |place: &str, function: &str| Call {
            function: function.to_owned(),
            panic: "_RN9panicking".to_owned(),
            place: Some(place.to_owned()),
        };
        assert!(call("policy/rule.rs", "f").problem().is_some());
        assert!(call("rust/kernel/alloc/kvec.rs", "f").problem().is_none());
        assert!(
            call("policy/rule.rs", "_RNv4rule5tests1f")
                .problem()
                .is_none()
        );
    }
}
