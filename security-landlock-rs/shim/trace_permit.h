/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - trace events of what permissive layers would deny
 *
 * Each has the class of the event of the denial, and so its fields and format:
 * trace.c includes these first.
 */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM landlock_rs

#if !defined(_LANDLOCK_RS_TRACE_PERMIT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _LANDLOCK_RS_TRACE_PERMIT_H

#include <linux/tracepoint.h>

DEFINE_EVENT(landlock_deny_access_fs, landlock_rs_permit_access_fs,
	     TP_PROTO(const struct landlock_hierarchy *hierarchy,
		      bool same_exec, bool logged,
		      const struct landlock_blockers *blockers,
		      const struct path *path, const char *pathname),
	     TP_ARGS(hierarchy, same_exec, logged, blockers, path, pathname));

DEFINE_EVENT(landlock_deny_access_net, landlock_rs_permit_access_net,
	     TP_PROTO(const struct landlock_hierarchy *hierarchy,
		      bool same_exec, bool logged,
		      const struct landlock_blockers *blockers,
		      const struct sock *sk, u16 socket_family,
		      const struct sockaddr_storage *address, int addrlen),
	     TP_ARGS(hierarchy, same_exec, logged, blockers, sk, socket_family,
		     address, addrlen));

DEFINE_EVENT(landlock_deny_ptrace, landlock_rs_permit_ptrace,
	     TP_PROTO(const struct landlock_hierarchy *hierarchy,
		      bool same_exec, bool logged, u64 tracee_domain_id,
		      const struct task_struct *tracee,
		      const struct task_struct *tracer),
	     TP_ARGS(hierarchy, same_exec, logged, tracee_domain_id, tracee,
		     tracer));

DEFINE_EVENT(landlock_deny_scope_signal, landlock_rs_permit_scope_signal,
	     TP_PROTO(const struct landlock_hierarchy *hierarchy,
		      bool same_exec, bool logged, u64 target_domain_id,
		      const struct task_struct *target, int signal),
	     TP_ARGS(hierarchy, same_exec, logged, target_domain_id, target,
		     signal));

DEFINE_EVENT(landlock_deny_scope_abstract_unix_socket,
	     landlock_rs_permit_scope_abstract_unix_socket,
	     TP_PROTO(const struct landlock_hierarchy *hierarchy,
		      bool same_exec, bool logged, u64 peer_domain_id,
		      const struct sock *peer),
	     TP_ARGS(hierarchy, same_exec, logged, peer_domain_id, peer));

#endif /* _LANDLOCK_RS_TRACE_PERMIT_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_permit
#include <trace/define_trace.h>
