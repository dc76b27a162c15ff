// SPDX-License-Identifier: GPL-2.0-only

//! Rank 6: what C calls. Each function converts its arguments, calls one function, and converts
//! the result.
//!
//! The prototypes are in `shim/landlock_rs.h`; every function is checked against its own there.

mod argument;
mod hooks;
mod init;
#[cfg(CONFIG_SECURITY_LANDLOCK_RACE_TEST)]
mod marks;
mod syscalls;
mod uapi;

/// Checks at build time that `shim/landlock_rs.h` declares a function as it is defined here.
///
/// A safe function is given with its arguments, as `name(_, _)`: declarations are unsafe, and
/// before Rust 1.86 the two only have a common type if the safe one is cast.
macro_rules! assert_declared {
    ($($name:ident $(($($argument:tt),*))?),+ $(,)?) => {
        $(const _: () = {
            let defined = $name $(as unsafe extern "C" fn($($argument),*) -> _)?;

            // The two arms have the same type, or this does not compile.
            let _ = if true { crate::kapi::shim::$name } else { defined };
        };)+
    };
}
use assert_declared;
