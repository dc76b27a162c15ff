// SPDX-License-Identifier: GPL-2.0-only

//! What the programs reached: operations, results, rights, hooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::host::ui;

mod goals;

use goals::{HOOKS, RING_HOOKS, WAYS, rights};

/// How often something was allowed and denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    allowed: usize,
    denied: usize,
}

/// What was reached, as the guest counts it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    operations: BTreeMap<String, BTreeMap<String, usize>>,
    sandboxed: BTreeMap<String, Verdicts>,
    rights: BTreeMap<String, Verdicts>,
    lines: BTreeMap<String, usize>,
}

/// Adds the numbers of `more` to those of `sum`.
fn add(sum: &mut BTreeMap<String, Verdicts>, more: &BTreeMap<String, Verdicts>) {
    for (name, verdicts) in more {
        let total = sum.entry(name.clone()).or_default();
        total.allowed += verdicts.allowed;
        total.denied += verdicts.denied;
    }
}

impl Coverage {
    /// Adds what another batch reached.
    pub fn add(&mut self, other: &Self) {
        for (name, results) in &other.operations {
            let sum = self.operations.entry(name.clone()).or_default();
            for (result, count) in results {
                *sum.entry(result.clone()).or_default() += count;
            }
        }
        add(&mut self.sandboxed, &other.sandboxed);
        add(&mut self.rights, &other.rights);
        for (name, count) in &other.lines {
            *self.lines.entry(name.clone()).or_default() += count;
        }
    }

    /// Returns the rights that were not both granted and to blame, and the hooks that no sandboxed
    /// operation reached.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for right in rights() {
            let verdicts = self.rights.get(&right).copied().unwrap_or_default();
            if verdicts.allowed == 0 || verdicts.denied == 0 {
                missing.push(format!("{right}, both granted and to blame"));
            }
        }
        for (hook, operations) in HOOKS {
            let Verdicts { allowed, denied } = self.hook(operations);
            if allowed + denied == 0 {
                missing.push(format!("hook {hook}"));
            }
        }
        missing
    }

    /// Returns the hooks that operations did not both pass and fail at by each other way than the
    /// usual one.
    pub fn missing_ways(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (hook, operations) in HOOKS.iter().filter(|(hook, _)| RING_HOOKS.contains(hook)) {
            for way in WAYS {
                let names = operations.iter().map(|name| format!("{name} by {way}"));
                let Verdicts { allowed, denied } = self.sum(names);
                if allowed == 0 || denied == 0 {
                    missing.push(format!("hook {hook} by {way}, both passed and denied"));
                }
            }
        }
        missing
    }

    /// Returns what sandboxed actors got from operations that reach a hook.
    fn hook(&self, operations: &[&str]) -> Verdicts {
        self.sum(operations.iter().map(|name| (*name).to_owned()))
    }

    fn sum(&self, names: impl Iterator<Item = String>) -> Verdicts {
        let mut sum = Verdicts::default();
        for verdicts in names.filter_map(|name| self.sandboxed.get(&name)) {
            sum.allowed += verdicts.allowed;
            sum.denied += verdicts.denied;
        }
        sum
    }

    /// Lays out what was reached, on 80 columns.
    pub fn table(&self) -> String {
        let row = |name: &str, verdicts: Verdicts| {
            let Verdicts { allowed, denied } = verdicts;
            vec![name.to_owned(), allowed.to_string(), denied.to_string()]
        };
        let right = |name: String| {
            let verdicts = self.rights.get(&name).copied().unwrap_or_default();
            row(&name, verdicts)
        };
        let rights: Vec<_> = rights().map(right).collect();
        let hooks = HOOKS.iter();
        let hooks: Vec<_> = hooks
            .map(|(hook, names)| row(hook, self.hook(names)))
            .collect();
        let operations: Vec<_> = self.operations.iter().map(operation_row).collect();
        [
            ui::table(&["right", "granted", "to blame"], &rights),
            ui::table(&["hook, in a sandbox", "passed", "denied"], &hooks),
            ui::table(&["operation", "number", "succeeded", "errors"], &operations),
            self.summary(),
        ]
        .join("\n")
    }

    /// Says in one line how much was reached.
    fn summary(&self) -> String {
        let missing = self.missing().len();
        let total = rights().count() + HOOKS.len();
        let mut errors: Vec<_> = self.operations.values().flat_map(BTreeMap::keys).collect();
        errors.retain(|result| result.starts_with('E'));
        errors.sort();
        errors.dedup();
        format!(
            "  {} of {total} rights and hooks, {} operations, {} different errors\n\n",
            total - missing,
            self.operations.len(),
            errors.len()
        )
    }
}

/// Lays out what one kind of operation ended with.
fn operation_row((name, results): (&String, &BTreeMap<String, usize>)) -> Vec<String> {
    let total: usize = results.values().sum();
    let numbers = results
        .iter()
        .filter(|(result, _)| result.parse::<i32>().is_ok());
    let succeeded: usize = numbers.map(|(_, count)| count).sum();
    let errors = results
        .keys()
        .filter(|result| result.starts_with('E'))
        .count();
    let numbers = [total, succeeded, errors].map(|number| number.to_string());
    [std::slice::from_ref(name), &numbers[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reached_is_all_missing() {
        assert_eq!(
            Coverage::default().missing().len(),
            rights().count() + HOOKS.len()
        );
    }

    #[test]
    fn a_way_needs_both_verdicts() {
        let hooks_and_ways = RING_HOOKS.len() * WAYS.len();
        assert_eq!(Coverage::default().missing_ways().len(), hooks_and_ways);
        let text = r#"{"sandboxed":{"Mkdir by ring":{"allowed":1,"denied":2}}}"#;
        let coverage: Coverage = serde_json::from_str(text).unwrap();
        assert_eq!(coverage.missing_ways().len(), hooks_and_ways - 1);
    }

    #[test]
    fn a_right_needs_both_verdicts() {
        let text = r#"{"rights":{"fs.refer":{"allowed":1,"denied":0}}}"#;
        let mut coverage: Coverage = serde_json::from_str(text).unwrap();
        assert!(
            coverage
                .missing()
                .iter()
                .any(|name| name.starts_with("fs.refer"))
        );
        let text = r#"{"rights":{"fs.refer":{"allowed":0,"denied":1}}}"#;
        coverage.add(&serde_json::from_str(text).unwrap());
        assert!(
            !coverage
                .missing()
                .iter()
                .any(|name| name.starts_with("fs.refer"))
        );
    }

    #[test]
    fn the_table_fits_a_terminal() {
        let text = r#"{"operations":{"CreateRuleset":{"0":100000,"EINVAL":200000}}}"#;
        let coverage: Coverage = serde_json::from_str(text).unwrap();
        assert!(coverage.table().lines().all(|line| line.len() <= 80));
    }
}
