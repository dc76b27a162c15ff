// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scenarios: how the marks are reached, but for those of TSYNC
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/netlink.h>

#include "race.h"

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define MAX_ATTEMPTS 100

int create_ruleset(__u64 fs, __u64 scoped)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = fs,
		.scoped = scoped,
	};

	return syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
}

int add_rule(int ruleset_fd, int fd)
{
	const struct landlock_path_beneath_attr attr = {
		.allowed_access = READ,
		.parent_fd = fd,
	};

	return syscall(__NR_landlock_add_rule, ruleset_fd,
		       LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
}

int restrict_self(int ruleset_fd, __u32 flags)
{
	return syscall(__NR_landlock_restrict_self, ruleset_fd, flags);
}

int open_errno(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

void add_path(struct trial *const trial, int ruleset_fd, const char *path)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);

	CHECK(trial, fd >= 0);
	CHECK(trial, !add_rule(ruleset_fd, fd));
	close(fd);
}

void check_ruleset(struct trial *const trial)
{
	const int err = restrict_self(trial->ruleset_fd, 0) ? errno : 0;

	/* An adversary may have closed it. */
	CHECK(trial, !err || err == EBADF);
	if (!err)
		CHECK(trial, open_errno(OTHER, O_RDONLY) == EACCES);
}

/* Two rulesets, the first of which has a rule on the file. */
static void prepare_rule(struct trial *const trial)
{
	trial->ruleset_fd = create_ruleset(READ, 0);
	trial->other_fd = create_ruleset(READ, 0);
	CHECK(trial, trial->ruleset_fd >= 0 && trial->other_fd >= 0);
	add_path(trial, trial->ruleset_fd, FILE_IN_MNT);
}

/* Rules that come */

static void prepare_tie(struct trial *const trial)
{
	trial->ruleset_fd = create_ruleset(READ, 0);
	trial->other_fd = create_ruleset(READ, 0);
	trial->file_fd = open(FILE_IN_MNT, O_PATH | O_CLOEXEC);
	CHECK(trial, trial->file_fd >= 0);
}

static void act_tie(struct trial *const trial)
{
	const int err = add_rule(trial->ruleset_fd, trial->file_fd);

	CHECK(trial, !err || errno == EBADF);
}

const struct scenario tie = {
	.name = "tie",
	.marks = (const char *const[]){ "TieMissing", "TieMade", "TieLocked",
					"TieFilled", "RuleTied", "RuleLocked",
					"RuleInTable", "RuleListed",
					"RuleCounted", NULL },
	.always = (const char *const[]){ "add_rule", "restrict", NULL },
	.prepare = prepare_tie,
	.act = act_tie,
	.check = check_ruleset,
};

static void prepare_tie_again(struct trial *const trial)
{
	prepare_tie(trial);
	CHECK(trial, !add_rule(trial->other_fd, trial->file_fd));
}

const struct scenario tie_again = {
	.name = "tie_again",
	.marks = (const char *const[]){ "TieRead", NULL },
	.always = (const char *const[]){ "drop", NULL },
	.prepare = prepare_tie_again,
	.act = act_tie,
	.check = check_ruleset,
};

/* Somebody drops the last rule, and has the lock of the object. */
static void *drop_other(void *const data)
{
	struct trial *const trial = data;

	close(trial->other_fd);
	return NULL;
}

static void tie_while_dropping(struct trial *const trial)
{
	const struct mark *const zero = mark_of("DropZero");
	const int hits = hits_of(zero);

	CHECK(trial, !add_rule(trial->other_fd, trial->file_fd));
	arm(zero, 1, HOLD);
	start_thread(trial, drop_other);
	await_visitor(zero, hits);
	act_tie(trial);
	let_go(zero);
}

/* The lock is held for a moment only, so that this takes a few attempts. */
static void act_tie_refused(struct trial *const trial)
{
	int i;

	for (i = 0; i < MAX_ATTEMPTS; i++) {
		tie_while_dropping(trial);
		if (hits_of(trial->mark) != trial->hits_before)
			return;
		close(trial->ruleset_fd);
		trial->ruleset_fd = create_ruleset(READ, 0);
		trial->other_fd = create_ruleset(READ, 0);
	}
}

