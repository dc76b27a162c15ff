// SPDX-License-Identifier: GPL-2.0-only
/*
 * LANDLOCK_RESTRICT_SELF_TSYNC: all threads or none, while threads are created,
 * exit, block, execute programs and get signals. Each test is limited in time.
 *
 * C Landlock of 7.3 hangs in tsync.reader_of_own_memory, and at times in
 * tsync.sibling_executes_a_program, until it is killed: the caller waits with the
 * exec_update_lock of the process held, and a thread that waits for this lock
 * does not run its task work.
 */

#include "common.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define DENIED BASE "/denied"

#define TSYNC LANDLOCK_RESTRICT_SELF_TSYNC
/* Has all threads prepare and commit, and may be repeated for ever. */
#define ONLY_TSYNC (TSYNC | LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF)

/* This binary, run with EXIT_ARG, exits at once. */
#define EXIT_ARG "--exit"

struct shared {
	bool enforced, stop;
	int leaks, errors, ready, eintr_epoll, eintr_recv;
	int fds[2];
};

static bool is_set(const bool *const flag)
{
	return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

static void set(bool *const flag)
{
	__atomic_store_n(flag, true, __ATOMIC_SEQ_CST);
}

static void count(int *const counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static void wait_for_count(const int *const counter, int expected)
{
	while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < expected)
		usleep(1000);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static struct shared *set_up(struct __test_metadata *const _metadata)
{
	struct shared *const shared = calloc(1, sizeof(*shared));

	ASSERT_NE(NULL, shared);
	mount_base(_metadata);
	make_file(_metadata, DENIED);
	ASSERT_EQ(0, pipe(shared->fds));
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return shared;
}

FIXTURE(tsync)
{
	int ruleset_fd;
	struct shared *shared;
};

FIXTURE_SETUP(tsync)
{
	if (abi_version() < 8)
		SKIP(return, "needs ABI 8");

	self->shared = set_up(_metadata);
	self->ruleset_fd = new_ruleset(_metadata, READ);
}

FIXTURE_TEARDOWN_PARENT(tsync)
{
}

/* Counts a leak if it is not restricted although everybody should be. */
static void look(struct shared *const shared)
{
	const bool enforced = is_set(&shared->enforced);
	const int err = try_open(DENIED, O_RDONLY);

	if (err != EACCES && (err || enforced))
		count(&shared->leaks);
}

static void *look_once(void *const data)
{
	look(data);
	return NULL;
}

static void *look_until_stop(void *const data)
{
	struct shared *const shared = data;

	count(&shared->ready);
	while (!is_set(&shared->stop))
		look(shared);
	return NULL;
}

/* Creates threads that look, exit, and are never more than two at a time. */
static void *create_threads(void *const data)
{
	struct shared *const shared = data;
	pthread_t thread;

	count(&shared->ready);
	while (!is_set(&shared->stop)) {
		if (pthread_create(&thread, NULL, look_once, shared)) {
			count(&shared->errors);
			continue;
		}
		look(shared);
		pthread_join(thread, NULL);
	}
	return NULL;
}

#define NUM_CREATORS 6

TEST_F_TIMEOUT(tsync, creation_and_exit_storm, 60)
{
	struct shared *const shared = self->shared;
	pthread_t threads[NUM_CREATORS + 1];
	int i;

	for (i = 0; i < NUM_CREATORS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, create_threads,
					    shared));
	ASSERT_EQ(0, pthread_create(&threads[i], NULL, look_until_stop, shared));
	wait_for_count(&shared->ready, NUM_CREATORS + 1);

	for (i = 0; i < MAX_LAYERS; i++) {
		usleep(20000);
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
		set(&shared->enforced);
	}
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	usleep(100000);

	set(&shared->stop);
	for (i = 0; i < NUM_CREATORS + 1; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

struct competitor {
	struct shared *shared;
	int ruleset_fd, err;
};

static void *compete(void *const data)
{
	struct competitor *const self = data;

	while (!is_set(&self->shared->enforced))
		sched_yield();
	self->err = ERR(restrict_self(self->ruleset_fd, TSYNC));
	return NULL;
}

/* Each gets its layer: the second caller starts over from the first's. */
TEST_F_TIMEOUT(tsync, competitors_add_up, 60)
{
	struct competitor competitors[MAX_LAYERS];
	pthread_t threads[MAX_LAYERS];
	int i;

	for (i = 0; i < MAX_LAYERS; i++) {
		competitors[i].shared = self->shared;
		competitors[i].ruleset_fd = self->ruleset_fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, compete,
					    &competitors[i]));
	}
	set(&self->shared->enforced);
	for (i = 0; i < MAX_LAYERS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, competitors[i].err);
	}
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, 0)));
}

