// SPDX-License-Identifier: GPL-2.0-only
/*
 * What landlock-rs offers besides Landlock: all of it if EXT is in the
 * environment, and otherwise nothing, as C Landlock.
 */

#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/un.h>

#include "landlock_rs.h"

#define ALL \
	(LANDLOCK_RS_EXTENSION_PERMISSIVE | LANDLOCK_RS_EXTENSION_NO_INHERIT)

#define PERMISSIVE LANDLOCK_RS_RESTRICT_SELF_PERMISSIVE
#define NO_INHERIT LANDLOCK_RS_ADD_RULE_NO_INHERIT

#define PORT 4242

static bool is_extended(void)
{
	return getenv("EXT");
}

/* Returns the errno of a query, or 0. */
static int try_query(__u32 flags)
{
	return ERR(create_ruleset(NULL, 0, flags));
}

TEST(query)
{
	const __u32 flag = LANDLOCK_RS_CREATE_RULESET_EXTENSIONS;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = 1 };
	const int extensions = create_ruleset(NULL, 0, flag);

	if (is_extended()) {
		EXPECT_EQ(ALL, extensions);
	} else {
		EXPECT_EQ(EINVAL, ERR(extensions));
	}
	/* A query has no attributes, and asks for one thing. */
	EXPECT_EQ(EINVAL, ERR(create_ruleset(&attr, sizeof(attr), flag)));
	EXPECT_EQ(EINVAL, ERR(create_ruleset(NULL, sizeof(attr), flag)));
	EXPECT_EQ(EINVAL, ERR(create_ruleset(&attr, 0, flag)));
	EXPECT_EQ(EINVAL,
		  try_query(flag | LANDLOCK_CREATE_RULESET_VERSION));
	EXPECT_EQ(EINVAL, try_query(flag >> 1));
}

/* Permissive layers */

/* Actions that a sandbox denies which handles everything; each returns an errno, or 0. */

static int do_read(void)
{
	return try_open(BASE "/from/file", O_RDONLY);
}

static int do_write(void)
{
	return try_open(BASE "/from/file", O_WRONLY);
}

/* The rights to read and to truncate are checked when the file is opened. */
static int do_ftruncate(void)
{
	const int fd = open(BASE "/from/file", O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = ERR(ftruncate(fd, 1));
	close(fd);
	return err;
}

static int do_truncate(void)
{
	return ERR(truncate(BASE "/from/file", 1));
}

static int do_mkdir(void)
{
	return ERR(mkdir(BASE "/from/dir", 0700));
}

static int do_rename(void)
{
	return ERR(rename(BASE "/from/file", BASE "/from/renamed"));
}

static int do_move(void)
{
	return ERR(rename(BASE "/from/file", BASE "/to/moved"));
}

static int do_link(void)
{
	return ERR(link(BASE "/from/file", BASE "/to/linked"));
}

static int do_mount(void)
{
	return ERR(mount("landlock-rs", BASE "/to", "tmpfs", 0, NULL));
}

static int do_umount(void)
{
	return ERR(umount(BASE "/mounted"));
}

static int do_signal(void)
{
	return ERR(kill(getppid(), 0));
}

static int do_ptrace(void)
{
	const pid_t parent = getppid();
	const int err = ERR(ptrace(PTRACE_SEIZE, parent, NULL, NULL));

	if (!err)
		ptrace(PTRACE_DETACH, parent, NULL, NULL);
	return err;
}

static int do_connect(int family, const void *address, socklen_t size)
{
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int err = ERR(connect(fd, address, size));

	close(fd);
	return err;
}

static const struct sockaddr_un abstract_address = {
	.sun_family = AF_UNIX,
	.sun_path = "\0extensions_test",
};

static const struct sockaddr_un path_address = {
	.sun_family = AF_UNIX,
	.sun_path = BASE "/to/socket",
};

static int do_connect_abstract(void)
{
	return do_connect(AF_UNIX, &abstract_address, sizeof(abstract_address));
}

static int do_connect_path(void)
{
	return do_connect(AF_UNIX, &path_address, sizeof(path_address));
}

static int do_bind(void)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int err = ERR(bind(fd, (const void *)&address, sizeof(address)));

	close(fd);
	return err;
}

