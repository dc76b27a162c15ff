// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sandboxed process may only trace processes that are at least as sandboxed:
 * those of its domain and of domains nested in it.
 */

#include "common.h"

#include <signal.h>
#include <sys/ptrace.h>

/* Denies nothing that the tests do. */
#define HARMLESS LANDLOCK_ACCESS_FS_MAKE_BLOCK

FIXTURE(relation)
{
	/* Both ends of: parent to child, child to parent. */
	int to_child[2], to_parent[2];
};

FIXTURE_VARIANT(relation)
{
	/* How many layers are enforced: before fork(), then by each. */
	int both, parent, child;
	int parent_traces_child, child_traces_parent;
};

/* clang-format off */
#define RELATION(name, both_, parent_, child_, down_, up_)		\
	FIXTURE_VARIANT_ADD(relation, name) {				\
		.both = both_, .parent = parent_, .child = child_,	\
		.parent_traces_child = down_,				\
		.child_traces_parent = up_,				\
	}
/* clang-format on */

RELATION(no_domain, 0, 0, 0, 0, 0);
RELATION(only_child, 0, 0, 1, 0, EPERM);
RELATION(only_parent, 0, 1, 0, EPERM, 0);
RELATION(siblings, 0, 1, 1, EPERM, EPERM);
RELATION(same, 1, 0, 0, 0, 0);
RELATION(same_deep, 5, 0, 0, 0, 0);
RELATION(child_nested, 1, 0, 1, 0, EPERM);
RELATION(child_nested_deep, 1, 0, 15, 0, EPERM);
RELATION(parent_nested, 1, 1, 0, EPERM, 0);
RELATION(parent_nested_deep, 1, 15, 0, EPERM, 0);
RELATION(nested_siblings, 2, 1, 1, EPERM, EPERM);
RELATION(child_deeper_than_sibling, 1, 1, 3, EPERM, EPERM);

static void enforce_layers(struct __test_metadata *const _metadata, int count)
{
	while (count--)
		sandbox(_metadata, HARMLESS, NULL);
}

FIXTURE_SETUP(relation)
{
	ASSERT_EQ(0, pipe2(self->to_child, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(self->to_parent, O_CLOEXEC));
	enforce_layers(_metadata, variant->both);
}

FIXTURE_TEARDOWN(relation)
{
}

/* Attaches to a process, detaches from it, and returns errno, or 0. */
static int try_attach(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, 0))
		return errno;
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return -1;
	return ERR(ptrace(PTRACE_DETACH, pid, NULL, 0));
}

/* What a process that may be traced shows; /proc turns EPERM into EACCES. */
static int try_open_memory(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return try_open(path, O_RDONLY);
}

static int try_read_link(pid_t pid)
{
	char path[32], target[64];

	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	return ERR(readlink(path, target, sizeof(target)));
}

static void act_as_child(struct __test_metadata *const _metadata,
			 FIXTURE_DATA(relation) *const self,
			 const FIXTURE_VARIANT(relation) *const variant,
			 int (*act)(pid_t))
{
	enforce_layers(_metadata, variant->child);
	post(_metadata, self->to_parent);
	await(_metadata, self->to_child);
	if (act) {
		EXPECT_EQ(variant->child_traces_parent, act(getppid()));
	}
	_exit(0);
}

TEST_F(relation, parent_attaches)
{
	const pid_t child = fork();

	if (child == 0)
		act_as_child(_metadata, self, variant, NULL);
	enforce_layers(_metadata, variant->parent);
	await(_metadata, self->to_parent);
	EXPECT_EQ(variant->parent_traces_child, try_attach(child));
	post(_metadata, self->to_child);
	EXPECT_EQ(0, wait_for(_metadata, child));
}

TEST_F(relation, child_attaches)
{
	const pid_t child = fork();

	if (child == 0)
		act_as_child(_metadata, self, variant, try_attach);
	enforce_layers(_metadata, variant->parent);
	await(_metadata, self->to_parent);
	post(_metadata, self->to_child);
	EXPECT_EQ(0, wait_for(_metadata, child));
}

TEST_F(relation, child_asks_to_be_traced)
{
	const pid_t child = fork();

	enforce_layers(_metadata, child ? variant->parent : variant->child);
	if (child == 0) {
		await(_metadata, self->to_child);
		EXPECT_EQ(variant->parent_traces_child,
			  ERR(ptrace(PTRACE_TRACEME, 0, NULL, 0)));
		_exit(0);
	}
	post(_metadata, self->to_child);
	EXPECT_EQ(0, wait_for(_metadata, child));
}

TEST_F(relation, parent_looks_into_child)
{
	const int expected = variant->parent_traces_child ? EACCES : 0;
	const pid_t child = fork();

	if (child == 0)
		act_as_child(_metadata, self, variant, NULL);
	enforce_layers(_metadata, variant->parent);
	await(_metadata, self->to_parent);
	EXPECT_EQ(expected, try_open_memory(child));
	EXPECT_EQ(expected, try_read_link(child));
	post(_metadata, self->to_child);
	EXPECT_EQ(0, wait_for(_metadata, child));
}

/* Signals are not restricted by ABI 1. */
TEST_F(relation, parent_kills_child)
{
	const pid_t child = fork();
	int status;

	if (child == 0)
		act_as_child(_metadata, self, variant, NULL);
	enforce_layers(_metadata, variant->parent);
	await(_metadata, self->to_parent);
	EXPECT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

/* A process may always look at itself. */
TEST_F(relation, process_looks_into_itself)
{
	enforce_layers(_metadata, variant->parent);
	EXPECT_EQ(0, try_open_memory(getpid()));
	EXPECT_EQ(0, try_read_link(getpid()));
}

TEST_HARNESS_MAIN