/* Two steps of a thread, which another one starts. */
struct steps {
	int ruleset_fd, first, second;
	pthread_barrier_t barrier;
};

static void *sandbox_then_look(void *const data)
{
	struct steps *const steps = data;

	steps->first = ERR(restrict_self(steps->ruleset_fd, 0));
	if (!steps->first && try_open(DENIED, O_RDONLY) != EACCES)
		steps->first = -1;
	pthread_barrier_wait(&steps->barrier);
	pthread_barrier_wait(&steps->barrier);
	steps->second = try_open(DENIED, O_RDONLY);
	return NULL;
}

/*
 * The domain of a sibling is replaced, not extended: a thread that is more
 * restricted than the caller gets rights back. landlock(7) says so.
 */
TEST_F(tsync, sibling_loses_its_own_domain)
{
	struct steps steps = { .ruleset_fd = self->ruleset_fd };
	const int other_fd =
		new_ruleset(_metadata, LANDLOCK_ACCESS_FS_WRITE_FILE);
	pthread_t thread;

	ASSERT_EQ(0, pthread_barrier_init(&steps.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, sandbox_then_look, &steps));
	pthread_barrier_wait(&steps.barrier);
	ASSERT_EQ(0, steps.first);
	EXPECT_EQ(0, ERR(restrict_self(other_fd, TSYNC)));
	pthread_barrier_wait(&steps.barrier);
	ASSERT_EQ(0, pthread_join(thread, NULL));

	EXPECT_EQ(0, steps.second);
	EXPECT_EQ(EACCES, try_open(DENIED, O_WRONLY));
}

static void *change_user_then_look(void *const data)
{
	struct steps *const steps = data;

	/* Not setresuid(3), which changes all threads. */
	steps->first = ERR(syscall(__NR_setresuid, -1, 12345, -1));
	pthread_barrier_wait(&steps->barrier);
	pthread_barrier_wait(&steps->barrier);
	steps->second = try_open(DENIED, O_RDONLY);
	if (syscall(__NR_geteuid) != 12345)
		steps->first = -1;
	return NULL;
}

TEST_F(tsync, sibling_keeps_the_rest_of_its_credentials)
{
	struct steps steps = {};
	pthread_t thread;

	ASSERT_EQ(0, chmod(DENIED, 0644));
	ASSERT_EQ(0, pthread_barrier_init(&steps.barrier, NULL, 2));
	ASSERT_EQ(0,
		  pthread_create(&thread, NULL, change_user_then_look, &steps));
	pthread_barrier_wait(&steps.barrier);
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	pthread_barrier_wait(&steps.barrier);
	ASSERT_EQ(0, pthread_join(thread, NULL));

	EXPECT_EQ(0, steps.first);
	EXPECT_EQ(EACCES, steps.second);
	EXPECT_EQ(0, geteuid());
}

/* Threads that block: they get the domain, and do not notice */

static void *block_in_read(void *const data)
{
	struct shared *const shared = data;
	char byte;

	count(&shared->ready);
	if (read(shared->fds[0], &byte, 1) != 1)
		count(&shared->errors);
	look(shared);
	return NULL;
}

static void *block_in_poll(void *const data)
{
	struct shared *const shared = data;
	struct pollfd fd = { .fd = shared->fds[0], .events = POLLIN };

	count(&shared->ready);
	if (poll(&fd, 1, -1) != 1)
		count(&shared->errors);
	look(shared);
	return NULL;
}

static void *block_in_sleep(void *const data)
{
	struct shared *const shared = data;
	const struct timespec time = { .tv_nsec = 700 * 1000 * 1000 };
	const double start = now();

	count(&shared->ready);
	if (nanosleep(&time, NULL) || now() - start < 0.7)
		count(&shared->errors);
	look(shared);
	return NULL;
}

TEST_F_TIMEOUT(tsync, blocked_siblings, 60)
{
	void *(*const blocks[])(void *) = { block_in_read, block_in_poll,
					    block_in_sleep };
	struct shared *const shared = self->shared;
	pthread_t threads[ARRAY_SIZE(blocks)];
	int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, blocks[i],
					    shared));
	wait_for_count(&shared->ready, ARRAY_SIZE(blocks));
	usleep(100000);

	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	set(&shared->enforced);
	ASSERT_EQ(2, write(shared->fds[1], "..", 2));
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

