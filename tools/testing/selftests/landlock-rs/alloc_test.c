// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail: each of one system call in turn, until none is left.
 * Whatever fails, the errno says so, nothing has changed, and the next attempt
 * succeeds. What is denied stays denied, with audit and trace events on.
 *
 * This needs CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC
 * (configs/debug.config). /proc/PID/fail-nth counts all allocations of a task,
 * those of the rest of the kernel as well.
 */

#include "common.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/un.h>

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define GRANTED BASE "/granted"
#define DENIED BASE "/denied"
#define NUM_RULES 10
#define FIRST_PORT 10000

/* More allocations than any of these operations does. */
#define MAX_NTH 2000

/* This binary, run with EXEC_ARG and a descriptor, checks a new program. */
#define EXEC_ARG "--exec"

/* How a trial ends. What else may be is a program that did not start. */
enum end {
	NOTHING_FAILED,
	SOMETHING_FAILED,
	WRONG,
};

/* The state of a trial, which is a process of its own. */
static struct {
	/* The fail-nth of the thread whose allocation fails. */
	int fault_fd;
	int ruleset_fd, other_fd, tcp_fd;
	/* How many rules were added. */
	int count;
	pid_t pid;
} trial;

/* Something that allocates. */
struct operation {
	/* Prepares the process. Nothing fails here. */
	void (*prepare)(void);
	/* Does it, and returns an errno. */
	int (*act)(void);
	/* What it returns when nothing fails. */
	int expected;
	/* What else it may return when something does, besides ENOMEM. */
	int also;
	/* Returns whether all is as it was before, or as it must be after. */
	bool (*is_unchanged)(void);
	bool (*is_done)(void);
	/* The answer does not depend on any allocation. */
	bool is_certain;
	/* One more errno like @also. */
	int or_also;
};

/* Ends a trial, and says why. */
#define CHECK(condition)                                                  \
	do {                                                              \
		if (!(condition)) {                                       \
			printf("# line %d: %s: %s\n", __LINE__,           \
			       #condition, strerror(errno));              \
			fflush(stdout);                                   \
			_exit(WRONG);                                     \
		}                                                         \
	} while (0)

static bool always(void)
{
	return true;
}

static bool is_denied(void)
{
	return try_open(DENIED, O_RDONLY) == EACCES;
}

static bool is_free(void)
{
	return try_open(DENIED, O_RDONLY) == 0 &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

/* The descriptor that would come next: shows when one was leaked. */
static int next_fd(void)
{
	const int fd = dup(0);

	close(fd);
	return fd;
}

static int ruleset_of(const struct landlock_ruleset_attr *const attr)
{
	const int fd = create_ruleset(attr, known_attr_size(abi_version()), 0);

	CHECK(fd >= 0);
	return fd;
}

static int file_ruleset(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = READ,
	};

	return ruleset_of(&attr);
}

static int grant(int ruleset_fd, const char *path, __u64 access)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = add_rule_fd(ruleset_fd, fd, access);
	close(fd);
	return err;
}

static void grant_well(int ruleset_fd, const char *path, __u64 access)
{
	CHECK(grant(ruleset_fd, path, access) == 0);
}

/* Returns what @check says in a process with the ruleset in force. */
static bool holds_if_enforced(bool (*check)(void))
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		if (restrict_self(trial.ruleset_fd, 0))
			_exit(2);
		_exit(!check());
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Rulesets */

static void prepare_create(void)
{
	trial.count = next_fd();
}

static int act_create(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_fs(abi_version()),
		.handled_access_net = known_net(abi_version()),
	};

	trial.ruleset_fd = create_ruleset(&attr, sizeof(attr), 0);
	return trial.ruleset_fd < 0 ? errno : 0;
}

static bool has_no_new_fd(void)
{
	return next_fd() == trial.count;
}

static bool has_ruleset(void)
{
	return trial.ruleset_fd == trial.count && next_fd() > trial.count;
}

/* Rules: file 0 comes first, and so on. */

static void name_file(char *path, size_t size, int i)
{
	snprintf(path, size, BASE "/file%d", i);
}

static void prepare_rules(void)
{
	trial.ruleset_fd = file_ruleset();
	trial.count = 0;
}

