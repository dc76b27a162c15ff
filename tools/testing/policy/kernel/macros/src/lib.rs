// SPDX-License-Identifier: GPL-2.0-only

//! The attribute of KUnit tests, for tests on the host.

use proc_macro::TokenStream;

/// Makes a KUnit suite an ordinary module of tests.
#[proc_macro_attribute]
pub fn kunit_tests(_suite: TokenStream, module: TokenStream) -> TokenStream {
    let mut tests: TokenStream = "#[cfg(test)]".parse().expect("this is an attribute");

    tests.extend(module);
    tests
}
