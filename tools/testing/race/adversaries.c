// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens while somebody waits at a mark
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "race.h"

/* Whatever these calls return is right: an adversary only is there. */

static void close_ruleset(struct trial *const trial)
{
	close(trial->ruleset_fd);
}

static void close_other(struct trial *const trial)
{
	close(trial->other_fd);
}

static void add_rules(struct trial *const trial)
{
	const int fd = open(FILE_IN_MNT, O_PATH | O_CLOEXEC);

	add_rule(trial->other_fd, fd);
	add_rule(trial->ruleset_fd, fd);
	close(fd);
}

static void restrict_thread(struct trial *const trial)
{
	restrict_self(trial->ruleset_fd, 0);
}

static void restrict_threads(struct trial *const trial)
{
	restrict_self(trial->ruleset_fd, LANDLOCK_RESTRICT_SELF_TSYNC);
}

static void exec_nothing(struct trial *const trial)
{
	execl("/proc/self/exe", "race", NOTHING, NULL);
}

static void exit_group(struct trial *const trial)
{
	_exit(0);
}

static void *do_nothing(void *const data)
{
	return NULL;
}

static void make_thread(struct trial *const trial)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, do_nothing, NULL))
		pthread_join(thread, NULL);
}

static void make_process(struct trial *const trial)
{
	const pid_t child = fork();

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
}

/* The parent blocks where a signal does not reach it. */
static void make_process_and_block(struct trial *const trial)
{
	const pid_t child = vfork();

	if (!child) {
		sleep_ms(50);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void rename_file(struct trial *const trial)
{
	rename(FILE_IN_MNT, MNT "/renamed");
}

static void unlink_file(struct trial *const trial)
{
	unlink(FILE_IN_MNT);
}

static void open_denied(struct trial *const trial)
{
	open_errno(OTHER, O_RDONLY);
}

static void set_other_owner(struct trial *const trial)
{
	fcntl(trial->sockets[0], F_SETOWN, getpid());
}

static void use_owner(struct trial *const trial)
{
	/* The scenario may have closed the other end. */
	send(trial->sockets[1], ".", 1, MSG_NOSIGNAL);
}

static void unmount(struct trial *const trial)
{
	umount2(MNT, 0);
}

static void detach(struct trial *const trial)
{
	umount2(MNT, MNT_DETACH);
}

static void prepare_last_close(struct trial *const trial)
{
	trial->root_fd = open(MNT, O_PATH | O_CLOEXEC);
	CHECK(trial, trial->root_fd >= 0);
	CHECK(trial, !umount2(MNT, MNT_DETACH));
}

static void last_close(struct trial *const trial)
{
	close(trial->root_fd);
}

static void signal_thread(struct trial *const trial)
{
	syscall(__NR_tgkill, trial->actor, trial->actor, SIGWINCH);
}

static void signal_process(struct trial *const trial)
{
	kill(trial->actor, SIGWINCH);
}

static void kill_process(struct trial *const trial)
{
	kill(trial->actor, SIGKILL);
}

static void stop_process(struct trial *const trial)
{
	kill(trial->actor, SIGSTOP);
	sleep_ms(20);
	kill(trial->actor, SIGCONT);
}

/* Takes exec_update_lock of the process. */
static void look_into_process(struct trial *const trial)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", trial->actor);
	open_errno(path, O_RDONLY);
}

static void trace_process(struct trial *const trial)
{
	if (ptrace(PTRACE_SEIZE, trial->actor, 0, 0))
		return;
	ptrace(PTRACE_INTERRUPT, trial->actor, 0, 0);
	sleep_ms(20);
	/* The tracer exits, and that detaches. */
}

#define BOUND 150
#define INSIDE_THREAD(name, act) { name, INSIDE, BOUND, NULL, act }
#define OUTSIDE_PROCESS(name, act) { name, OUTSIDE, BOUND, NULL, act }

const struct adversary adversaries[] = {
	{ "patience", PATIENCE },
	INSIDE_THREAD("close", close_ruleset),
	INSIDE_THREAD("drop", close_other),
	INSIDE_THREAD("add_rule", add_rules),
	INSIDE_THREAD("restrict", restrict_thread),
	INSIDE_THREAD("tsync", restrict_threads),
	{ "exec", INSIDE, 40, NULL, exec_nothing },
	{ "exit", INSIDE, 40, NULL, exit_group },
	INSIDE_THREAD("thread", make_thread),
	INSIDE_THREAD("fork", make_process),
	INSIDE_THREAD("vfork", make_process_and_block),
	INSIDE_THREAD("rename", rename_file),
	INSIDE_THREAD("unlink", unlink_file),
	INSIDE_THREAD("open_other", open_denied),
	INSIDE_THREAD("set_owner", set_other_owner),
	INSIDE_THREAD("use_owner", use_owner),
	OUTSIDE_PROCESS("umount", unmount),
	OUTSIDE_PROCESS("detach", detach),
	{ .name = "last_close", .side = OUTSIDE, .ms = BOUND,
	  .prepare = prepare_last_close, .act = last_close,
	  .takes_mount = true },
	OUTSIDE_PROCESS("signal_thread", signal_thread),
	OUTSIDE_PROCESS("signal", signal_process),
	{ .name = "kill", .side = OUTSIDE, .ms = 40, .act = kill_process,
	  .is_deadly = true },
	OUTSIDE_PROCESS("stop", stop_process),
	OUTSIDE_PROCESS("look", look_into_process),
	OUTSIDE_PROCESS("trace", trace_process),
};

const int num_adversaries = ARRAY_SIZE(adversaries);
