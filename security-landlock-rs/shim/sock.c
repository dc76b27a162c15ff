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

/**
 * landlock_rs_unix_state_lock() - Lock the state of a UNIX socket
 * @sk: UNIX socket.
 *
 * Context: Takes the state lock of @sk, a spinlock.
 */
void landlock_rs_unix_state_lock(struct sock *sk)
{
	unix_state_lock(sk);
}

/**
 * landlock_rs_unix_state_unlock() - Unlock the state of a UNIX socket
 * @sk: UNIX socket.
 *
 * Context: Releases the state lock of @sk.
 */
void landlock_rs_unix_state_unlock(struct sock *sk)
{
	unix_state_unlock(sk);
}

/**
 * landlock_rs_unix_peer() - Get the socket that a UNIX socket is connected to
 * @sk: UNIX socket.
 *
 * Return: The peer or NULL, not referenced: it may only be compared.
 */
const struct sock *landlock_rs_unix_peer(const struct sock *sk)
{
	return READ_ONCE(unix_peer(sk));
}

/**
 * landlock_rs_unix_cred() - Get the credentials with which a UNIX socket was
 *   opened
 * @sk: UNIX socket.
 *
 * Context: The state lock of @sk must be held.
 *
 * Return: The credentials, which are valid as long as the lock is held, or NULL
 * if @sk is dead or has no file.
 */
const struct cred *landlock_rs_unix_cred(const struct sock *sk)
{
	lockdep_assert_held(&unix_sk(sk)->lock);
	if (sock_flag(sk, SOCK_DEAD) || !sk->sk_socket || !sk->sk_socket->file)
		return NULL;
	return sk->sk_socket->file->f_cred;
}

/**
 * landlock_rs_unix_path() - Get the address of a UNIX socket
 * @sk: UNIX socket.
 * @len: Set to the number of bytes of the address.
 *
 * Return: The bytes, which are valid as long as @sk and are not terminated, or
 * NULL if @sk is not bound; @len is then left alone.
 */
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

/**
 * landlock_rs_sk_family() - Get the family of a socket
 * @sk: Socket, which need not be locked.
 *
 * Return: The family, which may change at any time unless @sk is locked.
 */
u16 landlock_rs_sk_family(const struct sock *sk)
{
	return READ_ONCE(sk->sk_family);
}

/**
 * landlock_rs_sk_transport() - Get the transport protocol of a socket
 * @sk: Socket.
 *
 * Return: The protocol, which never changes.
 */
enum landlock_rs_transport landlock_rs_sk_transport(const struct sock *sk)
{
	if (sk_is_tcp(sk))
		return LANDLOCK_RS_TCP;
	return sk_is_udp(sk) ? LANDLOCK_RS_UDP : LANDLOCK_RS_OTHER;
}

/**
 * landlock_rs_sk_local_port() - Get the local port of an internet socket
 * @sk: Socket of an internet family.
 *
 * A bind that fails sets a port for a moment: the lock keeps that from showing.
 *
 * Context: Process context, may sleep.  Takes the lock of @sk.
 *
 * Return: The port in host byte order, or 0 if @sk is not bound.
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
