// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - inline functions and macros that bindgen cannot see
 *
 * Each function does what its counterpart in the kernel does, and nothing else.
 * Those of tasks are in task.c, those of sockets in sock.c.
 */

#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>

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

const struct lsm_blob_sizes *landlock_rs_blobs(void)
{
	return &landlock_slot_blobs;
}
