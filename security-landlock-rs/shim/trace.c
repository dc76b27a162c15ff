// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - trace events
 *
 * The events are those of the kernel's <trace/events/landlock.h>, included as
 * it is: names, fields and formats are the same because the source is.  What
 * they read are structures of C Landlock.  Here these are views, filled with
 * plain values when an event is enabled, with the members that events read and
 * nothing else.
 *
 * The events of rules assert that the lock of the ruleset is held.  The caller
 * in Rust holds it, but the view has none that lockdep could know: assertions
 * are left out in the header, and that of the lock of a UNIX socket is here.
 *
 * What a permissive layer would deny has events of its own, of the same classes:
 * trace_permit.h.
 */

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <net/af_unix.h>
#include <uapi/linux/landlock.h>

#include "log.h"

typedef u32 access_mask_t;

struct landlock_ruleset {
	struct {} lock;
	u64 id;
	u64 version;
	struct {
		u32 fs;
		u32 net;
		u32 scope;
	} handled_masks;
};

struct landlock_hierarchy {
	u64 id;
	const struct landlock_hierarchy *parent;
	atomic64_t num_denials;
};

struct landlock_domain {
	const struct landlock_hierarchy *hierarchy;
	size_t num_layers;
};

struct landlock_layer {
	size_t level;
	access_mask_t access;
};

struct landlock_rule {
	size_t num_layers;
	struct landlock_layer layers[16];
};

struct landlock_blockers {
	access_mask_t access;
	enum landlock_request_type type;
};

static void assert_peer_locked(const struct sock *peer)
{
	lockdep_assert_held(&unix_sk(peer)->lock);
}

#undef lockdep_assert_held
#define lockdep_assert_held(lock) ((void)(lock))

#define CREATE_TRACE_POINTS
#include <trace/events/landlock.h>
#include "trace_permit.h"

