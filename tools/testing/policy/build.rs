// SPDX-License-Identifier: GPL-2.0-only

//! Decides what Kconfig decides in a kernel: KUnit tests run on the host too, and there is IPv6.

fn main() {
    for option in ["CONFIG_SECURITY_LANDLOCK_KUNIT_TEST", "CONFIG_IPV6"] {
        println!("cargo::rustc-cfg={option}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
