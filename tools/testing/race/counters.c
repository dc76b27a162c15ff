// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must come back: references to the module, and memory that the kernel
 * counts by its kind
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "race.h"

/* What is freed after a grace period, or by a workqueue, takes its time. */
#define COUNTER_LIMIT 20000

/* A flag of a task, as in include/linux/sched.h. */
#define PF_KTHREAD 0x00200000

static struct {
	const char *name;
	/* Each kernel thread has one. */
	bool per_thread;
	long before, after;
} counters[] = {
	{ "references to the module" },
	/* Inodes, of file systems that were not shut down as well. */
	{ "shmem_inode_cache" },
	{ "cred", .per_thread = true },
	{ "task_struct", .per_thread = true },
};

/* How many of them this kernel has. */
static int num_counters;

static long read_references(void)
{
	FILE *const file = fopen("/sys/module/landlock_rs/refcnt", "r");
	long count;

	if (!file || fscanf(file, "%ld", &count) != 1)
		err(1, "refcnt");
	fclose(file);
	return count;
}

static long read_slab(const char *wanted)
{
	FILE *const file = fopen("/proc/slabinfo", "r");
	char line[512], name[64];
	long count, found = -1;

	if (!file)
		err(1, "slabinfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &count) == 2 &&
		    !strcmp(name, wanted))
			found = count;
	}
	fclose(file);
	if (found < 0)
		errx(1, "the kernel does not count %s", wanted);
	return found;
}

static bool is_kernel_thread(const char *pid)
{
	unsigned int flags = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		flags = 0;
	fclose(file);
	return flags & PF_KTHREAD;
}

/* They come and go as the kernel likes, each with credentials of its own. */
static long count_kernel_threads(void)
{
	struct dirent *entry;
	long count = 0;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		err(1, "/proc");
	while ((entry = readdir(dir)))
		count += is_kernel_thread(entry->d_name);
	closedir(dir);
	return count;
}

static long read_counter(int i)
{
	if (i == 0)
		return read_references();
	return read_slab(counters[i].name) -
	       (counters[i].per_thread ? count_kernel_threads() : 0);
}

/*
 * What was freed still counts while it is in the cache of a processor, or in
 * KASAN's quarantine. Shrinking a slab empties both.
 */
static void empty_caches(int i)
{
	char path[96];
	FILE *file;

	if (i == 0)
		return;
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
		 counters[i].name);
	file = fopen(path, "w");
	if (!file)
		err(1, "%s", path);
	fputs("1", file);
	if (fclose(file))
		err(1, "%s", path);
}

void remember_counters(void)
{
	int i;

	/* A kernel without debugging of slabs does not count what is in them. */
	num_counters = access("/proc/slabinfo", R_OK) ? 1 :
							ARRAY_SIZE(counters);
	for (i = 0; i < num_counters; i++) {
		empty_caches(i);
		counters[i].before = read_counter(i);
	}
}

const char *compare_counters(void)
{
	static char why[128];
	const long end = now_ms() + COUNTER_LIMIT;
	int i;

	for (i = 0; i < num_counters; i++) {
		do {
			counters[i].after = read_counter(i);
			if (counters[i].after <= counters[i].before)
				break;
			sleep_ms(20);
			empty_caches(i);
		} while (now_ms() < end);
		if (counters[i].after > counters[i].before) {
			snprintf(why, sizeof(why), "%s: %ld before, %ld after",
				 counters[i].name, counters[i].before,
				 counters[i].after);
			return why;
		}
	}
	return NULL;
}
