/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - every symbol that crosses the border between C and Rust
 *
 * bindgen reads this file for kapi/shim.rs and ffi/, so that both sides are
 * checked against the same prototypes.
 */

#ifndef _LANDLOCK_RS_H
#define _LANDLOCK_RS_H

#include <asm/ioctls.h>
#include <linux/anon_inodes.h>
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/fiemap.h>
#include <uapi/linux/landlock.h>

#include "../uapi/landlock_rs.h"
#include "log.h"

/**
 * struct landlock_rs_cred - What C sees of a credential blob
 *
 * @domain: Domain of the tasks with these credentials, or NULL.  C only looks
 *	    whether there is one.
 * @exec_layers: Layers that were enforced since the last execve(2).
 * @log_subdomains_off: Whether there is something to copy without a domain.
 */
struct landlock_rs_cred {
	const void *domain;
	u16 exec_layers;
	bool log_subdomains_off;
};

/**
 * struct landlock_rs_sender - For whom a file signals its owner
 *
 * @cred: State of the credentials of the task that set the owner.  C only looks
 *	  whether there is a domain.
 * @process: Process of that task, or NULL.
 */
struct landlock_rs_sender {
	struct landlock_rs_cred cred;
	const void *process;
};

/**
 * struct landlock_rs_file - What C sees of a file blob
 *
 * @denied: Rights denied when the file was opened.  C only looks whether there
 *	    are any.
 * @sender: For whom the file signals its owner.  Protected by f_owner->lock.
 */
struct landlock_rs_file {
	u32 denied;
	struct landlock_rs_sender sender;
};

/**
 * struct landlock_rs_inode - What C sees of an inode blob
 *
 * @object: Object that is tied to the inode, or NULL.
 */
struct landlock_rs_inode {
	const void *object;
};

/**
 * struct landlock_rs_superblock - What C sees of a superblock blob
 *
 * @releases: Number of inodes that are being released.
 */
struct landlock_rs_superblock {
	atomic_long_t releases;
};

/*
 * Offsets of our parts of the blobs, which are fixed before there is a domain:
 * main.c and lsm.c.
 */
extern struct lsm_blob_sizes landlock_rs_blob_sizes;

/* Are there hooks and blobs?  Without them there must be no domain. */
extern bool landlock_rs_is_enabled;

/* The latest ABI version, and the one that user space sees: abi.c. */
#define LANDLOCK_RS_ABI_MAX 11
extern unsigned int landlock_rs_abi;

/* Is there more than C Landlock has?  abi.c */
extern bool landlock_rs_extensions;

/* What C knows and bindgen cannot see: constants made by macros. */

enum landlock_rs_const {
	LANDLOCK_RS_D_ENTRY_TYPE = DCACHE_ENTRY_TYPE,
	LANDLOCK_RS_D_MISS = DCACHE_MISS_TYPE,
	LANDLOCK_RS_D_DIRECTORY = DCACHE_DIRECTORY_TYPE,
	LANDLOCK_RS_D_AUTODIR = DCACHE_AUTODIR_TYPE,
	LANDLOCK_RS_FMODE_READ = (__force unsigned int)FMODE_READ,
	LANDLOCK_RS_FMODE_WRITE = (__force unsigned int)FMODE_WRITE,
	LANDLOCK_RS_FMODE_CAN_READ = (__force unsigned int)FMODE_CAN_READ,
	LANDLOCK_RS_FMODE_CAN_WRITE = (__force unsigned int)FMODE_CAN_WRITE,
	LANDLOCK_RS_FMODE_EXEC = (__force unsigned int)__FMODE_EXEC,
	LANDLOCK_RS_FDPUT = FDPUT_FPUT | FDPUT_POS_UNLOCK,
	LANDLOCK_RS_SB_NOUSER = (__force unsigned int)SB_NOUSER,
	LANDLOCK_RS_RENAME_EXCHANGE = RENAME_EXCHANGE,
	LANDLOCK_RS_RENAME_WHITEOUT = RENAME_WHITEOUT,
};

