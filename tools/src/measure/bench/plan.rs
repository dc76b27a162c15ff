// SPDX-License-Identifier: GPL-2.0-only

//! What the guests that count instructions do, and what they print.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::{Guest, programs};
use crate::kernel::{Impl, Workshop};

use super::row::Row;
use super::runs;

/// How long one implementation may take; an eighth of it is usual.
const LIMIT: Duration = Duration::from_secs(1200);

/// How many layers are enforced while files are opened, besides none.
const LAYERS: [u64; 5] = [1, 2, 4, 8, 16];

/// How many rules each layer has.
const RULES: [u64; 4] = [1, 9, 65, 513];

/// How many rules there are for chosen ports.
const PORTS: u64 = 20_000;

/// How many rules there are while another task waits: all ports.
const MANY_PORTS: u64 = 65_535;

/// Makes a guest that counts instructions while it carries out `plan`. `name` is that of its log.
pub fn guest(
    workshop: &Workshop,
    implementation: Impl,
    name: &str,
    plan: Vec<Section>,
) -> Result<Guest> {
    let mut guest = Guest::new(workshop, implementation, name)?;
    guest.root.add_all("bin", &programs::bench(workshop)?)?;
    guest.root.plan = plan;
    guest.count_instructions(LIMIT);
    Ok(guest)
}

/// Returns the whole benchmark: one section for each of its processes.
pub fn whole() -> Vec<Section> {
    let section = |name: &str, arguments: String| {
        Section::new(&format!("bench/{name}"), &format!("bench {arguments}"))
    };
    let mut plan = vec![section("open-0", "open --layers 0".to_owned())];
    for (layers, rules) in LAYERS.into_iter().flat_map(|l| RULES.map(|r| (l, r))) {
        let name = format!("open-{layers}-{rules}");
        plan.push(section(
            &name,
            format!("open --layers {layers} --rules {rules}"),
        ));
    }
    plan.extend([1, 16].map(|layers| {
        section(
            &format!("denied-{layers}"),
            format!("denied --layers {layers}"),
        )
    }));
    plan.extend([0, 1, 16].map(|layers| {
        section(
            &format!("operations-{layers}"),
            format!("operations --layers {layers}"),
        )
    }));
    plan.push(section("build", "build".to_owned()));
    for group in ["enforce", "memory"] {
        plan.extend(RULES.map(|rules| {
            section(
                &format!("{group}-{rules}"),
                format!("{group} --rules {rules}"),
            )
        }));
    }
    plan.push(section("ports", format!("ports --rules {PORTS}")));
    plan.push(section("latency", format!("latency --rules {MANY_PORTS}")));
    plan.push(section("memory-objects", "memory-objects".to_owned()));
    plan.push(section("fs_bench", "fs-bench /bin/fs_bench".to_owned()));
    plan.extend(runs::plan());
    plan
}

/// Reads the rows that the guest printed.
pub fn rows(session: &Session, implementation: Impl, plan: &[Section]) -> Result<Vec<Row>> {
    session.check_module()?;
    session.check()?;
    let mut rows = Vec::new();
    for section in plan {
        let name = &section.name;
        for line in lines(session, name)? {
            let row = Row::parse(line, implementation);
            rows.push(row.with_context(|| format!("{name} printed no row: {line}"))?);
        }
    }
    Ok(rows)
}

/// Returns what the section `name` printed, which must have succeeded.
pub fn lines<'a>(session: &'a Session, name: &str) -> Result<&'a [String]> {
    let output = session.transcript.section(name);
    let output = output.with_context(|| format!("{name} was not reached"))?;
    let last = output.lines.last().map_or("", String::as_str);
    ensure!(output.status == Some(0), "{name} failed: {last}");
    Ok(&output.lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::transcript::Transcript;

    /// Makes a session in which each section printed `line` and ended with `status`.
    fn session(line: &str, status: i32) -> Session {
        let mut transcript = Transcript::default();
        for section in whole() {
            let name = section.name;
            transcript.push(&format!("##landlock-rs begin {name}"));
            transcript.push(line);
            transcript.push(&format!("##landlock-rs end {name} {status}"));
        }
        Session {
            transcript,
            console: String::new(),
            problem: None,
        }
    }

    #[test]
    fn every_section_has_rows() {
        let line =
            r#"{"name":"x","parameters":{},"unit":"bytes","median":8,"spread":0,"minimum":8}"#;
        let all = rows(&session(line, 0), Impl::C, &whole()).unwrap();
        assert_eq!(all.len(), whole().len());
        assert!(rows(&session(line, 1), Impl::C, &whole()).is_err());
        assert!(rows(&session("bench: no", 0), Impl::C, &whole()).is_err());
    }
}