/* The event of a denied request, or that of one that a permissive layer allows. */
#define TRACE_DENIAL(NAME, ...) \
	(denial->permissive ? trace_landlock_rs_permit_##NAME(__VA_ARGS__) : \
			      trace_landlock_deny_##NAME(__VA_ARGS__))
#define IS_TRACED(NAME) TRACE_DENIAL(NAME##_enabled)

/**
 * landlock_rs_trace_create_ruleset() - Emit landlock_create_ruleset
 * @ruleset_id: Identifier of the ruleset.
 * @handled_fs: Rights on files that it handles.
 * @handled_net: Rights on ports that it handles.
 * @scoped: Scopes that it handles.
 */
void landlock_rs_trace_create_ruleset(u64 ruleset_id, u32 handled_fs,
				      u32 handled_net, u32 scoped)
{
	const struct landlock_ruleset ruleset = {
		.id = ruleset_id,
		.handled_masks = {
			.fs = handled_fs,
			.net = handled_net,
			.scope = scoped,
		},
	};

	trace_landlock_create_ruleset(&ruleset);
}

/**
 * landlock_rs_trace_free_ruleset() - Emit landlock_free_ruleset
 * @ruleset_id: Identifier of the ruleset.
 * @version: Number of rules that were added to it.
 */
void landlock_rs_trace_free_ruleset(u64 ruleset_id, u64 version)
{
	const struct landlock_ruleset ruleset = {
		.id = ruleset_id,
		.version = version,
	};

	trace_landlock_free_ruleset(&ruleset);
}

/* Returns the name of @path in @buffer, which may be NULL, or why there is none. */
static const char *name_of_path(const struct path *path, char *buffer)
{
	const char *name;

	if (!buffer)
		return "<no_mem>";

	if (path->mnt)
		name = d_absolute_path(path, buffer, PATH_MAX);
	else
		name = dentry_path_raw(path->dentry, buffer, PATH_MAX);
	if (!IS_ERR_OR_NULL(name))
		return name;
	return PTR_ERR(name) == -ENAMETOOLONG ? "<too_long>" : "<unreachable>";
}

/**
 * landlock_rs_trace_add_rule_path_beneath() - Emit
 *   landlock_add_rule_path_beneath
 * @ruleset_id: Identifier of the ruleset.
 * @version: Number of rules that were added to it.
 * @flags: Flags of the system call.
 * @rights: Rights that the rule grants.
 * @path: File hierarchy of the rule.
 *
 * Context: Process context, may sleep.
 */
void landlock_rs_trace_add_rule_path_beneath(u64 ruleset_id, u64 version,
					     u32 flags, u32 rights,
					     const struct path *path)
{
	const struct landlock_ruleset ruleset = {
		.id = ruleset_id,
		.version = version,
	};
	char *buffer;

	if (!trace_landlock_add_rule_path_beneath_enabled())
		return;

	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	trace_landlock_add_rule_path_beneath(&ruleset, flags, rights, path,
					     name_of_path(path, buffer));
	kfree(buffer);
}

/**
 * landlock_rs_trace_add_rule_net_port() - Emit landlock_add_rule_net_port
 * @ruleset_id: Identifier of the ruleset.
 * @version: Number of rules that were added to it.
 * @flags: Flags of the system call.
 * @rights: Rights that the rule grants.
 * @port: Port of the rule, in host byte order.
 */
void landlock_rs_trace_add_rule_net_port(u64 ruleset_id, u64 version, u32 flags,
					 u32 rights, u16 port)
{
	const struct landlock_ruleset ruleset = {
		.id = ruleset_id,
		.version = version,
	};

	trace_landlock_add_rule_net_port(&ruleset, flags, rights, port);
}

/**
 * landlock_rs_trace_create_domain() - Emit landlock_create_domain
 * @domain_id: Identifier of the domain.
 * @parent_id: Identifier of the domain that it is nested in, or 0.
 * @ruleset_id: Identifier of the ruleset that it is made from.
 * @version: Number of rules that were added to that ruleset.
 */
void landlock_rs_trace_create_domain(u64 domain_id, u64 parent_id,
				     u64 ruleset_id, u64 version)
{
	const struct landlock_ruleset ruleset = {
		.id = ruleset_id,
		.version = version,
	};
	const struct landlock_hierarchy parent = { .id = parent_id };
	const struct landlock_hierarchy hierarchy = {
		.id = domain_id,
		.parent = parent_id ? &parent : NULL,
	};
	const struct landlock_domain domain = { .hierarchy = &hierarchy };

	trace_landlock_create_domain(&domain, &ruleset);
}

/**
 * landlock_rs_trace_enforce_domain() - Emit landlock_enforce_domain
 * @domain_id: Identifier of the domain.
 * @complete: Whether the current thread is the last one of the call.
 * @process_wide: Whether the domain is in force in the whole process.
 * @no_new_privs: Whether the current thread has no_new_privs.
 */
void landlock_rs_trace_enforce_domain(u64 domain_id, bool complete,
				      bool process_wide, bool no_new_privs)
{
	const struct landlock_hierarchy hierarchy = { .id = domain_id };
	const struct landlock_domain domain = { .hierarchy = &hierarchy };

	trace_landlock_enforce_domain(&domain, complete, process_wide,
				      no_new_privs);
}

/**
 * landlock_rs_trace_free_domain() - Emit landlock_free_domain
 * @domain_id: Identifier of the domain.
 * @denials: Number of requests that it denied.
 */
void landlock_rs_trace_free_domain(u64 domain_id, u64 denials)
{
	const struct landlock_hierarchy hierarchy = {
		.id = domain_id,
		.num_denials = ATOMIC64_INIT(denials),
	};

	trace_landlock_free_domain(&hierarchy);
}

/* What the events of a rule check read of a domain and of a rule. */
struct rule_view {
	struct landlock_hierarchy hierarchy;
	struct landlock_domain domain;
	struct landlock_rule rule;
};

/* Fills @view with what each layer of @domain_id grants. */
static void fill_view(struct rule_view *view, u64 domain_id, const u32 *grants,
		      size_t num_layers)
{
	struct landlock_rule *rule = &view->rule;
	size_t i;

	view->hierarchy = (struct landlock_hierarchy){ .id = domain_id };
	view->domain = (struct landlock_domain){
		.hierarchy = &view->hierarchy,
		.num_layers = num_layers,
	};
	rule->num_layers = min(num_layers, ARRAY_SIZE(rule->layers));
	for (i = 0; i < rule->num_layers; i++) {
		rule->layers[i].level = i + 1;
		rule->layers[i].access = grants[i];
	}
}

/**
 * landlock_rs_trace_check_rule_inode() - Emit landlock_check_rule_inode
 * @domain_id: Identifier of the domain that is asked.
 * @request: Rights that are requested.
 * @dentry: Directory entry that a rule was found for.
 * @grants: Rights that the rule grants in each layer.
 * @num_layers: Number of elements of @grants.
 */
void landlock_rs_trace_check_rule_inode(u64 domain_id, u32 request,
					const struct dentry *dentry,
					const u32 *grants, size_t num_layers)
{
	struct rule_view view;

	fill_view(&view, domain_id, grants, num_layers);
	trace_landlock_check_rule_inode(&view.domain, &view.rule, request,
					dentry);
}

/**
 * landlock_rs_trace_check_rule_net_port() - Emit landlock_check_rule_net_port
 * @domain_id: Identifier of the domain that is asked.
 * @request: Rights that are requested.
 * @port: Port that a rule was found for, in host byte order.
 * @grants: Rights that the rule grants in each layer.
 * @num_layers: Number of elements of @grants.
 */
void landlock_rs_trace_check_rule_net_port(u64 domain_id, u32 request, u16 port,
					   const u32 *grants, size_t num_layers)
{
	struct rule_view view;

	fill_view(&view, domain_id, grants, num_layers);
	trace_landlock_check_rule_net_port(&view.domain, &view.rule, request,
					   port);
}

/* Copies the path of what @audit is about.  Returns whether it has one. */
static bool get_path(const struct common_audit_data *audit, struct path *path)
{
	switch (audit->type) {
	case LSM_AUDIT_DATA_PATH:
		*path = audit->u.path;
		return true;
	case LSM_AUDIT_DATA_DENTRY:
		path->dentry = audit->u.dentry;
		return true;
	case LSM_AUDIT_DATA_FILE:
		*path = audit->u.file->f_path;
		return true;
	case LSM_AUDIT_DATA_IOCTL_OP:
		*path = audit->u.op->path;
		return true;
	}
	return false;
}

static void trace_fs(const struct landlock_hierarchy *hierarchy,
		     const struct landlock_rs_denial *denial,
		     const struct landlock_blockers *blockers)
{
	struct path path = {};
	char *buffer;

	if (!IS_TRACED(access_fs) ||
	    !get_path(&denial->audit, &path))
		return;

	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	TRACE_DENIAL(access_fs, hierarchy, denial->same_exec, denial->logged,
		     blockers, &path, name_of_path(&path, buffer));
	kfree(buffer);
}

static void trace_net(const struct landlock_hierarchy *hierarchy,
		      const struct landlock_rs_denial *denial,
		      const struct landlock_blockers *blockers)
{
	const struct landlock_rs_net_trace *const trace = &denial->trace.net;
	const struct lsm_network_audit *const net = denial->audit.u.net;
	struct sockaddr_storage address = {};
	int len = trace->address_len;

	if (!IS_TRACED(access_net) || len < 0 ||
	    len > (int)sizeof(address))
		return;

	if (trace->address) {
		memcpy(&address, trace->address, len);
	} else {
		address.ss_family = net->family;
		len = sizeof(address);
	}
	TRACE_DENIAL(access_net, hierarchy, denial->same_exec, denial->logged,
		     blockers, net->sk, trace->socket_family, &address, len);
}

static void trace_peer(const struct landlock_hierarchy *hierarchy,
		       const struct landlock_rs_denial *denial)
{
	const u64 peer_id = denial->other_domain_id;
	const bool same = denial->same_exec;
	const bool logged = denial->logged;
	const struct sock *const peer = denial->audit.u.net->sk;

	assert_peer_locked(peer);
	TRACE_DENIAL(scope_abstract_unix_socket, hierarchy, same, logged,
		     peer_id, peer);
}

/**
 * landlock_rs_trace_denial() - Emit the event of a denied request
 * @denial: What was denied.
 *
 * Context: May sleep if @denial is about files.  If it is about a UNIX socket,
 * the state lock of that must be held.
 */
void landlock_rs_trace_denial(const struct landlock_rs_denial *denial)
{
	const struct landlock_hierarchy hierarchy = { .id = denial->domain_id };
	const struct landlock_blockers blockers = {
		.access = denial->missing,
		.type = denial->type,
	};

	switch (denial->type) {
	case LANDLOCK_REQUEST_FS_ACCESS:
	case LANDLOCK_REQUEST_FS_CHANGE_TOPOLOGY:
		trace_fs(&hierarchy, denial, &blockers);
		break;
	case LANDLOCK_REQUEST_NET_ACCESS:
		trace_net(&hierarchy, denial, &blockers);
		break;
	case LANDLOCK_REQUEST_PTRACE:
		TRACE_DENIAL(ptrace, &hierarchy, denial->same_exec,
			     denial->logged, denial->other_domain_id,
			     denial->audit.u.tsk, denial->trace.tracer);
		break;
	case LANDLOCK_REQUEST_SCOPE_SIGNAL:
		TRACE_DENIAL(scope_signal, &hierarchy, denial->same_exec,
			     denial->logged, denial->other_domain_id,
			     denial->audit.u.tsk, denial->trace.signal);
		break;
	case LANDLOCK_REQUEST_SCOPE_ABSTRACT_UNIX_SOCKET:
		trace_peer(&hierarchy, denial);
		break;
	}
}