/* Transport protocols that Landlock has rights for. */

enum landlock_rs_transport {
	LANDLOCK_RS_OTHER,
	LANDLOCK_RS_TCP,
	LANDLOCK_RS_UDP,
};

/*
 * Where the members are that kapi/ reads or writes, which the build compares:
 * bindgen leaves out the alignment of empty structures, for one.
 */

enum landlock_rs_at {
	LANDLOCK_RS_AT_path_mnt = offsetof(struct path, mnt),
	LANDLOCK_RS_AT_path_dentry = offsetof(struct path, dentry),
	LANDLOCK_RS_AT_path_climb_path = offsetof(struct path_climb, path),
	LANDLOCK_RS_AT_vfsmount_mnt_root = offsetof(struct vfsmount, mnt_root),
	LANDLOCK_RS_AT_vfsmount_mnt_flags =
		offsetof(struct vfsmount, mnt_flags),
	LANDLOCK_RS_AT_dentry_d_flags = offsetof(struct dentry, d_flags),
	LANDLOCK_RS_AT_dentry_d_parent = offsetof(struct dentry, d_parent),
	LANDLOCK_RS_AT_dentry_d_inode = offsetof(struct dentry, d_inode),
	LANDLOCK_RS_AT_dentry_d_sb = offsetof(struct dentry, d_sb),
	LANDLOCK_RS_AT_dentry_d_lockref = offsetof(struct dentry, d_lockref),
	LANDLOCK_RS_AT_inode_i_mode = offsetof(struct inode, i_mode),
	LANDLOCK_RS_AT_inode_i_flags = offsetof(struct inode, i_flags),
	LANDLOCK_RS_AT_inode_i_rdev = offsetof(struct inode, i_rdev),
	LANDLOCK_RS_AT_inode_i_lock = offsetof(struct inode, i_lock),
	LANDLOCK_RS_AT_inode_i_sb = offsetof(struct inode, i_sb),
	LANDLOCK_RS_AT_inode_i_sb_list = offsetof(struct inode, i_sb_list),
	LANDLOCK_RS_AT_inode_i_security = offsetof(struct inode, i_security),
	LANDLOCK_RS_AT_super_block_s_flags =
		offsetof(struct super_block, s_flags),
	LANDLOCK_RS_AT_super_block_s_inode_list_lock =
		offsetof(struct super_block, s_inode_list_lock),
	LANDLOCK_RS_AT_super_block_s_inodes =
		offsetof(struct super_block, s_inodes),
	LANDLOCK_RS_AT_super_block_s_security =
		offsetof(struct super_block, s_security),
	LANDLOCK_RS_AT_file_f_mode = offsetof(struct file, f_mode),
	LANDLOCK_RS_AT_file_f_op = offsetof(struct file, f_op),
	LANDLOCK_RS_AT_file_private_data = offsetof(struct file, private_data),
	LANDLOCK_RS_AT_file_f_inode = offsetof(struct file, f_inode),
	LANDLOCK_RS_AT_file_f_flags = offsetof(struct file, f_flags),
	LANDLOCK_RS_AT_file_f_cred = offsetof(struct file, f_cred),
	LANDLOCK_RS_AT_file_f_path = offsetof(struct file, f_path),
	LANDLOCK_RS_AT_file_f_security = offsetof(struct file, f_security),
	LANDLOCK_RS_AT_fown_struct_file = offsetof(struct fown_struct, file),
	LANDLOCK_RS_AT_fown_struct_pid = offsetof(struct fown_struct, pid),
	LANDLOCK_RS_AT_fown_struct_pid_type =
		offsetof(struct fown_struct, pid_type),
	LANDLOCK_RS_AT_cred_usage = offsetof(struct cred, usage),
	LANDLOCK_RS_AT_cred_security = offsetof(struct cred, security),
};

/* Commands that policy/ioctl.rs names by number, which the build compares. */

