// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scenarios: all threads of a process enforce a domain, or none
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "race.h"

#define NUM_SIBLINGS 2

/* The siblings, in the actor. */
static struct {
	int event_fd, result;
	int num_ended, num_denied, num_interrupted;
} siblings;

/* Waits for the end, then tries what the domain denies. */
static void *be_sibling(void *const data)
{
	struct epoll_event event = { .events = EPOLLIN };
	const int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(fd, EPOLL_CTL_ADD, siblings.event_fd, &event);
	while (epoll_wait(fd, &event, 1, -1) < 0 && errno == EINTR)
		__atomic_add_fetch(&siblings.num_interrupted, 1,
				   __ATOMIC_SEQ_CST);
	close(fd);
	if (open_errno(OTHER, O_RDONLY) == EACCES)
		__atomic_add_fetch(&siblings.num_denied, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&siblings.num_ended, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void prepare_tsync(struct trial *const trial)
{
	int i;

	trial->ruleset_fd = create_ruleset(LANDLOCK_ACCESS_FS_READ_FILE, 0);
	trial->other_fd = create_ruleset(LANDLOCK_ACCESS_FS_READ_FILE, 0);
	CHECK(trial, trial->ruleset_fd >= 0 && trial->other_fd >= 0);
	add_path(trial, trial->ruleset_fd, FILE_IN_MNT);
	siblings.event_fd = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < NUM_SIBLINGS; i++)
		start_thread(trial, be_sibling);
}

static void act_tsync(struct trial *const trial)
{
	siblings.result = restrict_self(trial->ruleset_fd,
					LANDLOCK_RESTRICT_SELF_TSYNC);
	CHECK(trial, !siblings.result || errno == EBADF);
}

/* However long a call takes, it interrupts each sibling once. */
static void check_siblings(struct trial *const trial, int num_calls)
{
	const __u64 one = 1;

	CHECK(trial, write(siblings.event_fd, &one, sizeof(one)) > 0);
	while (__atomic_load_n(&siblings.num_ended, __ATOMIC_SEQ_CST) <
	       NUM_SIBLINGS)
		sleep_ms(1);
	if (!siblings.result) {
		CHECK(trial, siblings.num_denied == NUM_SIBLINGS);
		CHECK(trial, open_errno(OTHER, O_RDONLY) == EACCES);
	}
	if (trial->adversary->side == PATIENCE)
		CHECK(trial, siblings.num_interrupted <=
				     NUM_SIBLINGS * num_calls);
}

static void check_tsync(struct trial *const trial)
{
	check_siblings(trial, 1);
}

const struct scenario tsync = {
	.name = "tsync",
	.marks = (const char *const[]){ "TsyncTurn", "TsyncCounted",
					"TsyncEnlisted", "TsyncQueued",
					"TsyncAnswered", "TsyncPrepared",
					"TsyncLocked", "TsyncDecided",
					"TsyncFinished", "TsyncEnding",
					"SiblingRuns", "SiblingUndecided",
					"SiblingReady", "SiblingPrepared",
					"SiblingCommits", "SiblingCommitted",
					"SiblingFinished", NULL },
	.always = (const char *const[]){ "exec", "tsync", "kill", NULL },
	.prepare = prepare_tsync,
	.act = act_tsync,
	.check = check_tsync,
};

/*
 * A signal comes while the caller waits for a sibling. The sibling goes on when
 * the caller has aborted, or is about to.
 */
static void signal_caller(struct trial *const trial)
{
	const struct mark *const runs = mark_of("SiblingRuns");

	await_visitor(runs, trial->other_hits);
	sleep_ms(30);
	syscall(__NR_tgkill, getppid(), getppid(), SIGWINCH);
	sleep_ms(30);
	let_go(runs);
	_exit(0);
}

static void act_tsync_abort(struct trial *const trial)
{
	const struct mark *const runs = mark_of("SiblingRuns");

	trial->other_hits = hits_of(runs);
	arm(runs, 1, HOLD);
	if (!fork())
		signal_caller(trial);
	act_tsync(trial);
}

/* After the signal, the call starts again. */
static void check_tsync_abort(struct trial *const trial)
{
	check_siblings(trial, 2);
}

const struct scenario tsync_abort = {
	.name = "tsync_abort",
	.marks = (const char *const[]){ "TsyncAborted", "TsyncWoken",
					"SiblingLate", "SiblingAborts", NULL },
	.always = (const char *const[]){ "exec", "tsync", "kill", NULL },
	.prepare = prepare_tsync,
	.act = act_tsync_abort,
	.check = check_tsync_abort,
};