/* Another ruleset has rules on the same inodes. */
static void prepare_known_inodes(void)
{
	char path[64];
	int i;

	prepare_rules();
	trial.other_fd = file_ruleset();
	for (i = 0; i < NUM_RULES; i++) {
		name_file(path, sizeof(path), i);
		grant_well(trial.other_fd, path, READ);
	}
}

static int act_rules(void)
{
	char path[64];
	int err;

	for (; trial.count < NUM_RULES; trial.count++) {
		name_file(path, sizeof(path), trial.count);
		err = grant(trial.ruleset_fd, path, READ);
		if (err)
			return err;
	}
	return 0;
}

/* Those files that have a rule can be read, and no other. */
static bool are_files_granted(void)
{
	char path[64];
	int i;

	for (i = 0; i < NUM_RULES; i++) {
		name_file(path, sizeof(path), i);
		if (try_open(path, O_RDONLY) != (i < trial.count ? 0 : EACCES))
			return false;
	}
	return true;
}

static bool has_rules(void)
{
	return holds_if_enforced(are_files_granted);
}

static void prepare_ports(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP,
	};

	trial.ruleset_fd = ruleset_of(&attr);
	trial.count = 0;
}

static int act_ports(void)
{
	for (; trial.count < NUM_RULES; trial.count++) {
		const int err = add_rule_port(trial.ruleset_fd,
					      FIRST_PORT + trial.count,
					      LANDLOCK_ACCESS_NET_BIND_TCP);

		if (err)
			return err;
	}
	return 0;
}

static int bind_fd(int fd, int port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return ERR(bind(fd, (const void *)&address, sizeof(address)));
}

static int try_bind(int port)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int err = fd < 0 ? errno : bind_fd(fd, port);

	close(fd);
	return err;
}

static bool are_ports_granted(void)
{
	int i;

	for (i = 0; i < NUM_RULES; i++) {
		if (try_bind(FIRST_PORT + i) != (i < trial.count ? 0 : EACCES))
			return false;
	}
	return true;
}

static bool has_ports(void)
{
	return holds_if_enforced(are_ports_granted);
}

/* Domains */

static __u32 restrict_flags;

static void prepare_restrict(void)
{
	trial.ruleset_fd = file_ruleset();
	grant_well(trial.ruleset_fd, GRANTED, READ);
}

/* @count layers that grant everything, then one that does not. */
static void prepare_layers(int count)
{
	const int fd = file_ruleset();
	int i;

	grant_well(fd, "/", READ);
	for (i = 0; i < count; i++)
		CHECK(restrict_self(fd, 0) == 0);
	close(fd);
	prepare_restrict();
}

static void prepare_nested(void)
{
	prepare_layers(1);
}

static void prepare_last(void)
{
	prepare_layers(MAX_LAYERS - 1);
}

static void prepare_flags(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = READ,
		.quiet_access_fs = READ,
	};

	trial.ruleset_fd = ruleset_of(&attr);
	grant_well(trial.ruleset_fd, GRANTED, READ);
	restrict_flags = known_restrict_flags(abi_version()) &
			 ~LANDLOCK_RESTRICT_SELF_TSYNC;
}

static int act_restrict(void)
{
	return ERR(restrict_self(trial.ruleset_fd, restrict_flags));
}

static bool is_restricted(void)
{
	return is_denied() && try_open(GRANTED, O_RDONLY) == 0;
}

static bool has_all_layers(void)
{
	return is_restricted() &&
	       ERR(restrict_self(trial.ruleset_fd, 0)) == E2BIG;
}

static bool has_flags(void)
{
	return is_restricted() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static int act_mute(void)
{
	const __u32 flags = LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF;

	return ERR(restrict_self(-1, flags));
}

/* Threads */

static struct {
	int question[2], answer[2];
	pid_t tid;
} siblings[2];

/* Answers whether the thread is denied what the ruleset does not grant. */
static void *answer(void *const data)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];
	const int i = (long)data;
	char byte;

	/* The second thread has credentials of its own. */
	if (i == 1 && (syscall(__NR_capget, &header, caps) ||
		       syscall(__NR_capset, &header, caps)))
		return NULL;
	siblings[i].tid = gettid();
	while (write(siblings[i].answer[1], is_denied() ? "1" : "0", 1) == 1 &&
	       read(siblings[i].question[0], &byte, 1) == 1)
		;
	return NULL;
}

static char answer_of(int i)
{
	char byte = '?';

	CHECK(read(siblings[i].answer[0], &byte, 1) == 1);
	return byte;
}

