// SPDX-License-Identifier: GPL-2.0-only
/*
 * One trial: its processes, and the limit that each of them has
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "race.h"

/* How long each visitor waits when patience is tried, and how many do. */
#define PATIENCE_HOLD 700
#define PATIENCE_VISITORS 1000

long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

void fail(struct trial *const trial, int line, const char *what)
{
	const int err = errno;

	if (!trial->why[0])
		snprintf(trial->why, sizeof(trial->why), "line %d: %s (%s)",
			 line, what, strerror(err));
	_exit(1);
}

void wait_for_byte(const int fds[2])
{
	char byte;

	while (read(fds[0], &byte, 1) < 0 && errno == EINTR)
		;
}

void write_bytes(const int fds[2], int count)
{
	while (count--) {
		while (write(fds[1], ".", 1) < 0 && errno == EINTR)
			;
	}
}

void start_thread(struct trial *const trial, void *(*const function)(void *))
{
	pthread_t thread;

	CHECK(trial, !pthread_create(&thread, NULL, function, trial));
	pthread_detach(thread);
}

static void count_ready(struct trial *const trial)
{
	__atomic_add_fetch(&trial->ready, 1, __ATOMIC_SEQ_CST);
}

/* Acts as soon as somebody is at the mark. */
static void *be_adversary(void *const data)
{
	struct trial *const trial = data;

	count_ready(trial);
	wait_for_byte(trial->go);
	trial->is_met = await_visitor(trial->mark, trial->hits_before);
	trial->adversary->act(trial);
	trial->is_done = true;
	return NULL;
}

static void ignore(int signal)
{
}

static void be_actor(struct trial *const trial)
{
	const struct sigaction action = { .sa_handler = ignore };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGWINCH, &action, NULL);
	CHECK(trial, !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	trial->scenario->prepare(trial);
	if (trial->adversary->side == INSIDE)
		start_thread(trial, be_adversary);
	count_ready(trial);
	wait_for_byte(trial->go);
	trial->scenario->act(trial);
	wait_for_byte(trial->end);
	if (trial->scenario->check)
		trial->scenario->check(trial);
	_exit(0);
}

static void be_outsider(struct trial *const trial)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (trial->adversary->prepare)
		trial->adversary->prepare(trial);
	be_adversary(trial);
	_exit(0);
}

/* Tells where the threads of a process are that does not end. */
static void print_stacks(pid_t pid)
{
	char path[64], line[128];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/stack", pid,
			 entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			printf("# %s: %s", entry->d_name, line);
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
}

/* Waits until @pid ends. Returns its status, or -1 if it does not in time. */
static int await_end(pid_t pid)
{
	const long end = now_ms() + LIMIT;
	int status;

	do {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		sleep_ms(1);
	} while (now_ms() < end);
	print_stacks(pid);
	kill(pid, SIGKILL);
	return -1;
}

static void await_ready(struct trial *const trial, int count)
{
	const long end = now_ms() + LIMIT;

	while (__atomic_load_n(&trial->ready, __ATOMIC_SEQ_CST) < count) {
		if (trial->why[0] || now_ms() > end)
			fail(trial, __LINE__, "prepared");
		sleep_ms(1);
	}
}

/* Makes the file systems, which go away with the last process of the trial. */
static void make_stage(struct trial *const trial)
{
	CHECK(trial, !unshare(CLONE_NEWNS));
	CHECK(trial, !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(trial, !mount("race", BASE, "tmpfs", 0, NULL));
	CHECK(trial, !mkdir(MNT, 0755));
	CHECK(trial, !mount("race", MNT, "tmpfs", 0, NULL));
	CHECK(trial, !close(creat(FILE_IN_MNT, 0600)));
	CHECK(trial, !close(creat(OTHER, 0600)));
	CHECK(trial, !pipe2(trial->go, O_CLOEXEC));
	CHECK(trial, !pipe2(trial->end, O_CLOEXEC));
}

/* Lets the visitor wait until the adversary is done, or cannot be before. */
static void hold(struct trial *const trial)
{
	const struct adversary *const adversary = trial->adversary;
	const struct mark *const mark = trial->mark;
	const long end = now_ms() + LIMIT;
	long reached = 0;

	while (now_ms() < end && !trial->is_done) {
		if (!reached && hits_of(mark) != trial->hits_before)
			reached = now_ms();
		if (reached && now_ms() - reached >= adversary->ms)
			break;
		sleep_ms(1);
	}
	if (adversary->side != PATIENCE)
		let_go(mark);
}

static void check_end(struct trial *const trial, pid_t pid, const char *who)
{
	const int status = await_end(pid);
	const bool is_killed = WIFSIGNALED(status) &&
			       WTERMSIG(status) == SIGKILL;

	if (status == -1)
		snprintf(trial->why, sizeof(trial->why),
			 "the %s does not end", who);
	else if (status && !trial->why[0] &&
		 !(is_killed && trial->adversary->is_deadly))
		snprintf(trial->why, sizeof(trial->why),
			 "the %s ended with status %x", who, status);
}

static void control(struct trial *const trial)
{
	const bool is_patience = trial->adversary->side == PATIENCE;
	pid_t actor, outsider = 0;

	signal(SIGIO, SIG_IGN);
	make_stage(trial);
	actor = fork();
	if (!actor)
		be_actor(trial);
	trial->actor = actor;
	await_ready(trial, trial->adversary->side == INSIDE ? 2 : 1);
	if (trial->adversary->side == OUTSIDE) {
		outsider = fork();
		if (!outsider)
			be_outsider(trial);
		await_ready(trial, 2);
	}
	arm(trial->mark, is_patience ? PATIENCE_VISITORS : 1,
	    is_patience ? PATIENCE_HOLD : HOLD);
	write_bytes(trial->go, is_patience ? 1 : 2);
	hold(trial);
	write_bytes(trial->end, 1);
	check_end(trial, actor, "actor");
	if (outsider)
		check_end(trial, outsider, "outsider");
	_exit(0);
}

const char *run_trial(struct trial *const trial)
{
	const struct mark *const mark = trial->mark;
	pid_t controller;
	int status;

	trial->hits_before = hits_of(mark);
	controller = fork();
	if (!controller)
		control(trial);
	waitpid(controller, &status, 0);
	let_go(mark);
	if (trial->why[0])
		return trial->why;
	if (status)
		return "the controller failed";
	if (hits_of(mark) == trial->hits_before)
		return "the mark was not reached";
	return NULL;
}
