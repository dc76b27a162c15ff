// SPDX-License-Identifier: GPL-2.0-only

//! Switches the KUnit tests of the policy on, so that they run on the host as well.

fn main() {
    println!("cargo::rustc-cfg=CONFIG_SECURITY_LANDLOCK_KUNIT_TEST");
    println!("cargo::rerun-if-changed=build.rs");
}