static void prepare_threads(void)
{
	pthread_t thread;
	long i;

	prepare_restrict();
	restrict_flags = LANDLOCK_RESTRICT_SELF_TSYNC;
	for (i = 0; i < 2; i++) {
		CHECK(pipe(siblings[i].question) == 0);
		CHECK(pipe(siblings[i].answer) == 0);
		CHECK(pthread_create(&thread, NULL, answer, (void *)i) == 0);
		CHECK(answer_of(i) == '0');
	}
}

static void prepare_fault_in(int sibling)
{
	char path[64];

	prepare_threads();
	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth",
		 siblings[sibling].tid);
	trial.fault_fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(trial.fault_fd >= 0);
}

static void prepare_fault_in_sibling(void)
{
	prepare_fault_in(1);
}

static bool all_answer(char expected)
{
	int i;

	for (i = 0; i < 2; i++) {
		CHECK(write(siblings[i].question[1], "?", 1) == 1);
		if (answer_of(i) != expected)
			return false;
	}
	return true;
}

static bool are_all_free(void)
{
	return is_free() && all_answer('0');
}

static bool are_all_restricted(void)
{
	return is_restricted() && all_answer('1');
}

/* Processes of a domain */

static void prepare_domain(void)
{
	prepare_restrict();
	CHECK(restrict_self(trial.ruleset_fd, 0) == 0);
}

/* The child inherits the domain: it checks that, and its parent waits for it. */
static int inherit(void)
{
	int status;

	if (trial.pid == 0)
		_exit(!is_denied());
	if (trial.pid < 0)
		return errno;
	CHECK(waitpid(trial.pid, &status, 0) == trial.pid && status == 0);
	return 0;
}

/* The child shares this memory. */
static int act_vfork(void)
{
	trial.pid = vfork();
	return inherit();
}

static int act_fork(void)
{
	trial.pid = fork();
	return inherit();
}

static void prepare_exec(void)
{
	const int fd = file_ruleset();

	grant_well(fd, "/proc/self/exe", READ);
	trial.other_fd = open("/proc/self/exe", O_PATH);
	CHECK(fcntl(trial.fault_fd, F_SETFD, 0) == 0);
	CHECK(restrict_self(fd, 0) == 0);
}

/* The new program ends the trial, in check_program(). */
static int act_exec(void)
{
	char fault_fd[16];
	char *const argv[] = { "exe", EXEC_ARG, fault_fd, NULL };

	snprintf(fault_fd, sizeof(fault_fd), "%d", trial.fault_fd);
	syscall(__NR_execveat, trial.other_fd, "", argv, NULL, AT_EMPTY_PATH);
	return errno;
}

/* Owners of files */

static void prepare_owner(void)
{
	const struct landlock_ruleset_attr attr = {
		.scoped = LANDLOCK_SCOPE_SIGNAL,
	};
	int fds[2];

	trial.ruleset_fd = ruleset_of(&attr);
	CHECK(restrict_self(trial.ruleset_fd, 0) == 0);
	CHECK(pipe(fds) == 0);
	trial.other_fd = fds[0];
	trial.pid = getppid();
}

static int act_owner(void)
{
	return ERR(fcntl(trial.other_fd, F_SETOWN, trial.pid));
}

static bool has_no_owner(void)
{
	return fcntl(trial.other_fd, F_GETOWN) == 0;
}

static bool has_owner(void)
{
	return fcntl(trial.other_fd, F_GETOWN) == trial.pid;
}

/* What is denied, and logged. */

static struct sockaddr_un server_address = {
	.sun_family = AF_UNIX,
	.sun_path = "\0landlock-rs-alloc",
};

static void prepare_denials(void)
{
	const int abi = abi_version();
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_fs(abi),
		.handled_access_net = known_net(abi),
		.scoped = known_scopes(abi),
	};

	trial.other_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	trial.tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	trial.ruleset_fd = ruleset_of(&attr);
	grant_well(trial.ruleset_fd, GRANTED, READ);
	trial.pid = getppid();
	CHECK(restrict_self(trial.ruleset_fd, 0) == 0);
}

static int act_open(void)
{
	return try_open(DENIED, O_RDONLY);
}

static int act_open_granted(void)
{
	return try_open(GRANTED, O_RDONLY);
}

static int act_rename(void)
{
	return ERR(rename(DENIED, BASE "/dir/renamed"));
}