/* A thread in vfork(2) cannot be interrupted: it is waited for */

#define VFORK_SECONDS 1

static void *block_in_vfork(void *const data)
{
	const struct timespec time = { .tv_sec = VFORK_SECONDS };
	struct shared *const shared = data;
	pid_t child;

	child = vfork();
	if (!child) {
		count(&shared->ready);
		nanosleep(&time, NULL);
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child)
		count(&shared->errors);
	look(shared);
	return NULL;
}

static volatile sig_atomic_t num_signals;

static void count_signal(int signal)
{
	num_signals++;
}

TEST_F_TIMEOUT(tsync, signals_while_a_sibling_is_in_vfork, 60)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct sigaction action = { .sa_handler = count_signal };
	const struct itimerval never = {};
	struct shared *const shared = self->shared;
	pthread_t thread;
	sigset_t alarm;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &alarm, NULL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, block_in_vfork, shared));
	ASSERT_EQ(0, pthread_sigmask(SIG_UNBLOCK, &alarm, NULL));
	wait_for_count(&shared->ready, 1);

	num_signals = 0;
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	/* It starts over after each signal, and user space does not see it. */
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	set(&shared->enforced);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
	EXPECT_LT(3, num_signals);

	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

TEST_F_TIMEOUT(tsync, kill_while_a_sibling_is_in_vfork, 60)
{
	struct shared *const shared = self->shared;
	const pid_t child = fork();
	const double start = now();
	pthread_t thread;
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		if (pthread_create(&thread, NULL, block_in_vfork, shared))
			_exit(1);
		wait_for_count(&shared->ready, 1);
		restrict_self(self->ruleset_fd, TSYNC);
		_exit(2);
	}
	usleep(300000);
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_LT(now() - start, VFORK_SECONDS);
}

/* Threads that are in vfork(2) again and again, out of step */

static void sleep_ms(long ms)
{
	const struct timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	/* Not nanosleep(3), which a child of vfork(2) should not call. */
	syscall(__NR_nanosleep, &time, NULL);
}

struct vforker {
	struct shared *shared;
	long ms;
};

static void *repeat_vfork(void *const data)
{
	const struct vforker *const self = data;
	pid_t child;

	while (!is_set(&self->shared->stop)) {
		child = vfork();
		if (!child) {
			sleep_ms(self->ms);
			_exit(0);
		}
		if (child < 0 || waitpid(child, NULL, 0) != child)
			count(&self->shared->errors);
	}
	look(self->shared);
	return NULL;
}

FIXTURE(vforkers)
{
	int ruleset_fd;
	struct shared *shared;
};

/* Times in milliseconds: of each vfork(2), and between those of two threads. */
FIXTURE_VARIANT(vforkers)
{
	int threads, step, call;
	long block;
};

/* clang-format off */
#define VFORKERS(name, threads_, step_, call_, block_)			\
	FIXTURE_VARIANT_ADD(vforkers, name) {				\
		.threads = threads_, .step = step_, .call = call_,	\
		.block = block_,					\
	}
/* clang-format on */

VFORKERS(one_1250ms, 1, 0, 300, 1250);
VFORKERS(two_400ms, 2, 200, 100, 400);
VFORKERS(two_1250ms_in_step, 2, 100, 200, 1250);
VFORKERS(two_1250ms, 2, 900, 100, 1250);
VFORKERS(two_2000ms, 2, 1650, 100, 2000);

FIXTURE_SETUP(vforkers)
{
	if (abi_version() < 8)
		SKIP(return, "needs ABI 8");

	self->shared = set_up(_metadata);
	self->ruleset_fd = new_ruleset(_metadata, READ);
}

FIXTURE_TEARDOWN_PARENT(vforkers)
{
}

/* A thread that is back from vfork(2) waits for the others: one time is enough. */
TEST_F_TIMEOUT(vforkers, end_in_one_time, 20)
{
	struct vforker vforker = { self->shared, variant->block };
	pthread_t threads[2];
	double start;
	int i;

	for (i = 0; i < variant->threads; i++) {
		if (i)
			sleep_ms(variant->step);
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, repeat_vfork,
					    &vforker));
	}
	sleep_ms(variant->call);

	start = now();
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	EXPECT_LT(now() - start, variant->block / 1e3 + 1);
	set(&self->shared->enforced);

	set(&self->shared->stop);
	for (i = 0; i < variant->threads; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, self->shared->leaks);
	EXPECT_EQ(0, self->shared->errors);
}

