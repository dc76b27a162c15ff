// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - hooks
 *
 * Each function leaves at once when there is no domain, so that a task that is
 * not sandboxed never enters Rust, and when a socket is of a family that no hook
 * there looks at.  Everything else is decided in hooks/.
 */

#include <linux/array_size.h>
#include <linux/binfmts.h>
#include <linux/cache.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/lsm_hooks.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include "hook.h"
#include "landlock_rs.h"

static struct landlock_rs_cred *blob_of(const struct cred *cred)
{
	return cred->security + landlock_rs_blob_sizes.lbs_cred;
}

/* If this has a domain, the current task is sandboxed. */
static const struct landlock_rs_cred *current_blob(void)
{
	return blob_of(current_cred());
}

/* Without a domain, there may still be a configuration of later domains. */
static void hook_cred_transfer(struct cred *new, const struct cred *old)
{
	const struct landlock_rs_cred *const blob = blob_of(old);

	if (blob->domain || blob->log_subdomains_off)
		landlock_rs_cred_copy(blob_of(new), blob);
}

static int hook_cred_prepare(struct cred *new, const struct cred *old,
			     gfp_t gfp)
{
	hook_cred_transfer(new, old);
	return 0;
}

static void hook_cred_free(struct cred *cred)
{
	struct landlock_rs_cred *const blob = blob_of(cred);

	if (blob->domain)
		landlock_rs_cred_free(blob);
}

static int hook_bprm_creds_for_exec(struct linux_binprm *bprm)
{
	struct landlock_rs_cred *const blob = blob_of(bprm->cred);

	if (blob->domain)
		landlock_rs_bprm_creds_for_exec(blob);
	return 0;
}

static void hook_inode_free_security_rcu(void *blob)
{
	landlock_rs_inode_free_security_rcu(blob +
					    landlock_rs_blob_sizes.lbs_inode);
}

static void hook_sb_delete(struct super_block *sb)
{
	landlock_rs_sb_delete(sb);
}

static int change_topology(const struct path *path)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_change_topology(cred, path) : 0;
}

static int change_topology_of(struct dentry *root)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_change_topology_of(cred, root) : 0;
}

static int hook_sb_mount(const char *dev_name, const struct path *path,
			 const char *type, unsigned long flags, void *data)
{
	return change_topology(path);
}

static int hook_move_mount(const struct path *from_path,
			   const struct path *to_path)
{
	return change_topology(to_path);
}

static int hook_sb_umount(struct vfsmount *mnt, int flags)
{
	return change_topology_of(mnt->mnt_root);
}

static int hook_sb_remount(struct super_block *sb, void *mnt_opts)
{
	return change_topology_of(sb->s_root);
}

static int hook_sb_pivotroot(const struct path *old_path,
			     const struct path *new_path)
{
	return change_topology(new_path);
}

static int hook_path_link(struct dentry *old_dentry, const struct path *new_dir,
			  struct dentry *new_dentry)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_link(cred, old_dentry, new_dir,
						    new_dentry) :
			      0;
}

static int hook_path_rename(const struct path *old_dir,
			    struct dentry *old_dentry,
			    const struct path *new_dir,
			    struct dentry *new_dentry, unsigned int flags)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_rename(cred, old_dentry, new_dir,
						      new_dentry, flags) :
			      0;
}

static int hook_path_mkdir(const struct path *dir, struct dentry *dentry,
			   umode_t mode)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_mkdir(cred, dir) : 0;
}

static int hook_path_mknod(const struct path *dir, struct dentry *dentry,
			   umode_t mode, unsigned int dev)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_mknod(cred, dir, mode, dev) : 0;
}

static int hook_path_symlink(const struct path *dir, struct dentry *dentry,
			     const char *old_name)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_symlink(cred, dir) : 0;
}

static int hook_path_unlink(const struct path *dir, struct dentry *dentry)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_unlink(cred, dir) : 0;
}

static int hook_path_rmdir(const struct path *dir, struct dentry *dentry)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_rmdir(cred, dir) : 0;
}