static int act_link(void)
{
	return ERR(link(DENIED, BASE "/dir/linked"));
}

static int act_truncate(void)
{
	return ERR(truncate(DENIED, 0));
}

static int act_mount(void)
{
	return ERR(mount("landlock-rs", BASE "/dir", "tmpfs", 0, NULL));
}

static int act_bind(void)
{
	return bind_fd(trial.tcp_fd, FIRST_PORT);
}

static int act_connect(void)
{
	return ERR(connect(trial.other_fd, (void *)&server_address,
			   sizeof(server_address)));
}

static int act_kill(void)
{
	return ERR(kill(trial.pid, SIGUSR1));
}

static int act_ptrace(void)
{
	return ERR(ptrace(PTRACE_SEIZE, trial.pid, NULL, NULL));
}

/* Trials */

static void arm(unsigned int nth)
{
	char text[16];
	const int len = snprintf(text, sizeof(text), "%u", nth);

	CHECK(pwrite(trial.fault_fd, text, len, 0) == len);
}

/* Returns whether the allocation failed that arm() said. */
static bool disarm(int fault_fd)
{
	char text[16] = {};

	CHECK(pread(fault_fd, text, sizeof(text) - 1, 0) > 0);
	CHECK(pwrite(fault_fd, "0", 1, 0) == 1);
	return atoi(text) == 0;
}

/* Lets the @nth allocation of @op fail, in a process of its own. */
static enum end try_once(const struct operation *const op, unsigned int nth)
{
	bool is_injected;
	int err;

	trial.fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	CHECK(trial.fault_fd >= 0);
	op->prepare();

	arm(nth);
	err = op->act();
	is_injected = disarm(trial.fault_fd);

	if (err != op->expected) {
		errno = err;
		CHECK(is_injected && !op->is_certain);
		CHECK(err == ENOMEM || err == op->also ||
		      (err && err == op->or_also));
		CHECK(op->is_unchanged());
		err = op->act();
		CHECK(err == op->expected);
	}
	CHECK(op->is_done());
	return is_injected ? SOMETHING_FAILED : NOTHING_FAILED;
}

/* What the program does that act_exec() executes. */
static enum end check_program(int fault_fd)
{
	const bool is_injected = disarm(fault_fd);

	CHECK(is_denied());
	return is_injected ? SOMETHING_FAILED : NOTHING_FAILED;
}

/* With this, a program ends that gets no memory before main(). */
#define NOT_STARTED 127

/* Returns how @child ended: a program that failed to start was killed, too. */
static int end_of(struct __test_metadata *const _metadata, pid_t child,
		  bool is_exec)
{
	int status;

	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	if (is_exec && WIFSIGNALED(status) &&
	    (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV))
		return SOMETHING_FAILED;
	ASSERT_TRUE(WIFEXITED(status))
	{
		TH_LOG("trial ended with status %x", status);
	}
	if (is_exec && WEXITSTATUS(status) == NOT_STARTED)
		return SOMETHING_FAILED;
	return WEXITSTATUS(status);
}

/* Lets each allocation of @op fail in turn. */
static void try_all(struct __test_metadata *const _metadata,
		    const struct operation *const op)
{
	unsigned int nth;
	int end;

	for (nth = 1; nth < MAX_NTH; nth++) {
		const pid_t child = fork();

		if (child == 0)
			_exit(try_once(op, nth));
		end = end_of(_metadata, child, op->act == act_exec);
		if (end == NOTHING_FAILED)
			break;
		ASSERT_EQ(SOMETHING_FAILED, end)
		{
			TH_LOG("allocation %u", nth);
		}
	}
	ASSERT_GT(MAX_NTH, nth);
	/* Otherwise nothing was tested. */
	EXPECT_LT(1, nth);
	TH_LOG("%u allocations", nth - 1);
}

/* Lets all kinds of allocations fail, quietly. */
static int allow_faults(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/verbose", "0" },
	};
	char path[64];
	size_t i;
	int err;

	if (access("/proc/self/fail-nth", W_OK))
		return errno;
	for (i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s",
			 settings[i][0]);
		err = write_text(path, settings[i][1]);
		if (err)
			return err;
	}
	return 0;
}

/* Switches audit and trace events of denials on or off. */
static int set_logs(__u32 enabled)
{
	const int err = set_audit(enabled);

	return err ?: write_text("/sys/kernel/tracing/events/landlock/enable",
				 enabled ? "1" : "0");
}

