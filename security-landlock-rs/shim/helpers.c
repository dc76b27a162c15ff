// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - inline functions and macros that bindgen cannot see
 *
 * Each function does what its counterpart in the kernel does, and nothing else.
 */

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <linux/un.h>
#include <linux/wait_bit.h>
#include <linux/xarray.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "landlock_rs.h"

bool landlock_rs_refcount_inc_not_zero(refcount_t *refs)
{
	return refcount_inc_not_zero(refs);
}

/* The inode's i_lock must be held. */
bool landlock_rs_inode_is_used(struct inode *inode)
{
	lockdep_assert_held(&inode->i_lock);
	return icount_read_once(inode) &&
	       !(inode_state_read(inode) & (I_FREEING | I_WILL_FREE | I_NEW));
}

/* The inode must be used; __iget() checks that its i_lock is held. */
void landlock_rs_iget(struct inode *inode)
{
	__iget(inode);
}

void landlock_rs_resched(void)
{
	cond_resched();
}

/* @pending may be gone: only its address is used. */
void landlock_rs_release_wake(atomic_long_t *pending)
{
	wake_up_var(pending);
}

void landlock_rs_release_wait(atomic_long_t *pending)
{
	wait_var_event(pending, !atomic_long_read_acquire(pending));
}

int landlock_rs_copy_struct(void *to, size_t size, const void __user *from,
			    size_t from_size)
{
	return copy_struct_from_user(to, size, from, from_size);
}

bool landlock_rs_is_alone(void)
{
	return get_nr_threads(current) == 1;
}

bool landlock_rs_no_new_privs(void)
{
	return task_no_new_privs(current);
}

void landlock_rs_set_no_new_privs(void)
{
	task_set_no_new_privs(current);
}

int landlock_rs_restart_syscall(void)
{
	return restart_syscall();
}

bool landlock_rs_exec_update_trylock(void)
{
	return down_write_trylock(&current->signal->exec_update_lock);
}

void landlock_rs_exec_update_unlock(void)
{
	up_write(&current->signal->exec_update_lock);
}

/* The processes in which a thread has a turn, by the number of the process. */
static DEFINE_XARRAY_FLAGS(turns, XA_FLAGS_ACCOUNT);

/* Returns -EBUSY if a thread of the current process has a turn, or -ENOMEM. */
int landlock_rs_turn_begin(void)
{
	return xa_insert(&turns, current->tgid, xa_mk_value(0), GFP_KERNEL);
}

void landlock_rs_turn_end(void)
{
	xa_erase(&turns, current->tgid);
}

struct task_struct *landlock_rs_first_thread(void)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "threads looked up unprotected");
	return list_first_or_null_rcu(&current->signal->thread_head,
				      struct task_struct, thread_node);
}

struct task_struct *landlock_rs_next_thread(struct task_struct *thread)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "threads looked up unprotected");
	return __next_thread(thread);
}

bool landlock_rs_is_exiting(const struct task_struct *task)
{
	return READ_ONCE(task->flags) & PF_EXITING;
}

const struct cred *landlock_rs_current_cred(void)
{
	return current_cred();
}

/* Returns whether the current task has @cred, and does not override it. */
bool landlock_rs_current_has_cred(const struct cred *cred)
{
	return current_cred() == cred && current_real_cred() == cred;
}

/* The RCU read-side critical section of the caller is checked by __task_cred(). */
const struct cred *landlock_rs_task_cred(const struct task_struct *task)
{
	return __task_cred(task);
}

#ifdef CONFIG_SECURITY_LANDLOCK_KUNIT_TEST
const struct cred *landlock_rs_override_creds(const struct cred *cred)
{
	return override_creds(cred);
}
#endif

bool landlock_rs_is_thread_of_current(struct task_struct *task)
{
	return same_thread_group(task, current);
}

/* The returned value may only be compared. */
struct pid *landlock_rs_task_tgid(struct task_struct *task)
{
	return task_tgid(task);
}

struct pid *landlock_rs_get_tgid(void)
{
	return get_pid(task_tgid(current));
}

void landlock_rs_unix_state_lock(struct sock *sk)
{
	unix_state_lock(sk);
}

void landlock_rs_unix_state_unlock(struct sock *sk)
{
	unix_state_unlock(sk);
}

/* The returned value may only be compared. */
const struct sock *landlock_rs_unix_peer(const struct sock *sk)
{
	return READ_ONCE(unix_peer(sk));
}

/* The state lock of @sk must be held. */
const struct cred *landlock_rs_unix_cred(const struct sock *sk)
{
	lockdep_assert_held(&unix_sk(sk)->lock);
	if (sock_flag(sk, SOCK_DEAD) || !sk->sk_socket || !sk->sk_socket->file)
		return NULL;
	return sk->sk_socket->file->f_cred;
}

const char *landlock_rs_unix_path(const struct sock *sk, size_t *len)
{
	const size_t offset = offsetof(struct sockaddr_un, sun_path);
	const struct unix_address *addr;

	/* Pairs with the smp_store_release() in __unix_set_addr_hash(). */
	addr = smp_load_acquire(&unix_sk(sk)->addr);
	if (!addr || addr->len < offset)
		return NULL;
	*len = addr->len - offset;
	return addr->name->sun_path;
}

const struct lsm_blob_sizes *landlock_rs_blobs(void)
{
	return &landlock_slot_blobs;
}

/* The family of a socket that is not locked may change. */
u16 landlock_rs_sk_family(const struct sock *sk)
{
	return READ_ONCE(sk->sk_family);
}

bool landlock_rs_sk_is_tcp(const struct sock *sk)
{
	return sk_is_tcp(sk);
}

bool landlock_rs_sk_is_udp(const struct sock *sk)
{
	return sk_is_udp(sk);
}

/*
 * Returns the local port of an internet socket, or 0 if it is not bound.  A
 * bind that fails sets a port for a moment: the lock keeps that from showing.
 */
u16 landlock_rs_sk_local_port(struct sock *sk)
{
	u16 port = 0;

	if (IS_ENABLED(CONFIG_INET)) {
		const bool slow = lock_sock_fast(sk);

		port = inet_sk(sk)->inet_num;
		unlock_sock_fast(sk, slow);
	}
	return port;
}

/* Takes a reference to the process. */
void landlock_rs_creator_init(struct landlock_rs_creator *creator)
{
	creator->pid = get_pid(task_tgid(current));
	creator->uid = from_kuid(&init_user_ns, current_uid());
	get_task_comm(creator->comm, current);
}

/*
 * Writes the path of the current program, or "(null)" as audit does, at the end
 * of @buffer.  Returns where it starts, or an error.  Sleeps.
 */
int landlock_rs_current_exe(char *buffer, size_t size)
{
	static const char none[] = "(null)";
	struct file *const file =
		current->mm ? get_mm_exe_file(current->mm) : NULL;
	const char *start = buffer + size - sizeof(none);

	if (file) {
		start = d_path(&file->f_path, buffer, size);
		fput(file);
		if (IS_ERR(start))
			return PTR_ERR(start);
	} else {
		memcpy(buffer + size - sizeof(none), none, sizeof(none));
	}
	return start - buffer;
}
