// SPDX-License-Identifier: GPL-2.0-only
/*
 * The marks, as the module shows them in debugfs
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "race.h"

#define ROOT "/sys/kernel/debug/landlock_rs"

struct mark marks[MAX_MARKS];
int num_marks;

static void open_mark(struct mark *const mark, const char *name)
{
	char path[320];

	if (strlen(name) >= sizeof(mark->name))
		errx(1, "the name %s is too long", name);
	memcpy(mark->name, name, strlen(name) + 1);
	snprintf(path, sizeof(path), ROOT "/%s", name);
	mark->fd = open(path, O_RDWR | O_CLOEXEC);
	if (mark->fd < 0)
		err(1, "%s", path);
}

/* The descriptors stay: a sandboxed process may use them. */
void open_marks(void)
{
	struct dirent *entry;
	DIR *dir;

	dir = opendir(ROOT);
	if (!dir)
		err(1, "this module has no marks: %s", ROOT);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (num_marks == ARRAY_SIZE(marks))
			errx(1, "too many marks");
		open_mark(&marks[num_marks++], entry->d_name);
	}
	closedir(dir);
}

struct mark *mark_of(const char *name)
{
	int i;

	for (i = 0; i < num_marks; i++) {
		if (!strcmp(marks[i].name, name))
			return &marks[i];
	}
	errx(1, "there is no mark %s", name);
}

void arm(const struct mark *const mark, int visitors, int ms)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "%d %d", visitors, ms);

	if (pwrite(mark->fd, text, len, 0) != len)
		err(1, "cannot write a mark");
}

void let_go(const struct mark *const mark)
{
	arm(mark, 0, 0);
}

static int read_mark(const struct mark *const mark, const char *format)
{
	char text[32] = "";
	int number;

	if (pread(mark->fd, text, sizeof(text) - 1, 0) < 1 ||
	    sscanf(text, format, &number) != 1)
		err(1, "cannot read a mark");
	return number;
}

int hits_of(const struct mark *const mark)
{
	return read_mark(mark, "%d");
}

bool is_visited(const struct mark *const mark)
{
	return read_mark(mark, "%*d %d") > 0;
}

bool await_visitor(const struct mark *const mark, int hits_before)
{
	const long end = now_ms() + LIMIT;

	while (hits_of(mark) == hits_before) {
		if (now_ms() > end)
			return false;
		sched_yield();
	}
	return is_visited(mark);
}