FIXTURE(alloc)
{
};

FIXTURE_VARIANT(alloc)
{
	struct operation operation;
};

#define OPERATION(name, ...)                     \
	FIXTURE_VARIANT_ADD(alloc, name)         \
	{                                        \
		.operation = { __VA_ARGS__ },    \
	}

OPERATION(create_ruleset, prepare_create, act_create, 0, 0, has_no_new_fd,
	  has_ruleset);
OPERATION(rules_on_new_inodes, prepare_rules, act_rules, 0, 0, has_rules,
	  has_rules);
OPERATION(rules_on_known_inodes, prepare_known_inodes, act_rules, 0, 0,
	  has_rules, has_rules);
OPERATION(rules_on_ports, prepare_ports, act_ports, 0, 0, has_ports, has_ports);
OPERATION(first_layer, prepare_restrict, act_restrict, 0, 0, is_free,
	  is_restricted);
OPERATION(nested_layer, prepare_nested, act_restrict, 0, 0, is_free,
	  is_restricted);
OPERATION(last_layer, prepare_last, act_restrict, 0, 0, is_free,
	  has_all_layers);
OPERATION(quiet_layer_with_flags, prepare_flags, act_restrict, 0, 0, is_free,
	  has_flags);
OPERATION(muted_subdomains, prepare_restrict, act_mute, 0, 0, is_free, is_free);
OPERATION(tsync_caller, prepare_threads, act_restrict, 0, 0, are_all_free,
	  are_all_restricted);
OPERATION(tsync_sibling, prepare_fault_in_sibling, act_restrict, 0, 0,
	  are_all_free, are_all_restricted);
OPERATION(vfork, prepare_domain, act_vfork, 0, EAGAIN, is_denied, is_denied);
OPERATION(fork, prepare_domain, act_fork, 0, EAGAIN, is_denied, is_denied);
/* Without memory for arguments, or for the program headers of an ELF file. */
OPERATION(execve, prepare_exec, act_exec, 0, E2BIG, is_denied, is_denied,
	  .or_also = ENOEXEC);
OPERATION(owner_of_file, prepare_owner, act_owner, 0, 0, has_no_owner,
	  has_owner);
OPERATION(open_granted, prepare_denials, act_open_granted, 0, 0, always,
	  always);
OPERATION(open, prepare_denials, act_open, EACCES, 0, always, is_denied);
OPERATION(rename, prepare_denials, act_rename, EACCES, 0, always, is_denied);
OPERATION(link, prepare_denials, act_link, EACCES, 0, always, is_denied);
OPERATION(truncate, prepare_denials, act_truncate, EACCES, 0, always,
	  is_denied);
OPERATION(mount, prepare_denials, act_mount, EPERM, 0, always, is_denied);
OPERATION(bind, prepare_denials, act_bind, EACCES, 0, always, is_denied);
OPERATION(connect, prepare_denials, act_connect, EPERM, ENOBUFS, always,
	  is_denied);
OPERATION(kill, prepare_denials, act_kill, EPERM, 0, always, is_denied, true);
OPERATION(ptrace, prepare_denials, act_ptrace, EPERM, 0, always, is_denied,
	  true);

FIXTURE_SETUP(alloc)
{
	char path[64];
	int i;

	if (allow_faults())
		SKIP(return, "Allocations do not fail on demand here");
	if (abi_version() < 11)
		SKIP(return, "Landlock ABI 11 is needed");

	mount_base(_metadata);
	make_dir(_metadata, BASE "/dir");
	make_file(_metadata, GRANTED);
	make_file(_metadata, DENIED);
	for (i = 0; i < NUM_RULES; i++) {
		name_file(path, sizeof(path), i);
		make_file(_metadata, path);
	}
	ASSERT_EQ(0, set_logs(1));
	/* A server that the trials cannot reach. */
	i = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, ERR(bind(i, (void *)&server_address,
			      sizeof(server_address))));
	ASSERT_EQ(0, listen(i, 5));
}

FIXTURE_TEARDOWN(alloc)
{
	EXPECT_EQ(0, set_logs(0));
}

TEST_F_TIMEOUT(alloc, each_fails_in_turn, 600)
{
	try_all(_metadata, &variant->operation);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], EXEC_ARG))
		return check_program(atoi(argv[2]));
	return test_harness_run(argc, argv);
}
