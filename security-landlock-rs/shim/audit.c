// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - audit records
 *
 * Formats only: log.rs decides whether there is a record at all.
 */

#include <linux/audit.h>
#include <linux/bitops.h>
#include <linux/landlock.h>
#include <linux/lsm_audit.h>

#include "log.h"

/* Records may be made in atomic context, and failing to make one is no error. */
#define RECORD_GFP (GFP_ATOMIC | __GFP_NOWARN)

struct right_name {
	u64 right;
	const char *name;
};

#define _LANDLOCK_NAME_ENTRY(mask, text) { mask, text }

static const struct right_name fs_names[] = { _LANDLOCK_ACCESS_FS_NAMES };
static const struct right_name net_names[] = { _LANDLOCK_ACCESS_NET_NAMES };

#undef _LANDLOCK_NAME_ENTRY

static void write_names(struct audit_buffer *ab, const char *prefix,
			const struct right_name *names, size_t count, u32 rights)
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < count; i++) {
		if (!(rights & names[i].right))
			continue;
		audit_log_format(ab, "%s%s%s", separator, prefix,
				 names[i].name);
		separator = ",";
	}
}

static void write_blockers(struct audit_buffer *ab,
			   const struct landlock_rs_denial *denial)
{
	switch (denial->type) {
	case LANDLOCK_REQUEST_PTRACE:
		audit_log_format(ab, "ptrace");
		break;
	case LANDLOCK_REQUEST_FS_CHANGE_TOPOLOGY:
		audit_log_format(ab, "fs.change_topology");
		break;
	case LANDLOCK_REQUEST_FS_ACCESS:
		write_names(ab, "fs.", fs_names, ARRAY_SIZE(fs_names),
			    denial->missing);
		break;
	case LANDLOCK_REQUEST_NET_ACCESS:
		write_names(ab, "net.", net_names, ARRAY_SIZE(net_names),
			    denial->missing);
		break;
	case LANDLOCK_REQUEST_SCOPE_ABSTRACT_UNIX_SOCKET:
		audit_log_format(ab, "scope.abstract_unix_socket");
		break;
	case LANDLOCK_REQUEST_SCOPE_SIGNAL:
		audit_log_format(ab, "scope.signal");
		break;
	}
}

static struct audit_buffer *start(gfp_t gfp, int type)
{
	return audit_log_start(audit_context(), gfp, type);
}

/**
 * landlock_rs_audit_enabled() - Check whether audit records are written
 *
 * Return: Whether they are.
 */
bool landlock_rs_audit_enabled(void)
{
	return audit_enabled;
}

/**
 * landlock_rs_audit_denial() - Write the record of a denied request
 * @denial: What was denied.
 *
 * Context: Any context.
 *
 * Return: Whether there is a record now.
 */
bool landlock_rs_audit_denial(const struct landlock_rs_denial *denial)
{
	struct audit_buffer *const ab = start(RECORD_GFP, AUDIT_LANDLOCK_ACCESS);

	if (!ab)
		return false;

	audit_log_format(ab, "domain=%llx blockers=", denial->domain_id);
	write_blockers(ab, denial);
	audit_log_lsm_data(ab, &denial->audit);
	if (denial->permissive)
		audit_log_format(ab, " permissive=1");
	audit_log_end(ab);
	return true;
}

/**
 * landlock_rs_audit_allocated() - Write the record that introduces a domain
 * @domain_id: Identifier of the domain.
 * @permissive: Does it deny nothing?
 * @creator: Who created it.
 * @exe: Path of its program.
 *
 * Context: Any context.
 *
 * Return: Whether there is a record now.
 */
bool landlock_rs_audit_allocated(u64 domain_id, bool permissive,
				 const struct landlock_rs_creator *creator,
				 const char *exe)
{
	struct audit_buffer *const ab = start(RECORD_GFP, AUDIT_LANDLOCK_DOMAIN);

	if (!ab)
		return false;

	audit_log_format(ab, "domain=%llx status=allocated mode=%s", domain_id,
			 permissive ? "permissive" : "enforcing");
	audit_log_format(ab, " pid=%d uid=%u exe=", pid_nr(creator->pid),
			 creator->uid);
	audit_log_untrustedstring(ab, exe);
	audit_log_format(ab, " comm=");
	audit_log_untrustedstring(ab, creator->comm);
	audit_log_end(ab);
	return true;
}

/**
 * landlock_rs_audit_deallocated() - Write the record of the end of a domain
 * @domain_id: Identifier of the domain.
 * @denials: Number of requests that it denied.
 *
 * Context: Process context, may sleep.
 */
void landlock_rs_audit_deallocated(u64 domain_id, u64 denials)
{
	struct audit_buffer *const ab = start(GFP_KERNEL, AUDIT_LANDLOCK_DOMAIN);

	if (!ab)
		return;

	audit_log_format(ab, "domain=%llx status=deallocated denials=%llu",
			 domain_id, denials);
	audit_log_end(ab);
}
