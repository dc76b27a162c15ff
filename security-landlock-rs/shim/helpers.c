// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - inline functions and macros that bindgen cannot see
 *
 * Each function does what its counterpart in the kernel does, and nothing else.
 * Those of tasks are in task.c, those of sockets in sock.c.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "landlock_rs.h"

/**
 * landlock_rs_refcount_inc_not_zero() - Take a reference unless there is
 *   none left
 * @refs: Counter of references.
 *
 * Return: Whether the reference was taken.
 */
bool landlock_rs_refcount_inc_not_zero(refcount_t *refs)
{
	return refcount_inc_not_zero(refs);
}

/**
 * landlock_rs_inode_is_used() - Check whether a reference to an inode may be
 *   taken
 * @inode: Inode in the list of a superblock.
 *
 * Context: The i_lock of @inode must be held.
 *
 * Return: Whether somebody uses @inode, which is neither new nor being freed.
 */
bool landlock_rs_inode_is_used(struct inode *inode)
{
	lockdep_assert_held(&inode->i_lock);
	return icount_read_once(inode) &&
	       !(inode_state_read(inode) & (I_FREEING | I_WILL_FREE | I_NEW));
}

/**
 * landlock_rs_iget() - Take a reference to an inode that is used
 * @inode: Inode of which landlock_rs_inode_is_used() is true.
 *
 * Context: The i_lock of @inode must be held, as __iget() checks.
 */
void landlock_rs_iget(struct inode *inode)
{
	__iget(inode);
}

/**
 * landlock_rs_fdget() - Look up a descriptor of the current task
 * @fd: Number of the descriptor.
 *
 * Context: The caller has to call landlock_rs_fdput() before the system call
 * ends, and must not change the table of descriptors until then.
 *
 * Return: The file with flags, as in struct fd, or 0.
 */
unsigned long landlock_rs_fdget(unsigned int fd)
{
	return fdget(fd).word;
}

/**
 * landlock_rs_fdget_raw() - Look up a descriptor, maybe one opened with O_PATH
 * @fd: Number of the descriptor.
 *
 * Context: That of landlock_rs_fdget().
 *
 * Return: The file with flags, as in struct fd, or 0.
 */
unsigned long landlock_rs_fdget_raw(unsigned int fd)
{
	return fdget_raw(fd).word;
}

/**
 * landlock_rs_fdput() - End the use of a file that was looked up
 * @word: What the lookup returned.
 */
void landlock_rs_fdput(unsigned long word)
{
	fdput((struct fd){ word });
}

/**
 * landlock_rs_resched() - Let other tasks run if one waits
 *
 * Context: Process context, may sleep.
 */
void landlock_rs_resched(void)
{
	cond_resched();
}

/**
 * landlock_rs_kmalloc() - Allocate memory charged to the current task
 * @size: Size of the memory.
 *
 * Context: Process context, may sleep.  The caller has to call kfree().
 *
 * Return: The memory, or NULL.
 */
void *landlock_rs_kmalloc(size_t size)
{
	return kmalloc(size, GFP_KERNEL_ACCOUNT);
}

/**
 * landlock_rs_table_alloc() - Allocate zeroed memory for a table
 * @size: Size of the table.  Set to the size of the memory: that of the slab
 *        object or, if the table is too large for one, of all its pages.
 *
 * Pages are single ones: many contiguous ones are hard to get, and a power of
 * two of them.  There is no warning, as user space chooses @size.
 *
 * Context: Process context, may sleep.  The caller has to call kvfree().
 *
 * Return: The memory, charged to the current task, or NULL.
 */
void *landlock_rs_table_alloc(size_t *size)
{
	const gfp_t flags = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;
	const size_t small = 64;

	/* The slab cache of most tables, which the compiler finds. */
	if (*size <= small) {
		*size = small;
		return kmalloc(small, flags);
	}
	if (*size > KMALLOC_MAX_CACHE_SIZE) {
		*size = PAGE_ALIGN(*size);
		return __vmalloc(*size, flags);
	}
	*size = kmalloc_size_roundup(*size);
	return kmalloc(*size, flags);
}

/**
 * landlock_rs_release_wake() - Wake up what waits until all releases have ended
 * @pending: Number of releases, which dropped to zero.  The memory may be freed
 *           already: only the address is used.
 *
 * Context: Any context.
 */
void landlock_rs_release_wake(atomic_long_t *pending)
{
	wake_up_var(pending);
}

/**
 * landlock_rs_release_wait() - Wait until all releases have ended
 * @pending: Number of releases.
 *
 * Context: Process context, may sleep.  Reads zero with acquire semantics.
 */
void landlock_rs_release_wait(atomic_long_t *pending)
{
	wait_var_event(pending, !atomic_long_read_acquire(pending));
}

/**
 * landlock_rs_copy_struct() - Copy a structure from user space that may grow
 * @to: Structure as the kernel knows it.
 * @size: Size of @to.
 * @from: Structure in user space.
 * @from_size: Size of @from as user space knows it.
 *
 * Context: Process context, may sleep.
 *
 * Return: What copy_struct_from_user() returns: 0, %-EFAULT, or %-E2BIG if
 * @from has bytes that the kernel does not know and that are not zero.
 */
int landlock_rs_copy_struct(void *to, size_t size, const void __user *from,
			    size_t from_size)
{
	return copy_struct_from_user(to, size, from, from_size);
}