FIXTURE(permissive)
{
	int ruleset_fd, sockets[2];
};

FIXTURE_VARIANT(permissive)
{
	int (*act)(void);
	/* What an enforcing layer answers, since this version of the ABI. */
	int denial, since;
};

/* clang-format off */
#define PERMISSIVE_ACTION(name, denial_, since_)			\
	FIXTURE_VARIANT_ADD(permissive, name) {				\
		.act = do_##name, .denial = denial_, .since = since_,	\
	}
/* clang-format on */

PERMISSIVE_ACTION(read, EACCES, 1);
PERMISSIVE_ACTION(write, EACCES, 1);
PERMISSIVE_ACTION(ftruncate, EACCES, 1);
PERMISSIVE_ACTION(truncate, EACCES, 3);
PERMISSIVE_ACTION(mkdir, EACCES, 1);
PERMISSIVE_ACTION(rename, EACCES, 1);
PERMISSIVE_ACTION(move, EACCES, 2);
PERMISSIVE_ACTION(link, EACCES, 2);
PERMISSIVE_ACTION(mount, EPERM, 1);
PERMISSIVE_ACTION(umount, EPERM, 1);
PERMISSIVE_ACTION(signal, EPERM, 6);
PERMISSIVE_ACTION(ptrace, EPERM, 1);
PERMISSIVE_ACTION(connect_abstract, EPERM, 6);
PERMISSIVE_ACTION(connect_path, EACCES, 9);
PERMISSIVE_ACTION(bind, EACCES, 4);

static int listen_at(struct __test_metadata *const _metadata,
		     const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ERR(bind(fd, (const void *)address, sizeof(*address))));
	ASSERT_EQ(0, ERR(listen(fd, 10)));
	return fd;
}

FIXTURE_SETUP(permissive)
{
	const int abi = abi_version();
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_fs(abi),
		.handled_access_net = known_net(abi),
		.scoped = known_scopes(abi),
	};

	mount_base(_metadata);
	make_dir(_metadata, BASE "/from");
	make_dir(_metadata, BASE "/to");
	make_dir(_metadata, BASE "/mounted");
	make_file(_metadata, BASE "/from/file");
	ASSERT_EQ(0, mount("landlock-rs", BASE "/mounted", "tmpfs", 0, NULL));
	make_network(_metadata);
	self->sockets[0] = listen_at(_metadata, &abstract_address);
	self->sockets[1] = listen_at(_metadata, &path_address);
	self->ruleset_fd = create_ruleset(&attr, known_attr_size(abi), 0);
	ASSERT_LE(0, self->ruleset_fd);
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

FIXTURE_TEARDOWN_PARENT(permissive)
{
}

/* Enforces layers with @flags, which -1 ends, then acts. Returns the errno, or -1. */
static int act_in(struct __test_metadata *const _metadata, int ruleset_fd,
		  int (*act)(void), const int *flags)
{
	const pid_t child = fork();

	if (!child) {
		for (; *flags != -1; flags++) {
			if (restrict_self(ruleset_fd, *flags))
				_exit(255);
		}
		_exit(act());
	}
	return wait_for(_metadata, child);
}

static int expected_denial(const FIXTURE_VARIANT(permissive) *const variant)
{
	const int abi = abi_version();

	/* In ABI 1 no rule could grant a change of directory. */
	if (abi == 1 && (variant->act == do_move || variant->act == do_link))
		return EXDEV;
	return abi >= variant->since ? variant->denial : 0;
}

TEST_F(permissive, denies_nothing)
{
	const int expected = expected_denial(variant);
	const int permissive[] = { PERMISSIVE, PERMISSIVE, -1 };
	const int inner[] = { 0, PERMISSIVE, -1 };
	const int outer[] = { PERMISSIVE, 0, -1 };
	const int enforcing[] = { 0, -1 };
	const int fd = self->ruleset_fd;

	/* Denied first: an action can only be done once. */
	EXPECT_EQ(expected, act_in(_metadata, fd, variant->act, enforcing));
	if (!is_extended()) {
		EXPECT_EQ(EINVAL, ERR(restrict_self(fd, PERMISSIVE)));
		return;
	}
	if (expected) {
		EXPECT_EQ(expected, act_in(_metadata, fd, variant->act, inner));
		EXPECT_EQ(expected, act_in(_metadata, fd, variant->act, outer));
		EXPECT_EQ(0, act_in(_metadata, fd, variant->act, permissive));
	}
}