/* Each gets its layer, although both have to wait. */
TEST_F_TIMEOUT(tsync, two_callers_while_a_sibling_is_in_vfork, 20)
{
	struct vforker vforker = { self->shared, 300 };
	struct competitor competitors[2];
	pthread_t threads[2], thread;
	int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, repeat_vfork, &vforker));
	for (i = 0; i < 2; i++) {
		competitors[i].shared = self->shared;
		competitors[i].ruleset_fd = self->ruleset_fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, compete,
					    &competitors[i]));
	}
	sleep_ms(50);
	set(&self->shared->enforced);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, competitors[i].err);
	}
	set(&self->shared->stop);
	ASSERT_EQ(0, pthread_join(thread, NULL));

	for (i = 2; i < MAX_LAYERS; i++)
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, 0)));
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, 0)));
}

/* What siblings notice */

static void *count_eintr_of_epoll(void *const data)
{
	const int fd = epoll_create1(EPOLL_CLOEXEC);
	struct shared *const shared = data;
	struct epoll_event event;

	count(&shared->ready);
	while (!is_set(&shared->stop))
		if (epoll_wait(fd, &event, 1, 60000) < 0 && errno == EINTR)
			count(&shared->eintr_epoll);
	return NULL;
}

static void *count_eintr_of_recv(void *const data)
{
	const struct timeval timeout = { .tv_sec = 60 };
	struct shared *const shared = data;
	int fds[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) ||
	    setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)))
		count(&shared->errors);
	count(&shared->ready);
	while (!is_set(&shared->stop))
		if (recv(fds[0], &byte, 1, 0) < 0 && errno == EINTR)
			count(&shared->eintr_recv);
	return NULL;
}

#define TRACING "/sys/kernel/tracing"

/* Number of domains that were created since the trace was emptied. */
static int count_domains(struct __test_metadata *const _metadata)
{
	FILE *const trace = fopen(TRACING "/trace", "re");
	char line[1024];
	int domains = 0;

	ASSERT_NE(NULL, trace);
	while (fgets(line, sizeof(line), trace))
		domains += !!strstr(line, " landlock_create_domain: ");
	ASSERT_EQ(0, fclose(trace));
	return domains;
}

/*
 * However long a call waits, it interrupts each sibling once, and creates one
 * domain.  nanosleep(2) restarts by itself.
 */
