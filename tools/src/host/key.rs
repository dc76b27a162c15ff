// SPDX-License-Identifier: GPL-2.0-only

//! Keys of the cache: what a thing was made from, in 16 hexadecimal digits.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Collects the inputs of something that is derived.
#[derive(Default)]
pub struct Key(Sha256);

impl Key {
    /// Starts with no input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input under a `name`.
    pub fn add(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        self.0.update(format!("{name} {}\n", content.len()));
        self.0.update(content);
        self
    }

    /// Adds a file by its name and content.
    pub fn add_file(self, path: &Path) -> Result<Self> {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(self.add(&crate::host::place::name(path), content))
    }

    /// Returns the key.
    pub fn finish(self) -> String {
        let digest = self.0.finalize();
        digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_between_inputs_counts() {
        let one = Key::new().add("a", "bc").add("d", "").finish();
        let two = Key::new().add("a", "b").add("cd", "").finish();
        assert_ne!(one, two);
        assert_eq!(one.len(), 16);
    }
}
