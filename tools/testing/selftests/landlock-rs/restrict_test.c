// SPDX-License-Identifier: GPL-2.0-only
/* landlock_restrict_self(2): who may call it, layers, and who inherits. */

#include "common.h"

#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>

#define DIR BASE "/dir"
#define ALLOWED DIR "/file"
#define DENIED BASE "/denied"

#define READ LANDLOCK_ACCESS_FS_READ_FILE

/* This binary, run with PROBE_ARG and a path, exits with the errno of open. */
#define PROBE_ARG "--probe"

static void make_tree(struct __test_metadata *const _metadata)
{
	mount_base(_metadata);
	make_dir(_metadata, DIR);
	make_file(_metadata, ALLOWED);
	make_file(_metadata, DENIED);
}

/* A ruleset that only allows to read what is in DIR. */
static int dir_ruleset(struct __test_metadata *const _metadata)
{
	const int fd = new_ruleset(_metadata, READ);

	add_path(_metadata, fd, DIR, READ);
	return fd;
}

#define EXPECT_SANDBOXED()                                   \
	do {                                                 \
		EXPECT_EQ(0, try_open(ALLOWED, O_RDONLY));   \
		EXPECT_EQ(EACCES, try_open(DENIED, O_RDONLY)); \
	} while (0)

#define EXPECT_FREE()                                      \
	do {                                               \
		EXPECT_EQ(0, try_open(ALLOWED, O_RDONLY)); \
		EXPECT_EQ(0, try_open(DENIED, O_RDONLY));  \
	} while (0)

/* Who may call it */

FIXTURE(privilege)
{
	int ruleset_fd;
};

