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

/**
 * landlock_rs_is_alone() - Check whether the current process has one thread
 *
 * Return: Whether there is no other thread.
 */
bool landlock_rs_is_alone(void)
{
	return get_nr_threads(current) == 1;
}

/**
 * landlock_rs_no_new_privs() - Get no_new_privs of the current task
 *
 * Return: Whether execve(2) grants no privilege.
 */
bool landlock_rs_no_new_privs(void)
{
	return task_no_new_privs(current);
}

/**
 * landlock_rs_set_no_new_privs() - Set no_new_privs of the current task, for
 *   good
 */
void landlock_rs_set_no_new_privs(void)
{
	task_set_no_new_privs(current);
}

/**
 * landlock_rs_restart_syscall() - Let the current system call start again
 *
 * Return: %-ERESTARTNOINTR, which the system call has to return.
 */
int landlock_rs_restart_syscall(void)
{
	return restart_syscall();
}

/**
 * landlock_rs_exec_update_trylock() - Lock exec_update_lock of the current
 *   process if nobody has it
 *
 * Context: Process context.  The caller has to call
 * landlock_rs_exec_update_unlock() if the lock was taken.
 *
 * Return: Whether the lock was taken, for writing.
 */
bool landlock_rs_exec_update_trylock(void)
{
	return down_write_trylock(&current->signal->exec_update_lock);
}

/**
 * landlock_rs_exec_update_unlock() - Unlock exec_update_lock of the current
 *   process
 */
void landlock_rs_exec_update_unlock(void)
{
	up_write(&current->signal->exec_update_lock);
}

/* The processes in which a thread has a turn, by the number of the process. */
static DEFINE_XARRAY_FLAGS(turns, XA_FLAGS_ACCOUNT);

/**
 * landlock_rs_turn_begin() - Take the turn of the current process
 *
 * Only one thread of a process has it at a time, and nobody can wait for it.
 *
 * Context: Process context, may sleep.
 *
 * Return: 0 on success, %-EBUSY if another thread of the process has the turn,
 * or %-ENOMEM.
 */
int landlock_rs_turn_begin(void)
{
	return xa_insert(&turns, current->tgid, xa_mk_value(0), GFP_KERNEL);
}

/**
 * landlock_rs_turn_end() - End the turn of the current process
 *
 * Context: The current thread must have the turn.
 */
void landlock_rs_turn_end(void)
{
	xa_erase(&turns, current->tgid);
}

/**
 * landlock_rs_first_thread() - Get the first thread of the current process
 *
 * Context: RCU read-side critical section.
 *
 * Return: The thread, or NULL.  It is valid until the end of the critical
 * section.
 */
struct task_struct *landlock_rs_first_thread(void)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "threads looked up unprotected");
	return list_first_or_null_rcu(&current->signal->thread_head,
				      struct task_struct, thread_node);
}

/**
 * landlock_rs_next_thread() - Get the next thread of the current process
 * @thread: Thread after which the next one comes.
 *
 * Context: The RCU read-side critical section in which
 * landlock_rs_first_thread() was called.
 *
 * Return: The thread, or NULL after the last one.
 */
struct task_struct *landlock_rs_next_thread(struct task_struct *thread)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "threads looked up unprotected");
	return __next_thread(thread);
}

/**
 * landlock_rs_is_exiting() - Check whether a task is about to exit
 * @task: Task to look at.
 *
 * Return: Whether @task does not return to user space any more.
 */
bool landlock_rs_is_exiting(const struct task_struct *task)
{
	return READ_ONCE(task->flags) & PF_EXITING;
}

/**
 * landlock_rs_current_cred() - Get the credentials of the current task
 *
 * Return: The credentials, which are valid until the task changes them.
 */
const struct cred *landlock_rs_current_cred(void)
{
	return current_cred();
}

/**
 * landlock_rs_current_has_cred() - Check which credentials the current task has
 * @cred: Credentials to compare with.
 *
 * Return: Whether the current task has @cred, and does not override them.
 */
bool landlock_rs_current_has_cred(const struct cred *cred)
{
	return current_cred() == cred && current_real_cred() == cred;
}

/**
 * landlock_rs_task_cred() - Get the objective credentials of a task
 * @task: Task to look at.
 *
 * Context: RCU read-side critical section, as __task_cred() checks.
 *
 * Return: The credentials, which are valid until the end of the critical
 * section.
 */
const struct cred *landlock_rs_task_cred(const struct task_struct *task)
{
	return __task_cred(task);
}

#ifdef CONFIG_SECURITY_LANDLOCK_KUNIT_TEST
/**
 * landlock_rs_override_creds() - Override the credentials of the current
 *   task, for a test
 * @cred: Credentials to use.  The caller keeps its reference.
 *
 * Return: The former credentials, with their reference.
 */
const struct cred *landlock_rs_override_creds(const struct cred *cred)
{
	return override_creds(cred);
}
#endif

/**
 * landlock_rs_is_thread_of_current() - Check whether a task is a thread of
 *   the current process
 * @task: Task to look at.
 *
 * Return: Whether it is.
 */
bool landlock_rs_is_thread_of_current(struct task_struct *task)
{
	return same_thread_group(task, current);
}

/**
 * landlock_rs_task_tgid() - Get the process of a task
 * @task: Task to look at.
 *
 * Return: The process, not referenced: it may only be compared.
 */
struct pid *landlock_rs_task_tgid(struct task_struct *task)
{
	return task_tgid(task);
}

/**
 * landlock_rs_get_tgid() - Get the current process
 *
 * Return: The process, referenced.
 */
struct pid *landlock_rs_get_tgid(void)
{
	return get_pid(task_tgid(current));
}

/**
 * landlock_rs_creator_init() - Describe the current task as the creator of a
 *   domain
 * @creator: Description to fill.  The caller has to drop the reference to its
 *           process.
 */
void landlock_rs_creator_init(struct landlock_rs_creator *creator)
{
	creator->pid = get_pid(task_tgid(current));
	creator->uid = from_kuid(&init_user_ns, current_uid());
	get_task_comm(creator->comm, current);
}

/**
 * landlock_rs_current_exe() - Get the path of the current program
 * @buffer: Memory for the path, which is written at its end.
 * @size: Size of @buffer.
 *
 * The path is "(null)" if there is no program, as in other audit records.
 *
 * Context: Process context, may sleep.
 *
 * Return: Offset in @buffer at which the path starts, or -errno.
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
