// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - tasks, as bindgen cannot see them
 *
 * Each function does what its counterpart in the kernel does, and nothing else.
 */

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "landlock_rs.h"

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