enum landlock_rs_ioctl {
	LANDLOCK_RS_FIOCLEX = FIOCLEX,
	LANDLOCK_RS_FIONCLEX = FIONCLEX,
	LANDLOCK_RS_FIONBIO = FIONBIO,
	LANDLOCK_RS_FIOASYNC = FIOASYNC,
	LANDLOCK_RS_FIOQSIZE = FIOQSIZE,
	LANDLOCK_RS_FIFREEZE = FIFREEZE,
	LANDLOCK_RS_FITHAW = FITHAW,
	LANDLOCK_RS_FS_IOC_FIEMAP = FS_IOC_FIEMAP,
	LANDLOCK_RS_FIGETBSZ = FIGETBSZ,
	LANDLOCK_RS_FICLONE = FICLONE,
	LANDLOCK_RS_FICLONERANGE = FICLONERANGE,
	LANDLOCK_RS_FIDEDUPERANGE = FIDEDUPERANGE,
	LANDLOCK_RS_FS_IOC_GETFSUUID = FS_IOC_GETFSUUID,
	LANDLOCK_RS_FS_IOC_GETFSSYSFSPATH = FS_IOC_GETFSSYSFSPATH,
};

/* helpers.c: inline functions and macros of the kernel, called from kapi/. */

bool landlock_rs_refcount_inc_not_zero(refcount_t *refs);
bool landlock_rs_inode_is_used(struct inode *inode);
void landlock_rs_iget(struct inode *inode);
unsigned long landlock_rs_fdget(unsigned int fd);
unsigned long landlock_rs_fdget_raw(unsigned int fd);
void landlock_rs_fdput(unsigned long word);
void landlock_rs_resched(void);
void *landlock_rs_kmalloc(size_t size);
void *landlock_rs_table_alloc(size_t *size);
void landlock_rs_release_wake(atomic_long_t *pending);
void landlock_rs_release_wait(atomic_long_t *pending);
int landlock_rs_copy_struct(void *to, size_t size, const void __user *from,
			    size_t from_size);

/* task.c: the same about tasks. */

bool landlock_rs_no_new_privs(void);
bool landlock_rs_is_alone(void);
void landlock_rs_set_no_new_privs(void);
int landlock_rs_restart_syscall(void);
bool landlock_rs_exec_update_trylock(void);
void landlock_rs_exec_update_unlock(void);
int landlock_rs_turn_begin(void);
void landlock_rs_turn_end(void);
struct task_struct *landlock_rs_first_thread(void);
struct task_struct *landlock_rs_next_thread(struct task_struct *thread);
bool landlock_rs_is_exiting(const struct task_struct *task);
const struct cred *landlock_rs_current_cred(void);
bool landlock_rs_current_has_cred(const struct cred *cred);
const struct cred *landlock_rs_task_cred(const struct task_struct *task);
const struct cred *landlock_rs_override_creds(const struct cred *cred);
bool landlock_rs_is_thread_of_current(struct task_struct *task);
struct pid *landlock_rs_task_tgid(struct task_struct *task);
struct pid *landlock_rs_get_tgid(void);
void landlock_rs_creator_init(struct landlock_rs_creator *creator);
int landlock_rs_current_exe(char *buffer, size_t size);

/* sock.c: the same about sockets. */

void landlock_rs_unix_state_lock(struct sock *sk);
void landlock_rs_unix_state_unlock(struct sock *sk);
const struct sock *landlock_rs_unix_peer(const struct sock *sk);
const struct cred *landlock_rs_unix_cred(const struct sock *sk);
const char *landlock_rs_unix_path(const struct sock *sk, size_t *len);
u16 landlock_rs_sk_family(const struct sock *sk);
enum landlock_rs_transport landlock_rs_sk_transport(const struct sock *sk);
u16 landlock_rs_sk_local_port(struct sock *sk);

/* kunit.c, with CONFIG_SECURITY_LANDLOCK_KUNIT_TEST */

bool landlock_rs_skip_if_disabled(void);

/* marks.c and ffi/marks.rs: marked points, with CONFIG_SECURITY_LANDLOCK_RACE_TEST. */

void landlock_rs_mark(unsigned int index);
const char *landlock_rs_mark_name(size_t index);