TEST_F_TIMEOUT(tsync, waits_without_starting_over, 20)
{
	const char *const enable =
		TRACING "/events/landlock/landlock_create_domain/enable";
	struct shared *const shared = self->shared;
	pthread_t threads[4];

	ASSERT_EQ(0, pthread_create(&threads[0], NULL, count_eintr_of_epoll,
				    shared));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, count_eintr_of_recv,
				    shared));
	ASSERT_EQ(0,
		  pthread_create(&threads[2], NULL, block_in_sleep, shared));
	add_path(_metadata, self->ruleset_fd, TRACING, READ);
	wait_for_count(&shared->ready, 3);
	sleep_ms(50);
	ASSERT_EQ(0, pthread_create(&threads[3], NULL, block_in_vfork, shared));
	wait_for_count(&shared->ready, 4);

	ASSERT_EQ(0, write_text(TRACING "/trace", "\n"));
	ASSERT_EQ(0, write_text(enable, "1"));
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	ASSERT_EQ(0, write_text(enable, "0"));
	EXPECT_EQ(1, count_domains(_metadata));

	set(&shared->enforced);
	sleep_ms(200);
	EXPECT_EQ(1, shared->eintr_epoll);
	EXPECT_EQ(1, shared->eintr_recv);
	ASSERT_EQ(0, pthread_join(threads[2], NULL));
	ASSERT_EQ(0, pthread_join(threads[3], NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

/* Threads that execute a program, or leave */

static void *repeat_tsync(void *const data)
{
	struct shared *const shared = data;

	while (!is_set(&shared->stop)) {
		count(&shared->ready);
		if (restrict_self(-1, ONLY_TSYNC))
			count(&shared->errors);
	}
	return NULL;
}

TEST_F_TIMEOUT(tsync, sibling_executes_a_program, 60)
{
	struct shared *const shared = self->shared;
	pthread_t thread;
	pid_t child;
	int i;

	for (i = 0; i < 40; i++) {
		child = fork();
		if (!child) {
			if (pthread_create(&thread, NULL, repeat_tsync, shared))
				_exit(1);
			wait_for_count(&shared->ready, 1 + i);
			execl("/proc/self/exe", "exe", EXIT_ARG, NULL);
			_exit(2);
		}
		EXPECT_EQ(0, wait_for(_metadata, child));
	}
}

struct executor {
	struct vforker vforker;
	int fd;
};

/* Not by way of /proc/self/exe, on which C hangs. */
static void *execute_soon(void *const data)
{
	static char *const argv[] = { "exe", EXIT_ARG, NULL };
	const struct executor *const self = data;

	wait_for_count(&self->vforker.shared->ready, 1);
	sleep_ms(self->vforker.ms);
	fexecve(self->fd, argv, environ);
	_exit(2);
}

/* The program replaces all threads, in whatever phase they are. */
TEST_F_TIMEOUT(tsync, sibling_executes_while_another_is_in_vfork, 60)
{
	struct executor executor = { { self->shared, 0 } };
	pthread_t thread;
	pid_t child;
	int i;

	executor.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, executor.fd);
	for (i = 0; i < 20; i++) {
		executor.vforker.ms = 1 + i;
		child = fork();
		if (!child) {
			if (pthread_create(&thread, NULL, repeat_vfork,
					   &executor.vforker) ||
			    pthread_create(&thread, NULL, execute_soon,
					   &executor))
				_exit(1);
			repeat_tsync(self->shared);
		}
		EXPECT_EQ(0, wait_for(_metadata, child));
	}
}

static void *tsync_after_leader(void *const data)
{
	const int *const ruleset_fd = data;

	/* The leader becomes a zombie meanwhile. */
	usleep(100000);
	_exit(ERR(restrict_self(*ruleset_fd, TSYNC)) ||
	      try_open(DENIED, O_RDONLY) != EACCES);
}

TEST_F_TIMEOUT(tsync, leader_is_gone, 60)
{
	int ruleset_fd = self->ruleset_fd;
	const pid_t child = fork();
	pthread_t thread;

	if (!child) {
		if (pthread_create(&thread, NULL, tsync_after_leader,
				   &ruleset_fd))
			_exit(2);
		syscall(__NR_exit, 3);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
}

static void *open_own_memory(void *const data)
{
	struct shared *const shared = data;

	count(&shared->ready);
	while (!is_set(&shared->stop))
		if (try_open("/proc/self/mem", O_RDONLY))
			count(&shared->errors);
	return NULL;
}

#define READER_SECONDS 3

/* Threads that wait for the lock that a caller holds while it commits. */
TEST_F_TIMEOUT(tsync, reader_of_own_memory, 60)
{
	struct shared *const shared = self->shared;
	const double start = now();
	pthread_t threads[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_own_memory,
					    shared));
	wait_for_count(&shared->ready, ARRAY_SIZE(threads));

	while (now() - start < READER_SECONDS)
		ASSERT_EQ(0, ERR(restrict_self(-1, ONLY_TSYNC)));

	set(&shared->stop);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, shared->errors);
}

static void open_memory_of(pid_t pid)
{
	char path[64];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	for (;;) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			_exit(1);
		close(fd);
	}
}

#define NUM_READERS 3

/* Other processes that take the lock all the time do not keep a caller from it. */
TEST_F_TIMEOUT(tsync, readers_of_its_memory, 60)
{
	struct vforker vforker = { self->shared, 20 };
	struct shared *const shared = self->shared;
	const pid_t pid = getpid();
	pid_t readers[NUM_READERS];
	pthread_t threads[2];
	int i, status;

	for (i = 0; i < NUM_READERS; i++) {
		readers[i] = fork();
		if (!readers[i])
			open_memory_of(pid);
		ASSERT_LT(0, readers[i]);
	}
	ASSERT_EQ(0,
		  pthread_create(&threads[0], NULL, look_until_stop, shared));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, repeat_vfork, &vforker));

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, ERR(restrict_self(-1, ONLY_TSYNC)));

	set(&shared->stop);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	for (i = 0; i < NUM_READERS; i++) {
		ASSERT_EQ(0, kill(readers[i], SIGKILL));
		ASSERT_EQ(readers[i], waitpid(readers[i], &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], EXIT_ARG))
		return 0;
	return test_harness_run(argc, argv);
}
