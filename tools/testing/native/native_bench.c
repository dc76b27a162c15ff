// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time that Landlock takes for work that stays in the kernel
 *
 * This is for User-Mode Linux, where kernel code runs natively but a system
 * call is slow: each row is one call with much to do, that is a walk through
 * many directories, or a ruleset with many rules.  The rows without a sandbox
 * tell what the rest of the call costs.
 *
 * Prints one line per row: the operation, how much it had to do, and the median
 * time of one call in nanoseconds.
 */

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "landlock/wrappers.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Odd, to have a median. */
#define SAMPLES 21

/* All the rights of ABI 5: what a cautious program handles. */
#define HANDLED ((LANDLOCK_ACCESS_FS_IOCTL_DEV << 1) - 1)

#define READ                                                           \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |   \
	 LANDLOCK_ACCESS_FS_READ_DIR)

#define MOVE                                                           \
	(LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_MAKE_REG |      \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE)

static const int depths[] = { 100, 1000, 10000 };
static const int layers[] = { 0, 1, 16 };
static const int rule_counts[] = { 64, 512, 4096 };

/* Where the child that measures leaves the median for its parent. */
static uint64_t *shared_result;

/* Two branches of equal depth; the first one has a file. */
struct branches {
	int here;
	int there;
};

static uint64_t now(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time))
		err(1, "clock_gettime");
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static int compare(const void *const a, const void *const b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t samples[SAMPLES])
{
	qsort(samples, SAMPLES, sizeof(*samples), compare);
	return samples[SAMPLES / 2];
}

static int open_dir(const int parent, const char *const name)
{
	const int dir = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		err(1, "open %s", name);
	return dir;
}

static int make_dir(const int parent, const char *const name)
{
	if (mkdirat(parent, name, 0700))
		err(1, "mkdir %s", name);
	return open_dir(parent, name);
}

/* Makes @depth nested directories below a new one, and returns the last. */
static int make_branch(const char *const name, const int depth)
{
	int dir = make_dir(AT_FDCWD, name);
	int i;

	for (i = 0; i < depth; i++) {
		const int parent = dir;

		dir = make_dir(parent, "d");
		close(parent);
	}
	return dir;
}

static struct branches make_branches(const int depth)
{
	struct branches branches;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "here%d", depth);
	branches.here = make_branch(name, depth);
	snprintf(name, sizeof(name), "there%d", depth);
	branches.there = make_branch(name, depth);

	fd = openat(branches.here, "file", O_CREAT | O_WRONLY, 0600);
	if (fd < 0)
		err(1, "create file");
	close(fd);
	return branches;
}

static int make_ruleset(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = HANDLED,
	};
	const int ruleset = landlock_create_ruleset(&attr, sizeof(attr), 0);

	if (ruleset < 0)
		err(1, "landlock_create_ruleset");
	return ruleset;
}

static void add_rule(const int ruleset, const int dir, const uint64_t access)
{
	const struct landlock_path_beneath_attr attr = {
		.allowed_access = access,
		.parent_fd = dir,
	};

	if (landlock_add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0))
		err(1, "landlock_add_rule");
}

static void enforce(const int ruleset)
{
	if (landlock_restrict_self(ruleset, 0))
		err(1, "landlock_restrict_self");
}

/* Enforces @layers times that everything below the working directory is fine. */
static void enforce_layers(const int layers)
{
	const int ruleset = make_ruleset();
	const int top = open_dir(AT_FDCWD, ".");
	int i;

	add_rule(ruleset, top, READ | MOVE);
	for (i = 0; i < layers; i++)
		enforce(ruleset);
	close(top);
	close(ruleset);
}

static void open_once(const struct branches *const branches)
{
	const int fd = openat(branches->here, "file", O_RDONLY);

	if (fd < 0)
		err(1, "open");
	close(fd);
}

/* Twice, so that the file is back where it was. */
static void rename_twice(const struct branches *const branches)
{
	if (renameat(branches->here, "file", branches->there, "file") ||
	    renameat(branches->there, "file", branches->here, "file"))
		err(1, "rename");
}

struct work {
	const char *name;
	void (*run)(const struct branches *branches);
};

static const struct work works[] = {
	{ "open", open_once },
	{ "rename_twice", rename_twice },
};

/* Returns the median time of @work, in which @calls share two clock readings. */
static uint64_t time_work(const struct work *const work,
			  const struct branches *const branches,
			  const int calls)
{
	uint64_t samples[SAMPLES];
	int i, call;

	/* Warms the caches, and lets the implementation learn what it can. */
	work->run(branches);

	for (i = 0; i < SAMPLES; i++) {
		const uint64_t start = now();

		for (call = 0; call < calls; call++)
			work->run(branches);
		samples[i] = (now() - start) / calls;
	}
	return median(samples);
}

/* Returns the time of landlock_restrict_self() as layer number @layer. */
static uint64_t time_enforce(const int ruleset, const int layer)
{
	uint64_t start;
	int i;

	for (i = 1; i < layer; i++)
		enforce(ruleset);

	start = now();
	enforce(ruleset);
	return now() - start;
}

/* Returns whether this is the parent, in which the child has ended by then. */
static int is_parent(void)
{
	const pid_t child = fork();
	int status;

	if (child < 0)
		err(1, "fork");
	if (child == 0)
		return 0;
	if (waitpid(child, &status, 0) != child || status != 0)
		errx(1, "a child failed");
	return 1;
}

static void show_work(const struct work *const work,
		      const struct branches *const branches, const int depth,
		      const int layers)
{
	if (!is_parent()) {
		enforce_layers(layers);
		*shared_result =
			time_work(work, branches, 100000 / (depth + 500));
		_exit(0);
	}
	printf("%s depth=%d layers=%d %ju\n", work->name, depth, layers,
	       (uintmax_t)*shared_result);
}

static void show_enforce(const int ruleset, const int rules, const int layer)
{
	uint64_t samples[SAMPLES];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		if (!is_parent()) {
			*shared_result = time_enforce(ruleset, layer);
			_exit(0);
		}
		samples[i] = *shared_result;
	}
	printf("restrict_self rules=%d layer=%d %ju\n", rules, layer,
	       (uintmax_t)median(samples));
}

static void show_works(const int depth)
{
	const struct branches branches = make_branches(depth);
	size_t work, i;

	for (work = 0; work < ARRAY_SIZE(works); work++) {
		for (i = 0; i < ARRAY_SIZE(layers); i++)
			show_work(&works[work], &branches, depth, layers[i]);
	}
	close(branches.here);
	close(branches.there);
}

/* Measures with one ruleset that grows up to each of the counts. */
static void show_enforces(void)
{
	const int ruleset = make_ruleset();
	int rules = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rule_counts); i++) {
		for (; rules < rule_counts[i]; rules++) {
			char name[32];
			int dir;

			snprintf(name, sizeof(name), "rule%d", rules);
			dir = make_dir(AT_FDCWD, name);
			add_rule(ruleset, dir, READ);
			close(dir);
		}
		show_enforce(ruleset, rules, 1);
		show_enforce(ruleset, rules, 2);
	}
	close(ruleset);
}

int main(void)
{
	size_t i;

	setbuf(stdout, NULL);
	shared_result = mmap(NULL, sizeof(*shared_result),
			     PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared_result == MAP_FAILED)
		err(1, "mmap");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err(1, "prctl");

	for (i = 0; i < ARRAY_SIZE(depths); i++)
		show_works(depths[i]);
	show_enforces();
	return 0;
}
