# SPDX-License-Identifier: GPL-2.0-only
#
# What kernel people type. Each target is one call of the host tool (tools/),
# which says more with: make help

TARGETS := run shell module kselftest selftests kunit policy bench native compare fuzz prove race \
	check test test-all test-debug coverage htmldocs fresh

# What a target can be told: make kselftest IMPL=c T=fs_test
export KERNEL_SRC KDIR IMPL FLAVOR T BASELINE SEED N QUICK ONLY

.PHONY: help $(TARGETS)

help:
	@sed -n 's/^## //p' Makefile

## make run         from nothing: get, build and boot all of it, show what it does
## make shell       a shell in a virtual machine (IMPL=c: with C Landlock)
## make module      only the module (KDIR=: against another kernel)
## make test        all that must pass before a change lands
## make test-all    the same and all of fuzz, prove, race, test-debug, for hours
## make test-debug  tests on a kernel that checks memory, locks and contexts
## make fresh       the two commands of the README on a new Debian (T=trixie-sudo)
## make compare     C Landlock and Rust side by side: out/compare.html
## make check       style and rules of the code, without running it
## make htmldocs    the documents as HTML: out/htmldocs/index.html
## make coverage    lines of the module that the tests reach
## make policy      tests of the policy, on this machine
## make kunit       tests within the module
## make selftests   tests of the system calls (T=fs_rights_test: one suite)
## make fuzz        random programs on C and on Rust (SEED=, N=, ONLY=pairs)
## make prove       proofs, for all inputs and orders of memory (QUICK=1, ONLY=litmus)
## make race        something happens at each marked point (QUICK=1, T=drop.DropLast)
## make kselftest   the kernel's own tests, unchanged (IMPL=c, T=fs_test)
## make bench       what a sandbox costs, C and Rust (IMPL=c, BASELINE=file)
## make native      times on this processor, C and Rust (User-Mode Linux)
##
## KERNEL_SRC= uses a tree of Linux 7.3 in place of Debian's package.

$(TARGETS):
	@tools/bootstrap.sh $@
