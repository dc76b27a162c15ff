// SPDX-License-Identifier: GPL-2.0-only

//! `make rustdoc`: the documentation of the module's Rust code as HTML.
//!
//! Kbuild has no such target for a module, but keeps the command that compiled it: rustdoc takes
//! the same arguments, but for those that are about the result.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host::process::run;
use crate::host::ui::{self, Step};
use crate::kernel::Workshop;
use crate::kernel::module;

/// Folder of the pages.
const RESULT: &str = "out/rustdoc";

/// Where Kbuild keeps the command.
const COMMAND: &str = ".landlock.o.cmd";

/// Arguments of the compiler that are about what it writes.
const ABOUT_RESULT: [&str; 5] = [
    "--out-dir",
    "./",
    "--emit=",
    "--remap-path",
    "-Zbinary_dep_depinfo",
];

/// Arguments of rustdoc: nothing in the module is public, and everything is documented.
const ARGUMENTS: &str =
    "--crate-name landlock --document-private-items -Arustdoc::private_intra_doc_links";

/// `make rustdoc`: fails when rustdoc has a remark.
pub fn command(workshop: &Workshop) -> Result<()> {
    let remarks = build(workshop)?;
    for remark in &remarks {
        println!("  {remark}");
    }
    ensure!(remarks.is_empty(), "rustdoc has something to remark");
    ui::say("rustdoc", format!("{RESULT}/landlock/index.html"));
    Ok(())
}

/// Builds the pages from nothing, and returns what rustdoc remarks.
pub fn build(workshop: &Workshop) -> Result<Vec<String>> {
    let folder = module::folder(workshop)?;
    let saved = fs::read_to_string(folder.join(COMMAND)).context("Kbuild kept no command")?;
    let result = workshop.place.repo.join(RESULT);
    let _ = fs::remove_dir_all(&result);
    let line = documenting(&saved, &workshop.toolchain.rustdoc(), &result);

    let step = Step::new("rustdoc", "documenting the module");
    let mut rustdoc = Command::new("sh");
    rustdoc
        .args(["-c", &line.context("Kbuild kept another command")?])
        .current_dir(&folder)
        .env("LANDLOCK_RS_OBJ", &folder)
        .env("RUSTC_BOOTSTRAP", "1");
    let log = workshop.place.log("rustdoc");
    let built = run(&mut rustdoc, &log, |_| ());
    drop(step);
    let text = fs::read_to_string(&log).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut remarks: Vec<_> = lines.map(str::to_owned).collect();
    match built {
        Err(error) if remarks.is_empty() => remarks.push(format!("{error:#}")),
        Err(_) => (),
        Ok(()) => link_sources(workshop, &result)?,
    }
    Ok(remarks)
}

/// Turns the command that compiled the module into one that documents it.
fn documenting(saved: &str, rustdoc: &Path, result: &Path) -> Option<String> {
    let (_, command) = saved.lines().next()?.split_once(" := ")?;
    let (compiling, _) = command.split_once(';').unwrap_or((command, ""));
    let is_about_result = |word: &str| ABOUT_RESULT.iter().any(|start| word.starts_with(start));
    let words = compiling.split(' ').filter(|word| !is_about_result(word));
    let mut is_named = false;
    let words: Vec<String> = words
        .map(|word| match word.rsplit('/').next() {
            Some("rustc") => {
                is_named = true;
                rustdoc.display().to_string()
            }
            _ => word.to_owned(),
        })
        .collect();
    let line = format!(
        "{} {ARGUMENTS} --out-dir {}",
        words.join(" "),
        result.display()
    );
    is_named.then_some(line)
}

/// Lets links to `srctree/`, which comments of the kernel have, lead to the tree.
fn link_sources(workshop: &Workshop, pages: &Path) -> Result<()> {
    let replace = format!("s|\"srctree/|\"{}/|g", workshop.tree().display());
    let mut find = Command::new("find");
    find.arg(pages)
        .args(["-name", "*.html", "-exec", "sed", "-i", &replace, "{}", "+"]);
    run(&mut find, &workshop.place.log("rustdoc-links"), |_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVED: &str = "savedcmd_landlock.o := OBJTREE=/b /usr/bin/rustc --edition=2021 \
                         --remap-path-prefix=/m/= -Zunstable-options --out-dir ./ \
                         --emit=obj=landlock.o /m/landlock.rs   ; /b/objtool landlock.o\n\nsource\n";

    #[test]
    fn rustdoc_takes_what_the_compiler_was_told() {
        let line = documenting(SAVED, Path::new("/usr/bin/rustdoc"), Path::new("/out")).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        let same = [
            "OBJTREE=/b",
            "/usr/bin/rustdoc",
            "--edition=2021",
            "-Zunstable-options",
        ];
        assert_eq!(words[..4], same);
        assert_eq!(words[4], "/m/landlock.rs");
        assert!(line.ends_with(" --out-dir /out"));
        assert!(!line.contains("objtool") && !line.contains("--emit"));
    }

    #[test]
    fn a_command_of_another_compiler_is_refused() {
        let saved = SAVED.replace("/usr/bin/rustc", "/usr/bin/clang");
        assert!(documenting(&saved, Path::new("rustdoc"), Path::new("/out")).is_none());
        assert!(documenting("", Path::new("rustdoc"), Path::new("/out")).is_none());
    }
}