/* ffi/syscalls.rs: the system calls. */

long landlock_rs_create_ruleset(const struct landlock_ruleset_attr __user *attr,
				size_t size, u32 flags);
long landlock_rs_add_rule(int ruleset_fd, enum landlock_rule_type rule_type,
			  const void __user *rule_attr, u32 flags);
long landlock_rs_restrict_self(int ruleset_fd, u32 flags);

/*
 * ffi/hooks.rs: the hooks.  @cred is the blob of the credentials that the check
 * is about; it has a domain.
 */

void landlock_rs_cred_copy(struct landlock_rs_cred *new,
			   const struct landlock_rs_cred *old);
void landlock_rs_cred_free(struct landlock_rs_cred *cred);
void landlock_rs_bprm_creds_for_exec(struct landlock_rs_cred *cred);
void landlock_rs_inode_free_security_rcu(void *blob);
void landlock_rs_sb_delete(struct super_block *sb);
int landlock_rs_change_topology(const struct landlock_rs_cred *cred,
				const struct path *path);
int landlock_rs_change_topology_of(const struct landlock_rs_cred *cred,
				   struct dentry *root);
int landlock_rs_path_link(const struct landlock_rs_cred *cred,
			  struct dentry *old_dentry, const struct path *new_dir,
			  struct dentry *new_dentry);
int landlock_rs_path_rename(const struct landlock_rs_cred *cred,
			    struct dentry *old_dentry,
			    const struct path *new_dir,
			    struct dentry *new_dentry, unsigned int flags);
int landlock_rs_path_mkdir(const struct landlock_rs_cred *cred,
			   const struct path *dir);
int landlock_rs_path_mknod(const struct landlock_rs_cred *cred,
			   const struct path *dir, umode_t mode,
			   unsigned int dev);
int landlock_rs_path_symlink(const struct landlock_rs_cred *cred,
			     const struct path *dir);
int landlock_rs_path_unlink(const struct landlock_rs_cred *cred,
			    const struct path *dir);
int landlock_rs_path_rmdir(const struct landlock_rs_cred *cred,
			   const struct path *dir);
int landlock_rs_path_truncate(const struct landlock_rs_cred *cred,
			      const struct path *path);
int landlock_rs_file_open(const struct landlock_rs_cred *cred,
			  struct file *file);
int landlock_rs_file_truncate(struct file *file);
int landlock_rs_file_ioctl(struct file *file, unsigned int command);
int landlock_rs_ptrace_access_check(const struct landlock_rs_cred *cred,
				    struct task_struct *child,
				    unsigned int mode);
int landlock_rs_ptrace_traceme(const struct landlock_rs_cred *cred,
			       struct task_struct *parent);
int landlock_rs_task_kill(const struct landlock_rs_cred *cred, bool is_deferred,
			  struct task_struct *target, int signal);
void landlock_rs_file_set_fowner(const struct landlock_rs_cred *cred,
				 struct fown_struct *owner);
int landlock_rs_file_send_sigiotask(struct fown_struct *owner,
				    struct task_struct *target, int signal);
void landlock_rs_file_free_security(struct landlock_rs_file *blob);
int landlock_rs_unix_stream_connect(const struct landlock_rs_cred *cred,
				    struct sock *server);
int landlock_rs_unix_may_send(const struct landlock_rs_cred *cred,
			      struct sock *client, struct sock *server);
int landlock_rs_unix_find(const struct landlock_rs_cred *cred,
			  const struct path *path, struct sock *server,
			  int flags);

int landlock_rs_socket_bind(const struct landlock_rs_cred *cred,
			    struct sock *sk, const struct sockaddr *address,
			    int addrlen);
int landlock_rs_socket_connect(const struct landlock_rs_cred *cred,
			       struct sock *sk, const struct sockaddr *address,
			       int addrlen);
int landlock_rs_socket_sendmsg(const struct landlock_rs_cred *cred,
			       struct sock *sk, const struct sockaddr *address,
			       int addrlen, unsigned int flags);

#endif /* _LANDLOCK_RS_H */