static int hook_path_truncate(const struct path *path)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_path_truncate(cred, path) : 0;
}

static int hook_file_open(struct file *file)
{
	const struct landlock_rs_cred *const cred = blob_of(file->f_cred);

	return cred->domain ? landlock_rs_file_open(cred, file) : 0;
}

static struct landlock_rs_file *blob_of_file(const struct file *file)
{
	return file->f_security + landlock_rs_blob_sizes.lbs_file;
}

/* Returns whether anything was denied to @file when it was opened. */
static bool is_restricted(const struct file *file)
{
	return READ_ONCE(blob_of_file(file)->denied);
}

static int hook_file_truncate(struct file *file)
{
	return is_restricted(file) ? landlock_rs_file_truncate(file) : 0;
}

static int hook_file_ioctl(struct file *file, unsigned int command,
			   unsigned long arg)
{
	return is_restricted(file) ? landlock_rs_file_ioctl(file, command) : 0;
}

static int hook_ptrace_access_check(struct task_struct *child,
				    unsigned int mode)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ?
		       landlock_rs_ptrace_access_check(cred, child, mode) :
		       0;
}

/* The current task may have no domain: what counts is that of its parent. */
static int hook_ptrace_traceme(struct task_struct *parent)
{
	return landlock_rs_ptrace_traceme(current_blob(), parent);
}

/* Only internet sockets have ports. */
static bool is_restricted_on(const struct landlock_rs_cred *cred,
			     const struct socket *sock)
{
	return cred->domain && sk_is_inet(sock->sk);
}

static int hook_socket_bind(struct socket *sock, struct sockaddr *address,
			    int addrlen)
{
	const struct landlock_rs_cred *const cred = current_blob();

	if (!is_restricted_on(cred, sock))
		return 0;
	return landlock_rs_socket_bind(cred, sock->sk, address, addrlen);
}

static int hook_socket_connect(struct socket *sock, struct sockaddr *address,
			       int addrlen)
{
	const struct landlock_rs_cred *const cred = current_blob();

	if (!is_restricted_on(cred, sock))
		return 0;
	return landlock_rs_socket_connect(cred, sock->sk, address, addrlen);
}

static int hook_socket_sendmsg(struct socket *sock, struct msghdr *msg,
			       int size)
{
	const struct landlock_rs_cred *const cred = current_blob();

	if (!is_restricted_on(cred, sock))
		return 0;
	return landlock_rs_socket_sendmsg(cred, sock->sk, msg->msg_name,
					  msg->msg_namelen, msg->msg_flags);
}

static int hook_task_kill(struct task_struct *p, struct kernel_siginfo *info,
			  int sig, const struct cred *cred)
{
	const struct landlock_rs_cred *const sender =
		blob_of(cred ?: current_cred());

	return sender->domain ? landlock_rs_task_kill(sender, !!cred, p, sig) :
				0;
}

/* Even without a domain, that of the former sender has to be dropped. */
static void hook_file_set_fowner(struct file *file)
{
	const struct landlock_rs_cred *const cred = current_blob();
	struct fown_struct *const fown = file_f_owner(file);

	/* Taken by __f_setown(). */
	lockdep_assert_held_write(&fown->lock);
	if (cred->domain || blob_of_file(file)->sender.cred.domain)
		landlock_rs_file_set_fowner(cred, fown);
}

static int hook_file_send_sigiotask(struct task_struct *tsk,
				    struct fown_struct *fown, int sig)
{
	/* Taken by send_sigio() or send_sigurg(). */
	lockdep_assert_held(&fown->lock);
	if (!blob_of_file(fown->file)->sender.cred.domain)
		return 0;
	return landlock_rs_file_send_sigiotask(fown, tsk, sig);
}

static void hook_file_free_security(struct file *file)
{
	if (blob_of_file(file)->sender.cred.domain)
		landlock_rs_file_free_security(blob_of_file(file));
}

static int hook_unix_stream_connect(struct sock *sock, struct sock *other,
				    struct sock *newsk)
{
	const struct landlock_rs_cred *const cred = current_blob();

