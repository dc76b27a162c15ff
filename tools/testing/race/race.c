// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the trials, and prints how each ended as KTAP:
 *
 *   race [--quick] [SCENARIO[.MARK[.ADVERSARY]]]
 */

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "race.h"

/* How often a mark is tried to be reached in time. */
#define ATTEMPTS 5

/* Adversaries of each mark where time is short, besides those that always are. */
#define QUICK_ADVERSARIES 2

static const struct scenario *const scenarios[] = {
	&tie,	    &tie_again, &tie_refused, &tie_beaten, &drop,
	&shut_down, &enforce,	&domain_end,  &exec,	   &open_file,
	&owner_set, &owner_used, &owner_dropped, &tsync,   &tsync_abort,
	&deny,
};

static struct {
	bool is_quick;
	const char *only;
	/* Trials so far, and those in which the adversary was in time. */
	int count, met, failed;
} run;

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names; names++) {
		if (!strcmp(*names, name))
			return true;
	}
	return false;
}

/* Others get their turn at another mark. */
static bool has_turn(int mark, int adversary)
{
	return (adversary + mark * 7) % num_adversaries < QUICK_ADVERSARIES;
}

static bool is_chosen(const struct scenario *const scenario, int mark,
		      int adversary)
{
	const struct adversary *const other = &adversaries[adversary];
	char name[128];

	if (other->takes_mount && scenario->needs_mount)
		return false;
	if (run.only) {
		snprintf(name, sizeof(name), "%s.%s.%s.", scenario->name,
			 scenario->marks[mark], other->name);
		return !strncmp(name, run.only, strlen(run.only)) &&
		       name[strlen(run.only)] == '.';
	}
	return !run.is_quick || other->side == PATIENCE ||
	       is_listed(scenario->always, other->name) ||
	       has_turn(mark, adversary);
}

/* Tells the kernel's log what comes, so that a complaint has a name. */
static void announce(const char *name)
{
	const int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	dprintf(fd, "<6>race: %s\n", name);
	close(fd);
}

static const char *try_once(struct trial *const trial,
			    const struct scenario *const scenario, int mark,
			    int adversary)
{
	const char *why;

	memset(trial, 0, sizeof(*trial));
	trial->ruleset_fd = -1;
	trial->other_fd = -1;
	trial->file_fd = -1;
	trial->sockets[0] = -1;
	trial->sockets[1] = -1;
	trial->root_fd = -1;
	trial->scenario = scenario;
	trial->adversary = &adversaries[adversary];
	trial->mark = mark_of(scenario->marks[mark]);
	why = run_trial(trial);
	return why ? why : compare_counters();
}

static void report(struct trial *const trial,
		   const struct scenario *const scenario, int mark,
		   int adversary)
{
	const char *why = NULL;
	char name[128];
	int i;

	snprintf(name, sizeof(name), "%s.%s.%s", scenario->name,
		 scenario->marks[mark], adversaries[adversary].name);
	announce(name);
	for (i = 0; i < ATTEMPTS; i++) {
		why = try_once(trial, scenario, mark, adversary);
		if (why || trial->is_met ||
		    trial->adversary->side == PATIENCE)
			break;
	}
	run.count++;
	run.met += trial->is_met;
	run.failed += !!why;
	if (why)
		printf("# %s\n", why);
	printf("%sok %d %s\n", why ? "not " : "", run.count, name);
	fflush(stdout);
}

static int run_mark(struct trial *const trial,
		    const struct scenario *const scenario, int mark)
{
	int count = 0, adversary;

	for (adversary = 0; adversary < num_adversaries; adversary++) {
		if (!is_chosen(scenario, mark, adversary))
			continue;
		count++;
		if (trial)
			report(trial, scenario, mark, adversary);
	}
	return count;
}

/* Runs the chosen trials, if @trial is not NULL. Returns how many these are. */
static int run_all(struct trial *const trial)
{
	int count = 0, i, mark;

	for (i = 0; i < ARRAY_SIZE(scenarios); i++) {
		for (mark = 0; scenarios[i]->marks[mark]; mark++)
			count += run_mark(trial, scenarios[i], mark);
	}
	return count;
}

/* A mark that no scenario reaches is a mistake. */
static void check_marks(void)
{
	int i, j;

	for (i = 0; i < num_marks; i++) {
		bool is_reached = false;

		for (j = 0; j < ARRAY_SIZE(scenarios); j++)
			is_reached |= is_listed(scenarios[j]->marks,
						marks[i].name);
		run.failed += !is_reached;
		printf("%sok %d mark %s\n", is_reached ? "" : "not ",
		       ++run.count, marks[i].name);
	}
}

static void read_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--quick"))
			run.is_quick = true;
		else
			run.only = argv[i];
	}
}

int main(int argc, char **argv)
{
	struct trial *trial;

	if (argc == 2 && !strcmp(argv[1], NOTHING))
		return 0;
	read_arguments(argc, argv);
	open_marks();
	trial = mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (trial == MAP_FAILED)
		err(1, "mmap");
	/* It stays, so it must not count. */
	if (mkdir(BASE, 0755) && errno != EEXIST)
		err(1, "%s", BASE);
	printf("KTAP version 1\n1..%d\n", run_all(NULL) + num_marks);
	check_marks();
	remember_counters();
	run_all(trial);
	printf("# in time: %d of %d\n", run.met, run.count - num_marks);
	return !!run.failed;
}
