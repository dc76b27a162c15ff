/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delays at marked points: something happens at each mark of the module while
 * somebody waits there. Documentation/protocols.rst says what must hold.
 *
 * A trial is one scenario, one mark that it reaches, and one adversary. It has
 * its own mount namespace and these processes:
 *
 *   controller  arms the mark, lets go, and waits for the others, with a limit
 *   actor       comes to the mark; its threads are siblings, or the adversary
 *   outsider    the adversary, if that is another process
 */

#ifndef LANDLOCK_RS_RACE_H
#define LANDLOCK_RS_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include <linux/landlock.h>

#define BASE "/tmp/race"
/* A file system of its own, with a file that has rules. */
#define MNT BASE "/mnt"
#define FILE_IN_MNT MNT "/file"
/* No rule is on it. */
#define OTHER BASE "/other"

/* Run with this argument, the program does nothing. */
#define NOTHING "nothing"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* How long visitors of a mark wait, in milliseconds, unless they are let go. */
#define HOLD 5000
/* How long everything else may take. */
#define LIMIT 60000

/* marks.c */

struct mark {
	char name[32];
	int fd;
};

#define MAX_MARKS 128

extern struct mark marks[MAX_MARKS];
extern int num_marks;

void open_marks(void);
struct mark *mark_of(const char *name);
/* The next @visitors of the mark wait, for @ms each. */
void arm(const struct mark *mark, int visitors, int ms);
void let_go(const struct mark *mark);
int hits_of(const struct mark *mark);
bool is_visited(const struct mark *mark);
/* Waits until somebody is there, or was. Returns whether somebody still is. */
bool await_visitor(const struct mark *mark, int hits_before);

/* trial.c */

/* What the processes of a trial share. */
struct trial {
	const struct scenario *scenario;
	const struct adversary *adversary;
	const struct mark *mark;
	int hits_before;
	/* How many threads and processes are prepared. */
	int ready;
	/* The adversary began while somebody waited at the mark. It is done. */
	bool is_met, is_done;
	/* Each byte lets one of them go on. */
	int go[2], end[2];
	pid_t actor;
	/* What the actor has: descriptors, or -1. */
	int ruleset_fd, other_fd, file_fd;
	int sockets[2];
	/* Hits of another mark on the way to this one. */
	int other_hits;
	/* The last descriptor of a detached mount, in the outsider. */
	int root_fd;
	/* What went wrong, or nothing. */
	char why[256];
};

/* Runs one trial. Returns NULL, or what went wrong. */
const char *run_trial(struct trial *trial);

/* Notes what goes wrong, and ends the process. */
noreturn void fail(struct trial *trial, int line, const char *what);

#define CHECK(trial, condition)                              \
	do {                                                 \
		if (!(condition))                            \
			fail(trial, __LINE__, #condition);   \
	} while (0)

void wait_for_byte(const int fds[2]);
void write_bytes(const int fds[2], int count);
long now_ms(void);
void sleep_ms(int ms);
void start_thread(struct trial *trial, void *(*function)(void *));

/* scenarios.c, tsync.c */

struct scenario {
	const char *name;
	const char *const *marks;
	/* The adversaries that are not left out where time is short. */
	const char *const *always;
	/* An adversary must not take the mount away before. */
	bool needs_mount;
	/* In the actor, before the mark is armed. */
	void (*prepare)(struct trial *trial);
	/* Comes to the marks. */
	void (*act)(struct trial *trial);
	/* Checks what must hold then, or NULL. */
	void (*check)(struct trial *trial);
};

extern const struct scenario tie, tie_again, tie_refused, tie_beaten;
extern const struct scenario drop, shut_down;
extern const struct scenario enforce, domain_end, exec, open_file, deny;
extern const struct scenario owner_set, owner_used, owner_dropped;
extern const struct scenario tsync, tsync_abort;

int create_ruleset(__u64 fs, __u64 scoped);
int add_rule(int ruleset_fd, int fd);
int restrict_self(int ruleset_fd, __u32 flags);
int open_errno(const char *path, int flags);
void add_path(struct trial *trial, int ruleset_fd, const char *path);
/* The ruleset, if it is still there, denies what it must. */
void check_ruleset(struct trial *trial);

/* adversaries.c */

enum side {
	/* A thread of the actor. */
	INSIDE,
	/* Another process. */
	OUTSIDE,
	/* Nobody: all visitors wait, longer than anybody's patience. */
	PATIENCE,
};

struct adversary {
	const char *name;
	enum side side;
	/* How long the controller waits for it before it lets go the visitor. */
	int ms;
	/* In the outsider, when the actor is prepared. */
	void (*prepare)(struct trial *trial);
	void (*act)(struct trial *trial);
	/* It takes the mount away before; the actor does not survive it. */
	bool takes_mount, is_deadly;
};

extern const struct adversary adversaries[];
extern const int num_adversaries;

/* counters.c */

/* Waits until all is as it was. Returns NULL, or what is not. */
void remember_counters(void);
const char *compare_counters(void);

#endif /* LANDLOCK_RS_RACE_H */