	/* Taken by unix_stream_connect(). */
	lockdep_assert_held(&unix_sk(other)->lock);
	return cred->domain ? landlock_rs_unix_stream_connect(cred, other) : 0;
}

static int hook_unix_may_send(struct socket *sock, struct socket *other)
{
	const struct landlock_rs_cred *const cred = current_blob();

	/* Taken by unix_dgram_connect() or unix_dgram_sendmsg(). */
	lockdep_assert_held(&unix_sk(other->sk)->lock);
	return cred->domain ? landlock_rs_unix_may_send(cred, sock->sk, other->sk) : 0;
}

static int hook_unix_find(const struct path *path, struct sock *other,
			  int flags)
{
	const struct landlock_rs_cred *const cred = current_blob();

	return cred->domain ? landlock_rs_unix_find(cred, path, other, flags) : 0;
}

/* All hooks; what is made of one differs between a module and the kernel. */
#define LANDLOCK_RS_HOOKS \
	HOOK(cred_prepare, hook_cred_prepare), \
	HOOK(cred_transfer, hook_cred_transfer), \
	HOOK(cred_free, hook_cred_free), \
	HOOK(bprm_creds_for_exec, hook_bprm_creds_for_exec), \
	HOOK(inode_free_security_rcu, hook_inode_free_security_rcu), \
	HOOK(sb_delete, hook_sb_delete), \
	HOOK(sb_mount, hook_sb_mount), \
	HOOK(move_mount, hook_move_mount), \
	HOOK(sb_umount, hook_sb_umount), \
	HOOK(sb_remount, hook_sb_remount), \
	HOOK(sb_pivotroot, hook_sb_pivotroot), \
	HOOK(path_link, hook_path_link), \
	HOOK(path_rename, hook_path_rename), \
	HOOK(path_mkdir, hook_path_mkdir), \
	HOOK(path_mknod, hook_path_mknod), \
	HOOK(path_symlink, hook_path_symlink), \
	HOOK(path_unlink, hook_path_unlink), \
	HOOK(path_rmdir, hook_path_rmdir), \
	HOOK(path_truncate, hook_path_truncate), \
	HOOK(file_open, hook_file_open), \
	HOOK(file_truncate, hook_file_truncate), \
	HOOK(file_ioctl, hook_file_ioctl), \
	HOOK(file_ioctl_compat, hook_file_ioctl), \
	HOOK(ptrace_access_check, hook_ptrace_access_check), \
	HOOK(ptrace_traceme, hook_ptrace_traceme), \
	HOOK(socket_bind, hook_socket_bind), \
	HOOK(socket_connect, hook_socket_connect), \
	HOOK(socket_sendmsg, hook_socket_sendmsg), \
	HOOK(task_kill, hook_task_kill), \
	HOOK(file_set_fowner, hook_file_set_fowner), \
	HOOK(file_send_sigiotask, hook_file_send_sigiotask), \
	HOOK(file_free_security, hook_file_free_security), \
	HOOK(unix_stream_connect, hook_unix_stream_connect), \
	HOOK(unix_may_send, hook_unix_may_send), \
	HOOK(unix_find, hook_unix_find)

#ifdef MODULE

#define HOOK(NAME, FUNCTION) .NAME = FUNCTION

const struct landlock_slot_ops landlock_rs_ops = {
	.owner = THIS_MODULE,
	.create_ruleset = landlock_rs_create_ruleset,
	.add_rule = landlock_rs_add_rule,
	.restrict_self = landlock_rs_restrict_self,
	LANDLOCK_RS_HOOKS,
};

#else /* MODULE */

#define HOOK(NAME, FUNCTION) LSM_HOOK_INIT(NAME, FUNCTION)

static struct security_hook_list hooks[] __ro_after_init = { LANDLOCK_RS_HOOKS };

/**
 * landlock_rs_add_hooks() - Register the hooks of a Linux security module
 * @lsm: The module.
 *
 * Context: Boot, before there is another task.
 */
void __init landlock_rs_add_hooks(const struct lsm_id *lsm)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), lsm);
}

#endif /* MODULE */
