// SPDX-License-Identifier: GPL-2.0-only

//! A row of the results.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::sample::Summary;

/// What is counted.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Instructions of the virtual machine.
    Instructions,
    /// Bytes of kernel memory.
    Bytes,
}

/// What one operation costs.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    name: &'a str,
    parameters: BTreeMap<&'a str, u64>,
    unit: Unit,
    #[serde(flatten)]
    summary: Summary,
}

impl<'a> Row<'a> {
    /// Makes the row of `name` with its parameters.
    pub fn new(name: &'a str, parameters: &[(&'a str, u64)], unit: Unit, summary: Summary) -> Self {
        Self {
            name,
            parameters: parameters.iter().copied().collect(),
            unit,
            summary,
        }
    }

    /// Prints the row for the host tool.
    pub fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// Prints the row of something that was measured in instructions.
pub fn print(name: &str, parameters: &[(&str, u64)], summary: Summary) -> Result<()> {
    Row::new(name, parameters, Unit::Instructions, summary).print()
}

/// Prints the row of something that was measured in bytes.
pub fn print_bytes(name: &str, parameters: &[(&str, u64)], summary: Summary) -> Result<()> {
    Row::new(name, parameters, Unit::Bytes, summary).print()
}