const struct scenario tie_refused = {
	.name = "tie_refused",
	.marks = (const char *const[]){ "TieRefused", NULL },
	.always = (const char *const[]){ "add_rule", NULL },
	.prepare = prepare_tie,
	.act = act_tie_refused,
	.check = check_ruleset,
};

/* Somebody else ties the inode while this thread allocates. */
static void *tie_other(void *const data)
{
	struct trial *const trial = data;
	const struct mark *const made = mark_of("TieMade");

	await_visitor(made, trial->other_hits);
	add_rule(trial->other_fd, trial->file_fd);
	let_go(made);
	return NULL;
}

static void act_tie_beaten(struct trial *const trial)
{
	const struct mark *const made = mark_of("TieMade");

	trial->other_hits = hits_of(made);
	arm(made, 1, HOLD);
	start_thread(trial, tie_other);
	act_tie(trial);
}

const struct scenario tie_beaten = {
	.name = "tie_beaten",
	.marks = (const char *const[]){ "TieBeaten", NULL },
	.always = (const char *const[]){ "drop", NULL },
	.prepare = prepare_tie,
	.act = act_tie_beaten,
	.check = check_ruleset,
};

/* Rules that go */

static void act_drop(struct trial *const trial)
{
	close(trial->ruleset_fd);
}

const struct scenario drop = {
	.name = "drop",
	.marks = (const char *const[]){ "DropLast", "DropLocked", "DropZero",
					"DetachTaken", "DetachAnnounced",
					"DetachEmptied", "DropUnlocked",
					"ReleasePut", "ReleaseCounted",
					"DropReleased", NULL },
	.always = (const char *const[]){ "last_close", "umount", "add_rule",
					 NULL },
	.prepare = prepare_rule,
	.act = act_drop,
};

static void act_shut_down(struct trial *const trial)
{
	CHECK(trial, !umount2(MNT, 0) || errno == EINVAL || errno == EBUSY);
}

const struct scenario shut_down = {
	.name = "shut_down",
	.marks = (const char *const[]){ "ShutFound", "ShutHeld", "UntieRead",
					"DetachTaken", "DetachAnnounced",
					"DetachEmptied", "UntieDetached",
					"ReleasePut", "ReleaseCounted",
					"ShutWalked", "ShutOrdered", "ShutDone",
					NULL },
	.always = (const char *const[]){ "close", "restrict", NULL },
	.needs_mount = true,
	.prepare = prepare_rule,
	.act = act_shut_down,
	.check = check_ruleset,
};

/* Domains */

static void act_enforce(struct trial *const trial)
{
	const int err = restrict_self(trial->ruleset_fd, 0) ? errno : 0;

	CHECK(trial, !err || err == EBADF);
	if (!err)
		CHECK(trial, open_errno(OTHER, O_RDONLY) == EACCES);
}

const struct scenario enforce = {
	.name = "enforce",
	.marks = (const char *const[]){ "EnforcePrepared", "EnforceLocked",
					"EnforceNested", "EnforcePublished",
					"EnforceCommitted", NULL },
	.always = (const char *const[]){ "add_rule", "tsync", NULL },
	.prepare = prepare_rule,
	.act = act_enforce,
};

/* The domain of a child has the last rule on the file, and ends with it. */
static void act_domain_end(struct trial *const trial)
{
	const pid_t child = fork();

	if (!child)
		_exit(!!restrict_self(trial->ruleset_fd, 0));
	CHECK(trial, child > 0);
	close(trial->ruleset_fd);
	waitpid(child, NULL, 0);
}

const struct scenario domain_end = {
	.name = "domain_end",
	.marks = (const char *const[]){ "CredFreed", "DomainLast", "DomainWork",
					"DropLast", "DetachAnnounced",
					"DropUnlocked", NULL },
	.always = (const char *const[]){ "last_close", "umount", NULL },
	.prepare = prepare_rule,
	.act = act_domain_end,
};

static void prepare_exec(struct trial *const trial)
{
	int program_fd;

	prepare_rule(trial);
	program_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	CHECK(trial, !add_rule(trial->ruleset_fd, program_fd));
	CHECK(trial, !close(program_fd));
	CHECK(trial, !restrict_self(trial->ruleset_fd, 0));
}

