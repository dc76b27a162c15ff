// SPDX-License-Identifier: GPL-2.0-only

//! As much of the kernel's crate of this name as the pure policy uses.
//!
//! What is here behaves as in the kernel, and what the kernel does not have is not here: policy
//! that compiles against this crate compiles against that one.
#![no_std]

pub mod prelude {
    //! Where the kernel has the attribute of KUnit tests.
    pub use macros::kunit_tests;
}

pub mod bits {
    //! Single bits.

    /// Returns bit `n`; it does not compile, or panics, where there is none.
    pub const fn bit_u32(n: u32) -> u32 {
        1 << n
    }

    /// As [`bit_u32`], of a longer integer.
    pub const fn bit_u64(n: u32) -> u64 {
        1 << n
    }
}

pub mod num {
    //! Integers that are known to be small.

    /// An unsigned integer that fits `N` bits.
    #[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Bounded<T, const N: u32>(T);

    impl<T: Copy, const N: u32> Bounded<T, N> {
        /// Wraps `value` if it fits.
        pub fn try_new(value: T) -> Option<Self>
        where
            u128: TryFrom<T>,
        {
            let wide = u128::try_from(value).ok()?;

            (wide >> N == 0).then_some(Self(value))
        }

        /// Returns the integer.
        pub const fn get(self) -> T {
            self.0
        }
    }

    impl<T, const N: u32> core::ops::Deref for Bounded<T, N> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    macro_rules! impl_new {
        ($($int:ty)*) => { $(
            impl<const N: u32> Bounded<$int, N> {
                /// Wraps a constant; one that does not fit does not compile.
                pub const fn new<const VALUE: $int>() -> Self {
                    const { assert!(N >= <$int>::BITS || VALUE >> N == 0) };
                    Self(VALUE)
                }
            }
        )* };
    }
    impl_new!(u8 u16 u32 u64 usize);
}

/// Makes a type for single flags and one for sets of them.
#[macro_export]
macro_rules! impl_flags {
    (
        $(#[$set_meta:meta])* $set_vis:vis struct $set:ident($int:ty);
        $(#[$flag_meta:meta])* $flag_vis:vis enum $flag:ident {
            $( $(#[$meta:meta])* $name:ident = $bit:expr ),+ $(,)?
        }
    ) => {
        $(#[$set_meta])* #[repr(transparent)] $set_vis struct $set($int);
        $(#[$flag_meta])* #[repr($int)] $flag_vis enum $flag { $( $(#[$meta])* $name = $bit ),+ }

        #[allow(dead_code)]
        impl $set {
            /// Returns the set without a flag.
            pub const fn empty() -> Self { Self(0) }
            /// Returns the bits of all flags.
            pub const fn all_bits() -> $int { $( $bit )|+ }
            /// Returns whether the set has `flag`.
            pub fn contains(self, flag: $flag) -> bool { self.contains_all(flag.into()) }
            /// Returns whether the set has at least one of `flags`.
            pub fn contains_any(self, flags: Self) -> bool { self.0 & flags.0 != 0 }
            /// Returns whether the set has every one of `flags`.
            pub fn contains_all(self, flags: Self) -> bool { flags.0 & !self.0 == 0 }
        }

        impl From<$flag> for $set { fn from(flag: $flag) -> Self { Self(flag as $int) } }
        impl From<$set> for $int { fn from(set: $set) -> Self { set.0 } }

        $crate::impl_flags!(@operators $set, $flag; BitOr bitor BitOrAssign bitor_assign |);
        $crate::impl_flags!(@operators $set, $flag; BitAnd bitand BitAndAssign bitand_assign &);
        $crate::impl_flags!(@operators $set, $flag; BitXor bitxor BitXorAssign bitxor_assign ^);

        impl core::ops::Not for $set {
            type Output = $set;
            fn not(self) -> $set { $set(!self.0 & $set::all_bits()) }
        }
        impl core::ops::Not for $flag {
            type Output = $set;
            fn not(self) -> $set { !$set::from(self) }
        }
    };

    // An operator, between two sets, a set and a flag, and two flags; but for a flag and a set.
    (@operators $set:ident, $flag:ident; $op:ident $fun:ident $assign:ident $assign_fun:ident $sign:tt) => {
        $crate::impl_flags!(@binary $set, $set, $set; $op $fun $sign);
        $crate::impl_flags!(@binary $set, $flag, $set; $op $fun $sign);
        $crate::impl_flags!(@binary $flag, $flag, $set; $op $fun $sign);
        $crate::impl_flags!(@assign $set, $set; $assign $assign_fun $sign);
        $crate::impl_flags!(@assign $set, $flag; $assign $assign_fun $sign);
    };
    (@binary $left:ty, $right:ty, $set:ident; $op:ident $fun:ident $sign:tt) => {
        impl core::ops::$op<$right> for $left {
            type Output = $set;
            fn $fun(self, right: $right) -> $set {
                let (left, right) = ($set::from(self), $set::from(right));
                $set(left.0 $sign right.0)
            }
        }
    };
    (@assign $left:ty, $right:ty; $op:ident $fun:ident $sign:tt) => {
        impl core::ops::$op<$right> for $left {
            fn $fun(&mut self, right: $right) { *self = *self $sign right; }
        }
    };
}
