// SPDX-License-Identifier: GPL-2.0-only

//! Makes one copy of the protocol per planted mistake: its source with one passage replaced.
//!
//! The module `real` is the source itself. A passage that is not there exactly once fails the
//! build, so that a mistake cannot get lost when the source changes.

use std::{env, fmt::Write, fs, path::Path};

const SOURCES: &str = "../../../../security-landlock-rs/kapi";

/// The protocols, what they use of the same source, and what is in place of the rest.
const FILES: [&str; 3] = ["object", "release", "table"];
const HELPERS: [&str; 2] = ["mark", "resched"];
const STUBS: [&str; 7] = [
    "blob",
    "inode",
    "slab",
    "superblock",
    "shim",
    "scenarios",
    "sharing",
];

/// A module is compiled once per mistake, and its stubs are not an interface.
const ALLOWED: &str = "missing_docs, dead_code, unused_imports, unused_qualifications, \
                       clippy::arc_with_non_send_sync, clippy::duplicate_mod, \
                       clippy::missing_safety_doc, clippy::new_without_default, \
                       clippy::overly_complex_bool_expr, clippy::nonminimal_bool";

/// What is replaced by what, in which file.
type Passage = (&'static str, &'static str, &'static str);

/// The mistakes, each of which the proofs have to refuse.
const MISTAKES: &[(&str, &[Passage])] = &[
    (
        "announced_after_emptying",
        &[
            (
                "release",
                "unsafe { releases.as_ref() }.0.add(1, Relaxed);",
                "let _ = &releases;",
            ),
            (
                "release",
                "    pub(super) fn inode(&self)",
                "    pub(super) fn announce(&self) {
                    unsafe { self._announcement.0.as_ref() }.0.add(1, Relaxed);
                }

                pub(super) fn inode(&self)",
            ),
            (
                "object",
                "ObjectSlot::empty(self, &release);",
                "ObjectSlot::empty(self, &release); release.announce();",
            ),
        ],
    ),
    (
        "emptied_without_release",
        &[(
            "object",
            "slot.store(ptr::null_mut(), Release);",
            "slot.store(ptr::null_mut(), Relaxed);",
        )],
    ),
    (
        "waits_without_barrier",
        &[(
            "release",
            "barrier::smp_mb(barrier::Full);",
            "let _ = barrier::Full;",
        )],
    ),
    (
        "counted_down_without_release",
        &[(
            "release",
            ".0.fetch_sub(1, Full);",
            ".0.fetch_sub(1, { let _ = Full; Relaxed });",
        )],
    ),
    (
        "announcement_ends_before_release",
        &[(
            "release",
            "    inode: InodeRef,\n    _announcement: Announcement,\n}",
            "    _announcement: Announcement,\n    inode: InodeRef,\n}",
        )],
    ),
    (
        "filled_without_release",
        &[(
            "object",
            "self.0.store(object.0.as_ptr(), Release);",
            "self.0.store(object.0.as_ptr(), Relaxed);",
        )],
    ),
    (
        "freed_without_grace_period",
        &[(
            "object",
            "bindings::kvfree_call_rcu(object.rcu.get(), self.0.as_ptr().cast())",
            "bindings::kfree(self.0.as_ptr().cast())",
        )],
    ),
    (
        "slot_not_emptied",
        &[(
            "object",
            "ObjectSlot::empty(self, &release);",
            "let _ = ObjectSlot::empty;",
        )],
    ),
    (
        "emptied_after_unlock",
        &[(
            "object",
            "ObjectSlot::empty(self, &release);",
            "drop(held); ObjectSlot::empty(self, &release);",
        )],
    ),
    (
        "counted_to_zero_without_lock",
        &[(
            "object",
            "        let held = object.held.lock();
        mark(Mark::DropLocked);
        if !object.refs.dec_and_test() {
            return;
        }
",
            "        if !object.refs.dec_and_test() {
            return;
        }
        let held = object.held.lock();
",
        )],
    ),
    (
        "released_under_rcu",
        &[(
            "object",
            "    drop(guard);\n    mark(Mark::UntieDetached);\n    drop(release);",
            "    drop(release);\n    drop(guard);",
        )],
    ),
    (
        "filled_without_looking",
        &[(
            "object",
            "if slot.address().is_none() {",
            "if slot.address().is_none() || true {",
        )],
    ),
    (
        "unshared_without_acquire",
        &[(
            "table",
            "as_atomic().load(Acquire) != 1",
            "as_atomic().load(kernel::sync::atomic::Relaxed) != 1",
        )],
    ),
    (
        "changed_while_shared",
        &[(
            "table",
            "as_atomic().load(Acquire) != 1",
            "as_atomic().load(Acquire) == 0",
        )],
    ),
    (
        "copied_without_owning",
        &[("table", "mem::forget((*value).clone());", "let _ = &value;")],
    ),
    (
        "freed_with_its_rules",
        &[(
            "table",
            "if mem::needs_drop::<T>() {",
            "if false && mem::needs_drop::<T>() {",
        )],
    ),
    (
        "dropped_although_given",
        &[("table", "given.forget();", "drop(given);")],
    ),
];

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let sources = Path::new(&here).join(SOURCES);
    let mut variants = String::new();

    add_variant(&mut variants, "real", &sources, &here);
    for (name, passages) in MISTAKES {
        let dir = Path::new(&out).join(name);

        fs::create_dir_all(&dir).expect("the output directory can be written");
        for file in FILES {
            let path = sources.join(file).with_extension("rs");
            let mut text = fs::read_to_string(&path).expect("the source can be read");
            for (_, from, to) in passages.iter().filter(|passage| passage.0 == file) {
                assert_eq!(text.matches(from).count(), 1, "{name}: {from} in {file}.rs");
                text = text.replace(from, to);
            }
            fs::write(dir.join(file).with_extension("rs"), text).expect("it can be written");
        }
        add_variant(&mut variants, name, &dir, &here);
    }
    fs::write(Path::new(&out).join("variants.rs"), variants).expect("it can be written");
    println!("cargo::rerun-if-changed=build.rs");
    for file in FILES.into_iter().chain(HELPERS) {
        let path = sources.join(file).with_extension("rs");
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// Adds a module with the protocol of `sources`, its siblings, and what is proved of it.
fn add_variant(variants: &mut String, name: &str, sources: &Path, here: &str) {
    writeln!(variants, "#[allow({ALLOWED})]\npub mod {name} {{").expect("a string has room");
    for file in FILES {
        let path = sources.join(file).with_extension("rs");
        writeln!(variants, "#[path = {path:?}] pub mod {file};").expect("a string has room");
    }
    for file in HELPERS {
        let path = Path::new(here)
            .join(SOURCES)
            .join(file)
            .with_extension("rs");
        writeln!(variants, "#[path = {path:?}] pub mod {file};").expect("a string has room");
    }
    for file in STUBS {
        let path = Path::new(here).join("src").join(file).with_extension("rs");
        writeln!(variants, "#[path = {path:?}] pub mod {file};").expect("a string has room");
    }
    writeln!(variants, "}}").expect("a string has room");
}
