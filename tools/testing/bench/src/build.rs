// SPDX-License-Identifier: GPL-2.0-only

//! Making rulesets.

use anyhow::Result;
use landlock_uapi::net;

use crate::landlock::{Handled, Ruleset};
use crate::row;
use crate::sample::{self, Operation, Summary};
use crate::sandbox::Recipe;

/// How many rules the rulesets get.
const SIZES: [u64; 4] = [1, 9, 65, 513];

/// How many rulesets of each size are made.
const SAMPLES: usize = 15;

/// Making rulesets without rules.
#[derive(Default)]
struct Create {
    rulesets: Vec<Ruleset>,
}

impl Operation for Create {
    fn call(&mut self, _index: usize) -> Result<()> {
        self.rulesets.push(Recipe::empty()?);
        Ok(())
    }

    fn after(&mut self) -> Result<()> {
        self.rulesets.clear();
        Ok(())
    }
}

/// Measures the making of a ruleset, and the mean cost of a rule at each size.
pub fn measure() -> Result<()> {
    row::print(
        "create_ruleset",
        &[],
        sample::blocks(&mut Create::default())?,
    )?;
    for rules in SIZES {
        let recipe = Recipe::new(rules)?;
        let samples = (0..SAMPLES).map(|_| {
            let ruleset = Recipe::empty()?;
            Ok(sample::once(|| recipe.fill(&ruleset))? / rules as f64)
        });
        let summary = Summary::of(samples.collect::<Result<_>>()?);
        row::print("add_rule path", &[("rules", rules)], summary)?;
    }
    for rules in SIZES {
        let samples = (0..SAMPLES).map(|_| ports(rules));
        let summary = Summary::of(samples.collect::<Result<_>>()?);
        row::print("add_rule port", &[("rules", rules)], summary)?;
    }
    Ok(())
}

/// Returns the mean cost of one of `rules` rules on ports.
fn ports(rules: u64) -> Result<f64> {
    let handled = Handled::new(0, net::ALL, 0);
    let ruleset = Ruleset::create(&handled)?;
    let fill = || {
        (1..=rules as u16).try_for_each(|port| ruleset.allow_port(port, net::ALL))?;
        Ok(())
    };
    Ok(sample::once(fill)? / rules as f64)
}