/* A permissive layer grants nothing that another one denies, nor does it stop to be one. */
TEST_F(permissive, is_a_layer)
{
	int i;

	for (i = 0; i < MAX_LAYERS; i++) {
		EXPECT_EQ(is_extended() ? 0 : EINVAL,
			  ERR(restrict_self(self->ruleset_fd, PERMISSIVE)));
	}
	EXPECT_EQ(is_extended() ? E2BIG : EINVAL,
		  ERR(restrict_self(self->ruleset_fd, PERMISSIVE)));
	EXPECT_EQ(0, variant->act());
	/* It is about a new layer, so it needs a ruleset. */
	EXPECT_EQ(is_extended() ? EBADF : EINVAL,
		  ERR(restrict_self(-1, PERMISSIVE)));
}

/* Rules that let nothing be inherited: home/secret below an allowed home. */

#define HOME BASE "/home"
#define SECRET HOME "/secret"
#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define WRITE LANDLOCK_ACCESS_FS_WRITE_FILE

FIXTURE(no_inherit)
{
	__u64 all;
};

FIXTURE_SETUP(no_inherit)
{
	self->all = known_fs(abi_version());
	mount_base(_metadata);
	make_dir(_metadata, HOME);
	make_dir(_metadata, HOME "/other");
	make_dir(_metadata, SECRET);
	make_dir(_metadata, SECRET "/dir");
	make_file(_metadata, HOME "/file");
	make_file(_metadata, SECRET "/key");
	make_file(_metadata, SECRET "/dir/key");
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

FIXTURE_TEARDOWN_PARENT(no_inherit)
{
}

static int add_flagged(int ruleset_fd, const char *path, __u64 access,
		       __u32 flags)
{
	struct landlock_path_beneath_attr attr = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	const int type = LANDLOCK_RULE_PATH_BENEATH;
	const int err = ERR(add_rule(ruleset_fd, type, &attr, flags));

	close(attr.parent_fd);
	return err;
}

/*
 * Makes a ruleset that allows all in HOME, and lets nothing of it be inherited at
 * @path, which is granted @access.  Returns -1 without extensions.
 */
static int make_stopped(struct __test_metadata *const _metadata, __u64 all,
			const char *path, __u64 access)
{
	const int fd = new_ruleset(_metadata, all);

	add_path(_metadata, fd, HOME, all);
	EXPECT_EQ(is_extended() ? 0 : EINVAL,
		  add_flagged(fd, path, access, NO_INHERIT));
	if (is_extended())
		return fd;
	ASSERT_EQ(0, close(fd));
	return -1;
}

TEST_F(no_inherit, denies_below_an_allowed_directory)
{
	const int fd = make_stopped(_metadata, self->all, SECRET, 0);

	EXPECT_EQ(0, try_open(SECRET "/key", O_RDWR));
	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(EACCES, try_open(SECRET "/key", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(SECRET "/key", O_WRONLY));
	EXPECT_EQ(EACCES, try_open(SECRET "/dir/key", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(SECRET, O_RDONLY | O_DIRECTORY));
	EXPECT_EQ(EACCES, ERR(mkdir(SECRET "/new", 0700)));
	EXPECT_EQ(EACCES, ERR(unlink(SECRET "/key")));
	EXPECT_EQ(EACCES, ERR(rename(SECRET "/key", SECRET "/renamed")));
	/* What is beside it is allowed. */
	EXPECT_EQ(0, try_open(HOME "/file", O_RDWR));
	EXPECT_EQ(0, try_open(HOME, O_RDONLY | O_DIRECTORY));
	EXPECT_EQ(0, ERR(mkdir(HOME "/new", 0700)));
	EXPECT_EQ(0, ERR(rename(HOME "/file", HOME "/renamed")));
}

TEST_F(no_inherit, what_rules_at_and_beneath_it_grant_counts)
{
	const int fd = make_stopped(_metadata, self->all, SECRET, READ);

	if (fd < 0)
		return;
	ASSERT_EQ(0, add_flagged(fd, SECRET "/dir", WRITE, 0));
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(0, try_open(SECRET "/key", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(SECRET "/key", O_WRONLY));
	EXPECT_EQ(0, try_open(SECRET "/dir/key", O_RDWR));
	EXPECT_EQ(EACCES, ERR(unlink(SECRET "/dir/key")));
}

TEST_F(no_inherit, file_by_all_of_its_names)
{
	int fd;

	ASSERT_EQ(0, link(SECRET "/key", HOME "/other/key"));
	fd = make_stopped(_metadata, self->all, SECRET "/key", READ);
	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(0, try_open(HOME "/other/key", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(HOME "/other/key", O_WRONLY));
	EXPECT_EQ(EACCES, try_open(SECRET "/key", O_WRONLY));
	EXPECT_EQ(0, try_open(SECRET "/dir/key", O_WRONLY));
}

/* In another layer, rules further up count. */
TEST_F(no_inherit, is_about_one_layer)
{
	const struct rule home[] = { { HOME, self->all }, {} };
	const int fd = make_stopped(_metadata, READ, SECRET, READ);

	sandbox(_metadata, self->all, home);
	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(0, try_open(SECRET "/key", O_RDWR));
	EXPECT_EQ(0, try_open(HOME "/file", O_RDWR));
}

/* Truncation is decided when the file is opened. */
TEST_F(no_inherit, open_files_remember)
{
	int fd, file;

	if (abi_version() < 3)
		return;
	fd = make_stopped(_metadata, self->all, SECRET, READ | WRITE);
	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	file = open(SECRET "/key", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, file);
	EXPECT_EQ(EACCES, ERR(ftruncate(file, 0)));
	EXPECT_EQ(0, close(file));
	file = open(HOME "/file", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, file);
	EXPECT_EQ(0, ERR(ftruncate(file, 0)));
	EXPECT_EQ(0, close(file));
}

/* A file does not gain what it does not inherit where it is. */
TEST_F(no_inherit, no_file_gains_a_right_by_a_move)
{
	const __u64 all_but_write = self->all & ~WRITE;
	int fd;

	if (abi_version() < 2)
		return;
	fd = make_stopped(_metadata, self->all, SECRET, all_but_write);
	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(EXDEV, ERR(rename(SECRET "/key", HOME "/key")));
	EXPECT_EQ(EXDEV, ERR(link(SECRET "/key", HOME "/key")));
	EXPECT_EQ(EXDEV, ERR(rename(SECRET "/dir", HOME "/dir")));
	EXPECT_EQ(EXDEV, ERR(syscall(__NR_renameat2, AT_FDCWD, SECRET "/key",
				     AT_FDCWD, HOME "/file",
				     RENAME_EXCHANGE)));
	/* It may lose one, and move where it has the same. */
	EXPECT_EQ(0, ERR(rename(HOME "/file", SECRET "/file")));
	EXPECT_EQ(0, ERR(rename(SECRET "/key", SECRET "/dir/moved")));
	EXPECT_EQ(0, ERR(mkdir(HOME "/new", 0700)));
	EXPECT_EQ(0, ERR(rename(HOME "/new", HOME "/other/new")));
}

/* The rule goes with the directory, whose name is free for another one then. */
TEST_F(no_inherit, rule_goes_with_its_directory)
{
	const int fd = make_stopped(_metadata, self->all, SECRET, 0);

	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(0, ERR(rename(SECRET, HOME "/renamed")));
	EXPECT_EQ(EACCES, try_open(HOME "/renamed/key", O_RDONLY));
	if (abi_version() >= 2) {
		EXPECT_EQ(0, ERR(rename(HOME "/renamed", HOME "/other/moved")));
		EXPECT_EQ(EACCES, try_open(HOME "/other/moved/key", O_RDONLY));
	}
	/* This is what such a rule does not protect from. */
	EXPECT_EQ(0, ERR(mkdir(SECRET, 0700)));
	EXPECT_EQ(0, try_open(SECRET "/key", O_CREAT | O_EXCL | O_WRONLY));
}

TEST_F(no_inherit, is_about_files)
{
	const struct landlock_net_port_attr port = {
		.allowed_access = LANDLOCK_ACCESS_NET_BIND_TCP,
		.port = PORT,
	};
	const struct landlock_ruleset_attr attr = {
		.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP,
	};
	int fd;

	if (abi_version() < 4)
		return;
	fd = create_ruleset(&attr, known_attr_size(4), 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ERR(add_rule(fd, LANDLOCK_RULE_NET_PORT, &port, 0)));
	EXPECT_EQ(EINVAL, ERR(add_rule(fd, LANDLOCK_RULE_NET_PORT, &port,
				       NO_INHERIT)));
}

/* With a permissive layer: what a rule stops is what the layer would deny. */
TEST_F(no_inherit, permissive_layer_lets_pass)
{
	const int fd = make_stopped(_metadata, self->all, SECRET, 0);

	if (fd < 0)
		return;
	ASSERT_EQ(0, ERR(restrict_self(fd, PERMISSIVE)));
	EXPECT_EQ(0, try_open(SECRET "/key", O_RDWR));
	EXPECT_EQ(0, ERR(rename(SECRET "/key", HOME "/key")));
}

/* What is seen of it */

/* Runs a command, and returns whether it prints all of @expected. */
static bool shows(const char *const command, const char *const expected[])
{
	static char output[1 << 20];
	FILE *const shell = popen(command, "r");
	size_t i;

	if (!shell)
		return false;
	output[fread(output, 1, sizeof(output) - 1, shell)] = '\0';
	if (pclose(shell))
		return false;
	for (i = 0; expected[i]; i++) {
		if (!strstr(output, expected[i]))
			return false;
	}
	return true;
}

/* Reads a file in a sandbox that lets it be read after all, or not if @flags is 0. */
static void read_in(struct __test_metadata *const _metadata, int flags)
{
	const int fd = new_ruleset(_metadata, LANDLOCK_ACCESS_FS_READ_FILE);
	const pid_t child = fork();

	if (!child) {
		if (restrict_self(fd, flags))
			_exit(255);
		_exit(try_open("/proc/version", O_RDONLY));
	}
	EXPECT_EQ(flags ? 0 : EACCES, wait_for(_metadata, child));
	ASSERT_EQ(0, close(fd));
}

#define TRACING "/sys/kernel/tracing/"

TEST(trace_events_say_what_would_be_denied)
{
	const char *const permitted[] = {
		"landlock_rs_permit_access_fs:",
		"blockers=read_file",
		"path=/proc/version",
		NULL,
	};
	const char *const denied[] = { "landlock_deny_access_fs:", NULL };
	const char *const look = "cat " TRACING "trace";

	if (!is_extended()) {
		EXPECT_EQ(EINVAL, ERR(restrict_self(-1, PERMISSIVE)));
		return;
	}
	ASSERT_EQ(0, write_text(TRACING "trace", ""));
	ASSERT_EQ(0, write_text(TRACING "events/landlock/enable", "1"));
	read_in(_metadata, PERMISSIVE);
	EXPECT_TRUE(shows(look, permitted));
	EXPECT_FALSE(shows(look, denied));
	ASSERT_EQ(0, write_text(TRACING "trace", ""));
	read_in(_metadata, 0);
	EXPECT_FALSE(shows(look, permitted));
	EXPECT_TRUE(shows(look, denied));
	ASSERT_EQ(0, write_text(TRACING "events/landlock/enable", "0"));
}

TEST(audit_records_say_what_would_be_denied)
{
	const char *const permitted[] = { " permissive=1",
					  "status=allocated mode=permissive",
					  NULL };
	bool is_shown = false;
	int i;

	if (!is_extended()) {
		EXPECT_EQ(EINVAL, ERR(restrict_self(-1, PERMISSIVE)));
		return;
	}
	ASSERT_EQ(0, set_audit(1));
	read_in(_metadata, 0);
	EXPECT_FALSE(shows("dmesg", permitted));
	read_in(_metadata, PERMISSIVE);
	/* A thread of the kernel writes them. */
	for (i = 0; i < 50 && !is_shown; i++) {
		usleep(100 * 1000);
		is_shown = shows("dmesg", permitted);
	}
	EXPECT_TRUE(is_shown);
	EXPECT_EQ(0, set_audit(0));
}

TEST_HARNESS_MAIN
