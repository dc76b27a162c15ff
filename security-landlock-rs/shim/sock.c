// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - sockets, as bindgen cannot see them
 *
 * Each function does what its counterpart in the kernel does, and nothing else.
 */

#include <linux/lockdep.h>
#include <linux/stddef.h>
#include <linux/un.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "landlock_rs.h"

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
