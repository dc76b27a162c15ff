// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tries something from within a program that sandboxes itself.
 *
 * Preloaded into the program, it stands between the program and the system
 * call that enforces a ruleset. Each time the program is in a new sandbox, it
 * opens or looks at $PROBE as that names it, and writes to $PROBE_LOG what
 * came out. It opens the log when the program starts, in no sandbox yet.
 *
 *	PROBE=r:/etc/passwd	open for reading
 *	PROBE=w:/tmp/file	open for writing
 *	PROBE=s:/etc/passwd	stat(2), which no ruleset restricts
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_landlock_restrict_self
#define __NR_landlock_restrict_self 446
#endif

/* The log: at a number that programs leave alone. */
static int log_fd = -1;

/* Opens the log, unless it is open. */
__attribute__((constructor)) static void open_log(void)
{
	const char *path = getenv("PROBE_LOG");
	int fd;

	if (!path || fcntl(log_fd, F_GETFD) >= 0)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 200);
	close(fd);
}

/* Does what @probe says. Returns the error, or 0. */
static int try(const char *probe)
{
	const char *path = probe + 2;
	struct stat stat_buf;
	int flags, fd;

	if (probe[0] == 's')
		return stat(path, &stat_buf) ? errno : 0;
	flags = probe[0] == 'w' ? O_WRONLY | O_CREAT : O_RDONLY;
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long argument[6], result;
	int error;
	const char *probe = getenv("PROBE");
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (!next)
		next = dlsym(RTLD_NEXT, "syscall");
	if (number != __NR_landlock_restrict_self || !probe)
		return next(number, argument[0], argument[1], argument[2],
			    argument[3], argument[4], argument[5]);
	open_log();
	result = next(number, argument[0], argument[1], argument[2],
		      argument[3], argument[4], argument[5]);
	error = errno;
	if (result == 0)
		dprintf(log_fd, "%s: %s\n", probe, strerror(try(probe)));
	errno = error;
	return result;
}
