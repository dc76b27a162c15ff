// SPDX-License-Identifier: GPL-2.0-only

//! Copies the policy to where it is compiled, with one mistake planted in it if one is asked for.
//!
//! `LANDLOCK_MISTAKE` names three lines of a file: the source to change, a text that it has once,
//! and the text to put there. Nothing else of the policy changes, but for one more module of the
//! policy's, `within`, which lends what only the policy may name.

use std::path::{Path, PathBuf};
use std::{env, fs};

const SOURCES: &str = "../../../../security-landlock-rs";

fn main() {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let sources = here.join(SOURCES);

    println!(
        "cargo::rerun-if-changed={}",
        sources.join("policy").display()
    );
    println!(
        "cargo::rerun-if-changed={}",
        sources.join("policy.rs").display()
    );
    println!("cargo::rerun-if-env-changed=LANDLOCK_MISTAKE");
    println!("cargo::rustc-cfg=CONFIG_IPV6");

    let _ = fs::remove_dir_all(out.join("policy"));
    copy(&sources.join("policy"), &out.join("policy"));
    let within = here.join("src/within.rs");
    let policy = fs::read_to_string(sources.join("policy.rs")).expect("the policy is there");
    let lent = format!("\n#[path = {within:?}]\npub(crate) mod within;\n");
    fs::write(out.join("policy/mod.rs"), policy + &lent).expect("the cache can be written");
    let root = format!("#[path = {:?}]\nmod policy;\n", out.join("policy/mod.rs"));
    fs::write(out.join("root.rs"), root).expect("the cache can be written");
    if let Ok(mistake) = env::var("LANDLOCK_MISTAKE") {
        plant(&out, &mistake);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the cache can be written");
    for entry in fs::read_dir(from).expect("the policy is there") {
        let path = entry.expect("the policy can be read").path();
        let copied = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).expect("the cache can be written");
        }
    }
}

fn plant(out: &Path, mistake: &str) {
    let mut lines = mistake.splitn(3, '\n');
    let mut next = || lines.next().expect("a mistake has three lines");
    let (file, from, to) = (out.join(next()), next(), next());
    let text = fs::read_to_string(&file).expect("the source to change is there");

    assert_eq!(
        text.matches(from).count(),
        1,
        "{}: not once: {from}",
        file.display()
    );
    fs::write(&file, text.replace(from, to)).expect("the cache can be written");
}