FIXTURE_VARIANT(privilege)
{
	bool no_new_privs, caps, user_ns;
	int expected;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(privilege, none) {
	/* clang-format on */
	.expected = EPERM,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(privilege, no_new_privs) {
	/* clang-format on */
	.no_new_privs = true,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(privilege, caps) {
	/* clang-format on */
	.caps = true,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(privilege, both) {
	/* clang-format on */
	.no_new_privs = true,
	.caps = true,
};

/* The capability counts in the own user namespace. */
/* clang-format off */
FIXTURE_VARIANT_ADD(privilege, caps_in_user_ns) {
	/* clang-format on */
	.user_ns = true,
};

FIXTURE_SETUP(privilege)
{
	make_tree(_metadata);
	self->ruleset_fd = dir_ruleset(_metadata);
	if (!variant->caps) {
		ASSERT_EQ(0, drop_caps());
	}
	if (variant->user_ns) {
		ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	}
	if (variant->no_new_privs) {
		ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	}
}

FIXTURE_TEARDOWN_PARENT(privilege)
{
}

TEST_F(privilege, is_checked)
{
	EXPECT_EQ(variant->expected, ERR(restrict_self(self->ruleset_fd, 0)));
	if (variant->expected)
		EXPECT_FREE();
	else
		EXPECT_SANDBOXED();
	EXPECT_EQ(variant->no_new_privs,
		  prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

TEST_F(privilege, is_checked_after_flags_and_before_the_descriptor)
{
	/* Before, there was no flag that could replace a privilege. */
	const int first = abi_version() >= 11 ? 0 : variant->expected;

	EXPECT_EQ(first ?: EINVAL, ERR(restrict_self(-1, 1U << 31)));
	EXPECT_EQ(variant->expected ?: EBADF, ERR(restrict_self(-1, 0)));
	EXPECT_EQ(variant->expected ?: EBADFD,
		  ERR(restrict_self(STDERR_FILENO, 0)));
}

/* Creating a ruleset and adding rules needs nothing. */
TEST_F(privilege, is_not_needed_to_prepare)
{
	EXPECT_LE(0, dir_ruleset(_metadata));
}

/* Arguments */

FIXTURE(restriction)
{
	int ruleset_fd;
};

FIXTURE_SETUP(restriction)
{
	make_tree(_metadata);
	self->ruleset_fd = dir_ruleset(_metadata);
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

FIXTURE_TEARDOWN_PARENT(restriction)
{
}

TEST_F(restriction, flags_must_be_known)
{
	const __u32 known = known_restrict_flags(abi_version());
	__u32 flag;

	for (flag = 1; flag; flag <<= 1) {
		if (flag & known)
			continue;
		EXPECT_EQ(EINVAL, ERR(restrict_self(self->ruleset_fd, flag)));
	}
	EXPECT_EQ(EINVAL, ERR(restrict_self(self->ruleset_fd, ~0)));
	EXPECT_FREE();
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_SANDBOXED();
}

TEST_F(restriction, ruleset_must_be_one)
{
	const int dir_fd = open(DIR, O_DIRECTORY | O_CLOEXEC);
	const int path_fd = open(DIR, O_PATH | O_CLOEXEC);

	EXPECT_EQ(EBADFD, ERR(restrict_self(dir_fd, 0)));
	EXPECT_EQ(EBADF, ERR(restrict_self(path_fd, 0)));
	EXPECT_EQ(EBADF, ERR(restrict_self(-1, 0)));
	EXPECT_EQ(EBADF, ERR(restrict_self(AT_FDCWD, 0)));
	EXPECT_EQ(EBADF, ERR(restrict_self(1 << 20, 0)));
	EXPECT_FREE();
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_SANDBOXED();
}

/* Rulesets and domains */

TEST_F(restriction, ruleset_may_be_closed)
{
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_EQ(0, close(self->ruleset_fd));
	EXPECT_SANDBOXED();
}

TEST_F(restriction, ruleset_without_rules_denies_all)
{
	sandbox(_metadata, READ, NULL);
	EXPECT_EQ(EACCES, try_open(ALLOWED, O_RDONLY));
	EXPECT_EQ(EACCES, try_open("/proc/self/status", O_RDONLY));
	EXPECT_EQ(0, try_open(ALLOWED, O_WRONLY));
}

TEST_F(restriction, later_rules_do_not_change_a_domain)
{
	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	add_path(_metadata, self->ruleset_fd, BASE, READ);
	EXPECT_SANDBOXED();
}

TEST_F(restriction, later_rules_change_later_domains)
{
	const pid_t child = fork();

	if (child == 0) {
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
		EXPECT_SANDBOXED();
		_exit(0);
	}
	ASSERT_EQ(0, wait_for(_metadata, child));
	EXPECT_FREE();

	add_path(_metadata, self->ruleset_fd, DENIED, READ);
	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_FREE();
	EXPECT_EQ(EACCES, try_open("/proc/self/status", O_RDONLY));
}

TEST_F(restriction, nothing_is_gained_by_another_layer)
{
	const struct rule all[] = { { "/", ABI1 }, {} };

	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	sandbox(_metadata, ABI1, all);
	EXPECT_SANDBOXED();
	sandbox(_metadata, READ, NULL);
	EXPECT_EQ(EACCES, try_open(ALLOWED, O_RDONLY));
}

TEST_F(restriction, sixteen_layers)
{
	int layer;

	for (layer = 0; layer < MAX_LAYERS; layer++) {
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
		EXPECT_SANDBOXED();
	}
	for (layer = 0; layer < 3; layer++) {
		EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, 0)));
		EXPECT_SANDBOXED();
	}
}

TEST_F(restriction, too_many_layers_is_the_last_check)
{
	int layer;

	for (layer = 0; layer < MAX_LAYERS; layer++)
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_EQ(EINVAL, ERR(restrict_self(self->ruleset_fd, 1U << 31)));
	EXPECT_EQ(EBADF, ERR(restrict_self(-1, 0)));
	EXPECT_EQ(EBADFD, ERR(restrict_self(STDERR_FILENO, 0)));
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, 0)));
}

/* A child has the layers of its parent, and adds its own to them. */
TEST_F(restriction, layers_are_counted_over_fork)
{
	int layer;

	for (layer = 0; layer < MAX_LAYERS; layer++) {
		pid_t child;

		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
		child = fork();
		if (child)
			_exit(wait_for(_metadata, child));
	}
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_SANDBOXED();
}

/* Inheritance */

TEST_F(restriction, child_inherits)
{
	pid_t child;

	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	child = fork();
	if (child == 0) {
		EXPECT_SANDBOXED();
		_exit(0);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
	EXPECT_SANDBOXED();
}

TEST_F(restriction, parent_is_not_affected)
{
	const pid_t child = fork();

	if (child == 0) {
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
		EXPECT_SANDBOXED();
		_exit(0);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
	EXPECT_FREE();
}

TEST_F(restriction, credential_changes_keep_the_domain)
{
	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	ASSERT_EQ(0, setgid(1));
	EXPECT_SANDBOXED();
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_SANDBOXED();
	ASSERT_EQ(0, drop_caps());
	EXPECT_SANDBOXED();
}

/* Runs this binary to open @path, and returns what it saw. */
static int probe(struct __test_metadata *const _metadata, const char *path,
		 bool spawn)
{
	char *const argv[] = { "probe", PROBE_ARG, (char *)path, NULL };
	char *const envp[] = { NULL };
	pid_t child;

	if (spawn) {
		/* This uses CLONE_VM | CLONE_VFORK. */
		ASSERT_EQ(0, posix_spawn(&child, "/proc/self/exe", NULL, NULL,
					 argv, envp));
		return wait_for(_metadata, child);
	}
	child = fork();
	if (child == 0) {
		execve("/proc/self/exe", argv, envp);
		_exit(255);
	}
	return wait_for(_metadata, child);
}

/* The rulesets below allow this binary to be read and run. */
static void allow_exe(struct __test_metadata *const _metadata, int ruleset_fd)
{
	add_path(_metadata, ruleset_fd, "/proc/self/exe", READ);
}

TEST_F(restriction, program_inherits)
{
	EXPECT_EQ(0, probe(_metadata, DENIED, false));
	allow_exe(_metadata, self->ruleset_fd);
	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_EQ(0, probe(_metadata, ALLOWED, false));
	EXPECT_EQ(EACCES, probe(_metadata, DENIED, false));
}

TEST_F(restriction, spawned_program_inherits)
{
	EXPECT_EQ(0, probe(_metadata, DENIED, true));
	allow_exe(_metadata, self->ruleset_fd);
	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_EQ(0, probe(_metadata, ALLOWED, true));
	EXPECT_EQ(EACCES, probe(_metadata, DENIED, true));
}

/* vfork() shares memory, but not credentials. */
TEST_F(restriction, vfork_child_does_not_affect_its_parent)
{
	const int fd = self->ruleset_fd;
	const pid_t child = vfork();

	if (child == 0) {
		if (restrict_self(fd, 0))
			_exit(1);
		_exit(try_open(DENIED, O_RDONLY));
	}
	EXPECT_EQ(EACCES, wait_for(_metadata, child));
	EXPECT_FREE();
}

/* Threads */

struct thread {
	pthread_t id;
	sem_t go;
	/* The ruleset to enforce first, or -1. */
	int ruleset_fd;
	int err, allowed, denied;
};

static void *run_thread(void *const data)
{
	struct thread *const thread = data;

	sem_wait(&thread->go);
	if (thread->ruleset_fd >= 0)
		thread->err = ERR(restrict_self(thread->ruleset_fd, 0));
	thread->allowed = try_open(ALLOWED, O_RDONLY);
	thread->denied = try_open(DENIED, O_RDONLY);
	return NULL;
}

static void start(struct __test_metadata *const _metadata,
		  struct thread *const thread, int ruleset_fd)
{
	*thread = (struct thread){ .ruleset_fd = ruleset_fd };
	ASSERT_EQ(0, sem_init(&thread->go, 0, 0));
	ASSERT_EQ(0, pthread_create(&thread->id, NULL, run_thread, thread));
}

static void finish(struct __test_metadata *const _metadata,
		   struct thread *const thread)
{
	ASSERT_EQ(0, sem_post(&thread->go));
	ASSERT_EQ(0, pthread_join(thread->id, NULL));
}

TEST_F(restriction, later_thread_inherits)
{
	struct thread thread;

	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	start(_metadata, &thread, -1);
	finish(_metadata, &thread);
	EXPECT_EQ(0, thread.allowed);
	EXPECT_EQ(EACCES, thread.denied);
}

TEST_F(restriction, earlier_thread_is_not_affected)
{
	struct thread thread;

	start(_metadata, &thread, -1);
	ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	finish(_metadata, &thread);
	EXPECT_EQ(0, thread.allowed);
	EXPECT_EQ(0, thread.denied);
	EXPECT_SANDBOXED();
}

TEST_F(restriction, thread_restricts_itself_alone)
{
	struct thread restricted, other;

	start(_metadata, &restricted, self->ruleset_fd);
	start(_metadata, &other, -1);
	finish(_metadata, &restricted);
	finish(_metadata, &other);
	EXPECT_EQ(0, restricted.err);
	EXPECT_EQ(0, restricted.allowed);
	EXPECT_EQ(EACCES, restricted.denied);
	EXPECT_EQ(0, other.denied);
	EXPECT_FREE();
}

TEST_F(restriction, threads_share_a_ruleset)
{
	struct thread threads[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		start(_metadata, &threads[i], self->ruleset_fd);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, sem_post(&threads[i].go));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_join(threads[i].id, NULL));
		EXPECT_EQ(0, threads[i].err);
		EXPECT_EQ(0, threads[i].allowed);
		EXPECT_EQ(EACCES, threads[i].denied);
	}
	EXPECT_FREE();
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], PROBE_ARG))
		return try_open(argv[2], O_RDONLY);
	return test_harness_run(argc, argv);
}
