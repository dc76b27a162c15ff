/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - what logs are made from
 *
 * log.rs decides what is logged; audit.c and trace.c only write it, in the
 * formats of Linux 7.3.
 */

#ifndef _LANDLOCK_RS_LOG_H
#define _LANDLOCK_RS_LOG_H

#include <linux/dcache.h>
#include <linux/lsm_audit.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/tracepoint-defs.h>
#include <linux/types.h>

/*
 * Kinds of requests.  User space sees these numbers in the format of trace
 * events.
 */
enum landlock_request_type {
	LANDLOCK_REQUEST_PTRACE = 1,
	LANDLOCK_REQUEST_FS_CHANGE_TOPOLOGY,
	LANDLOCK_REQUEST_FS_ACCESS,
	LANDLOCK_REQUEST_NET_ACCESS,
	LANDLOCK_REQUEST_SCOPE_ABSTRACT_UNIX_SOCKET,
	LANDLOCK_REQUEST_SCOPE_SIGNAL,
};

/**
 * struct landlock_rs_net_trace - What a trace event says of an address besides
 *
 * @address: Address that was passed with the socket, or NULL.
 * @address_len: Number of bytes of @address.
 * @socket_family: Family of the socket when it was looked at.
 */
struct landlock_rs_net_trace {
	const struct sockaddr *address;
	int address_len;
	u16 socket_family;
};

/**
 * struct landlock_rs_denial - A denied request, ready to be written
 *
 * @type: Kind of the request.
 * @missing: Rights that are missing, if the kind has rights.
 * @domain_id: Domain that denies.
 * @other_domain_id: Domain of the other task or socket, or 0.
 * @same_exec: Is the denied program the one that was sandboxed?
 * @logged: Does the policy of the domain want a record?
 * @permissive: Was the request allowed after all?
 * @audit: What the request is about.
 * @trace: What a trace event says besides, if @type is about a port, ptrace or a
 *	   signal.
 * @trace.net: The address.
 * @trace.tracer: Task that was to trace.
 * @trace.signal: Number of the signal.
 */
struct landlock_rs_denial {
	enum landlock_request_type type;
	u32 missing;
	u64 domain_id;
	u64 other_domain_id;
	bool same_exec;
	bool logged;
	bool permissive;
	struct common_audit_data audit;
	union {
		struct landlock_rs_net_trace net;
		const struct task_struct *tracer;
		int signal;
	} trace;
};

/* Sizes of what the kernel's header declares, which the build compares. */

enum landlock_rs_audit_size {
	LANDLOCK_RS_SIZE_DATA = sizeof(struct common_audit_data),
	LANDLOCK_RS_SIZE_NETWORK = sizeof(struct lsm_network_audit),
	LANDLOCK_RS_SIZE_IOCTL = sizeof(struct lsm_ioctlop_audit),
};

/**
 * struct landlock_rs_creator - Who created a domain
 *
 * @pid: Process, referenced.
 * @uid: User, in the initial user namespace.
 * @comm: Name of the task.
 */
struct landlock_rs_creator {
	struct pid *pid;
	uid_t uid;
	char comm[TASK_COMM_LEN];
};

/* audit.c, with CONFIG_AUDIT */

bool landlock_rs_audit_enabled(void);
bool landlock_rs_audit_denial(const struct landlock_rs_denial *denial);
bool landlock_rs_audit_allocated(u64 domain_id, bool permissive,
				 const struct landlock_rs_creator *creator,
				 const char *exe);
void landlock_rs_audit_deallocated(u64 domain_id, u64 denials);

/* trace.c, with CONFIG_TRACEPOINTS */

extern struct tracepoint __tracepoint_landlock_check_rule_inode;
extern struct tracepoint __tracepoint_landlock_check_rule_net_port;

void landlock_rs_trace_create_ruleset(u64 ruleset_id, u32 handled_fs,
				      u32 handled_net, u32 scoped);
void landlock_rs_trace_free_ruleset(u64 ruleset_id, u64 version);
void landlock_rs_trace_add_rule_path_beneath(u64 ruleset_id, u64 version,
					     u32 flags, u32 rights,
					     const struct path *path);
void landlock_rs_trace_add_rule_net_port(u64 ruleset_id, u64 version,
					 u32 flags, u32 rights, u16 port);
void landlock_rs_trace_create_domain(u64 domain_id, u64 parent_id,
				     u64 ruleset_id, u64 version);
void landlock_rs_trace_enforce_domain(u64 domain_id, bool complete,
				      bool process_wide, bool no_new_privs);
void landlock_rs_trace_free_domain(u64 domain_id, u64 denials);
void landlock_rs_trace_check_rule_inode(u64 domain_id, u32 request,
					const struct dentry *dentry,
					const u32 *grants, size_t num_layers);
void landlock_rs_trace_check_rule_net_port(u64 domain_id, u32 request,
					   u16 port, const u32 *grants,
					   size_t num_layers);
void landlock_rs_trace_denial(const struct landlock_rs_denial *denial);

#endif /* _LANDLOCK_RS_LOG_H */
