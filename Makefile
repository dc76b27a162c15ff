# SPDX-License-Identifier: GPL-2.0-only
#
# What kernel people type. Each target is one call of the host tool (tools/),
# whose command line (tools/src/cli.rs) is what the lines with ## repeat.

FROM_HELP = $(shell sed -n 's/$(1)/\1/p' $(firstword $(MAKEFILE_LIST)))
TARGETS := $(call FROM_HELP,^## make \([a-z-]*\) .*)
VARIABLES := $(sort $(call FROM_HELP,^## \([A-Z_]*\)= .*))

.PHONY: help $(TARGETS)

help:
	@sed -n 's/^## \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

## make run           Build all from nothing, boot it, show what a sandbox denies
## make shell         Open a shell in a guest (IMPL=, ABI=, EXT=, WITH=, RUN=)
## make module        Build the module alone (KDIR=)
## make test          Run everything that must pass before a change lands
## make test-all      Run everything on each kernel, without bounds: hours
## make test-debug    Run the tests on a kernel that checks memory, locks, contexts
## make fresh         Type the README's commands on a new Debian 12 and 13 (T=)
## make compare       Compare C Landlock and Rust, side by side
## make check         Check style and rules of the code, without running it
## make htmldocs      Build the documents as HTML
## make rustdoc       Build the documentation of the module's Rust code as HTML
## make rust-analyzer Describe the module to rust-analyzer, for editors
## make coverage      Show which lines of the module the tests reach
## make policy        Test the policy on this machine, without a kernel
## make kunit         Run the unit tests within the module (IMPL=, ABI=, EXT=)
## make selftests     Run our tests of system calls (IMPL=, ABI=, EXT=, T=)
## make kselftest     Run the kernel's own Landlock tests (IMPL=, ABI=, EXT=, T=)
## make samples       Run the samples, and try to break out (IMPL=, ABI=, EXT=)
## make clients       Run programs of Debian that use Landlock (IMPL=, ABI=, T=)
## make fuzz          Run random programs on C and on Rust (SEED=, N=, ONLY=)
## make prove         Prove what holds for all inputs and orders (QUICK=, ONLY=)
## make race          Let something happen at each marked point (QUICK=, T=)
## make bench         Measure what a sandbox costs, C and Rust (IMPL=, BASELINE=)
## make native        Measure times on this processor, in User-Mode Linux
##
## KERNEL_SRC=        Use this tree of Linux 7.3 in place of Debian's package
## FLAVOR=            Use this kernel: plain, debug (checks memory) or wide
## IMPL=              Use this Landlock: c, rust (the module), builtin or debian
## ABI=               Let user space see this version of the ABI: 5
## EXT=               Offer the extensions, if this is not empty
## IMPL=              Run on this Landlock alone: c, rust, builtin or debian
## IMPL=              Measure this Landlock alone: c, rust, builtin or debian
## WITH=              Take this file or folder along, with its shared libraries
## RUN=               Run this command alone, and end with its exit status
## KDIR=              Build for the kernel in this build folder
## T=                 Take this Debian and user alone: trixie-sudo
## T=                 Run this test program alone: fs_test
## T=                 Run the cases of this client alone: setpriv
## T=                 Run these trials alone: drop.DropLast
## SEED=              Start with this seed
## N=                 Run this many programs, of about 400 operations each
## ONLY=              Run these programs alone: turns or pairs
## ONLY=              Check these proofs alone: litmus, symbolic, models, mutants
## QUICK=             Try no more than make test does, if this is not empty
## BASELINE=          Compare with these results of an earlier run

# A command is taken as it is: a $ in it is for the shell that runs it.
override RUN := $(value RUN)

# A variable that is empty is one that was not given.
unexport $(VARIABLES)
export $(foreach name,$(VARIABLES),$(if $($(name)),$(name)))

$(TARGETS):
	@tools/bootstrap.sh $@
