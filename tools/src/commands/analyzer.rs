// SPDX-License-Identifier: GPL-2.0-only

//! `make rust-analyzer`: describes the module to rust-analyzer.
//!
//! The kernel generates the description. It does not know where the bindings to the shim are, which
//! the module includes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::host::place;
use crate::host::process::run;
use crate::host::ui;
use crate::kernel::module;
use crate::kernel::module_sources::SOURCES;
use crate::kernel::{Impl, Workshop};

/// The description, which rust-analyzer looks for in the folder that an editor opens.
const DESCRIPTION: &str = "rust-project.json";

/// A copy of the bindings, which lasts longer than that in the cache.
const BINDINGS: &str = "out/rust-analyzer";

/// The root of the module.
const ROOT: &str = "landlock.rs";

/// `make rust-analyzer`: writes the description.
pub fn command(workshop: &Workshop) -> Result<()> {
    let repo = &workshop.place.repo;
    let bindings = repo.join(BINDINGS);
    let name = "bindings_generated.rs";
    let text = fs::read(module::folder(workshop)?.join(name)).context("there are no bindings")?;
    place::make_dir(&bindings)?;
    place::write(&bindings.join(name), text)?;

    let mut project = describe(workshop)?;
    complete(&mut project, &repo.join(SOURCES), &bindings)?;
    let text = serde_json::to_vec_pretty(&project)?;
    place::write(&repo.join(DESCRIPTION), text)?;
    ui::say("rust-analyzer", DESCRIPTION);
    Ok(())
}

/// Lets the kernel generate the description.
fn describe(workshop: &Workshop) -> Result<Value> {
    let kernel = workshop.prepared_build(Impl::Rust)?;
    let out = tempfile::tempdir().context("cannot create a folder")?;
    let sources = workshop.place.repo.join(SOURCES);
    let mut make = workshop.toolchain.make(&kernel);
    make.arg(format!("M={}", sources.display()))
        .arg(format!("MO={}", out.path().display()))
        .arg("rust-analyzer");
    run(&mut make, &workshop.place.log("rust-analyzer"), |_| ())?;
    let text = fs::read_to_string(out.path().join(DESCRIPTION)).context("there is no result")?;
    serde_json::from_str(&text).context("the result is not JSON")
}

/// Adds where the `bindings` are to the crate in `sources`, of which there must be one.
fn complete(project: &mut Value, sources: &Path, bindings: &Path) -> Result<()> {
    let root = |krate: &Value| krate["root_module"].as_str().map(str::to_owned);
    let is_ours = |krate: &Value| {
        root(krate).is_some_and(|root| root.starts_with(&*sources.to_string_lossy()))
    };
    let crates = project["crates"].as_array_mut().context("no crates")?;
    let mut ours: Vec<_> = crates.iter_mut().filter(|krate| is_ours(krate)).collect();
    let roots: Vec<_> = ours.iter().filter_map(|krate| root(krate)).collect();
    let [module] = ours.as_mut_slice() else {
        bail!("the module is one crate, but these are roots: {roots:?}");
    };
    if roots != [sources.join(ROOT).to_string_lossy()] {
        bail!("{roots:?} is not the root of the module");
    }
    module["env"]["LANDLOCK_RS_OBJ"] = json!(bindings);
    module["source"] = json!({ "include_dirs": [sources, bindings], "exclude_dirs": [] });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(roots: &[&str]) -> Value {
        let crates: Vec<_> = roots
            .iter()
            .map(|root| json!({ "root_module": root, "env": {} }))
            .collect();
        json!({ "crates": crates })
    }

    #[test]
    fn the_module_learns_where_its_bindings_are() {
        let mut project = project(&["/linux/rust/kernel/lib.rs", "/repo/m/landlock.rs"]);
        complete(&mut project, Path::new("/repo/m"), Path::new("/out")).unwrap();
        let [kernel, module] = [0, 1].map(|index| &project["crates"][index]);
        assert_eq!(module["env"]["LANDLOCK_RS_OBJ"], "/out");
        assert_eq!(module["source"]["include_dirs"], json!(["/repo/m", "/out"]));
        assert_eq!(kernel["env"], json!({}));
    }

    #[test]
    fn a_part_of_the_module_is_no_crate() {
        for roots in [
            &["/repo/m/landlock.rs", "/repo/m/hooks.rs"][..],
            &["/repo/m/hooks.rs"],
            &[],
        ] {
            let mut project = project(roots);
            let result = complete(&mut project, Path::new("/repo/m"), Path::new("/out"));
            assert!(result.is_err(), "{roots:?}");
        }
    }
}