static void act_exec(struct trial *const trial)
{
	execl("/proc/self/exe", "race", NOTHING, NULL);
	/* A thread that executes a program may be faster, and kill this one. */
	fail(trial, __LINE__, "exec");
}

const struct scenario exec = {
	.name = "exec",
	.marks = (const char *const[]){ "ExecPrepared", NULL },
	.always = (const char *const[]){ "exec", "tsync", NULL },
	.prepare = prepare_exec,
	.act = act_exec,
};

/* Files */

static void prepare_open(struct trial *const trial)
{
	trial->ruleset_fd =
		create_ruleset(READ | LANDLOCK_ACCESS_FS_TRUNCATE, 0);
	trial->file_fd = open(FILE_IN_MNT, O_PATH | O_CLOEXEC);
	CHECK(trial, !add_rule(trial->ruleset_fd, trial->file_fd));
	CHECK(trial, !restrict_self(trial->ruleset_fd, 0));
}

static void act_open(struct trial *const trial)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", trial->file_fd);
	trial->other_fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(trial, trial->other_fd >= 0);
	CHECK(trial, ftruncate(trial->other_fd, 0) && errno == EACCES);
}

const struct scenario open_file = {
	.name = "open",
	.marks = (const char *const[]){ "ClimbBegun", "ClimbEnding",
					"OpenDecided", "OpenWritten", NULL },
	.always = (const char *const[]){ "rename", "detach", NULL },
	.prepare = prepare_open,
	.act = act_open,
};

/* Makes the kernel write records of what is denied. */
static void enable_audit(struct trial *const trial)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			      NETLINK_AUDIT);
	struct {
		struct nlmsghdr header;
		struct audit_status status;
	} message = {
		.header.nlmsg_len = sizeof(message),
		.header.nlmsg_type = AUDIT_SET,
		.header.nlmsg_flags = NLM_F_REQUEST,
		.status.mask = AUDIT_STATUS_ENABLED,
		.status.enabled = 1,
	};

	CHECK(trial, send(fd, &message, sizeof(message), 0) > 0);
	close(fd);
}

static void prepare_deny(struct trial *const trial)
{
	enable_audit(trial);
	prepare_exec(trial);
}

static void act_deny(struct trial *const trial)
{
	CHECK(trial, open_errno(OTHER, O_RDONLY) == EACCES);
}

const struct scenario deny = {
	.name = "deny",
	.marks = (const char *const[]){ "LogUnknown", "LogRecorded", NULL },
	.always = (const char *const[]){ "open_other", NULL },
	.prepare = prepare_deny,
	.act = act_deny,
};

/* Owners of files: the parent, which this process may not signal. */

static void set_owner(struct trial *const trial)
{
	CHECK(trial, !fcntl(trial->sockets[0], F_SETOWN, getppid()));
}

static void prepare_owner(struct trial *const trial)
{
	trial->ruleset_fd = create_ruleset(0, LANDLOCK_SCOPE_SIGNAL);
	CHECK(trial, !restrict_self(trial->ruleset_fd, 0));
	CHECK(trial, !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				 trial->sockets));
	CHECK(trial, !fcntl(trial->sockets[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	set_owner(trial);
}

static void act_owner_used(struct trial *const trial)
{
	CHECK(trial, write(trial->sockets[1], ".", 1) == 1);
}

static void act_owner_dropped(struct trial *const trial)
{
	close(trial->sockets[0]);
}

const struct scenario owner_set = {
	.name = "owner_set",
	.marks = (const char *const[]){ "OwnerSet", "OwnerReplaced", NULL },
	.always = (const char *const[]){ "use_owner", NULL },
	.prepare = prepare_owner,
	.act = set_owner,
};

const struct scenario owner_used = {
	.name = "owner_used",
	.marks = (const char *const[]){ "OwnerRead", NULL },
	.always = (const char *const[]){ "set_owner", NULL },
	.prepare = prepare_owner,
	.act = act_owner_used,
};

const struct scenario owner_dropped = {
	.name = "owner_dropped",
	.marks = (const char *const[]){ "OwnerDropped", NULL },
	.always = (const char *const[]){ "restrict", NULL },
	.prepare = prepare_owner,
	.act = act_owner_dropped,
};
