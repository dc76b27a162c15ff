// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights on ports: arguments of rules, and addresses that are not just a port.
 *
 * Which error a bad address gives is part of the ABI: programs look at it to
 * tell a sandbox from a mistake.
 */

#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#define TCP (LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP)
#define UDP_BIND LANDLOCK_ACCESS_NET_BIND_UDP
#define UDP_SEND LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP

/* Size of an IPv6 address without scope, which is enough. */
#define SIN6_SIZE (offsetof(struct sockaddr_in6, sin6_scope_id))

#define PORT 4242
#define OTHER_PORT 4243

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* The loopback address; as IPv4 lays it out, if it has no family. */
static union address loopback(sa_family_t family, in_port_t port)
{
	union address address = {
		.in.sin_family = family,
		.in.sin_port = htons(port),
	};

	if (family == AF_INET6)
		address.in6.sin6_addr = in6addr_loopback;
	else
		address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static union address any_host(sa_family_t family, in_port_t port)
{
	return (union address){
		.in.sin_family = family,
		.in.sin_port = htons(port),
	};
}

static int new_socket(struct __test_metadata *const _metadata, int family,
		      int type)
{
	const int fd = socket(family, type | SOCK_CLOEXEC, 0);

	ASSERT_LE(0, fd)
	{
		TH_LOG("socket(%d, %d): %s", family, type, strerror(errno));
	}
	return fd;
}

static int try_bind(int fd, union address address, size_t size)
{
	return ERR(bind(fd, &address.any, size));
}

static int try_connect(int fd, union address address, size_t size)
{
	return ERR(connect(fd, &address.any, size));
}

static int try_send(int fd, union address address, size_t size)
{
	return ERR(sendto(fd, ".", 1, MSG_NOSIGNAL, &address.any, size));
}

static int new_net_ruleset(struct __test_metadata *const _metadata,
			   __u64 handled)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_net = handled,
	};
	const int fd = create_ruleset(&attr, offsetof(typeof(attr), scoped), 0);

	ASSERT_LE(0, fd)
	{
		TH_LOG("create_ruleset(%llx): %s", handled, strerror(errno));
	}
	return fd;
}

/* Handles @handled, and allows @allowed on PORT. */
static void sandbox_net(struct __test_metadata *const _metadata, __u64 handled,
			__u64 allowed)
{
	const int fd = new_net_ruleset(_metadata, handled);

	if (allowed) {
		ASSERT_EQ(0, add_rule_port(fd, PORT, allowed));
	}
	enforce(_metadata, fd);
	ASSERT_EQ(0, close(fd));
}

/* Arguments of rules */

FIXTURE(port_rule)
{
	int ruleset_fd;
};

FIXTURE_SETUP(port_rule)
{
	if (abi_version() < 4)
		SKIP(return, "no rights on ports");
	self->ruleset_fd = new_net_ruleset(_metadata,
					   LANDLOCK_ACCESS_NET_BIND_TCP);
}

FIXTURE_TEARDOWN(port_rule)
{
}

TEST_F(port_rule, attr_must_be_readable)
{
	EXPECT_EQ(EFAULT, ERR(add_rule(self->ruleset_fd, LANDLOCK_RULE_NET_PORT,
				       NULL, 0)));
}

TEST_F(port_rule, port_must_have_16_bits)
{
	const __u64 bind = LANDLOCK_ACCESS_NET_BIND_TCP;

	EXPECT_EQ(0, add_rule_port(self->ruleset_fd, 0, bind));
	EXPECT_EQ(0, add_rule_port(self->ruleset_fd, 65535, bind));
	EXPECT_EQ(EINVAL, add_rule_port(self->ruleset_fd, 65536, bind));
	EXPECT_EQ(EINVAL, add_rule_port(self->ruleset_fd, 1ULL << 32, bind));
	EXPECT_EQ(EINVAL, add_rule_port(self->ruleset_fd, ~0ULL, bind));
}

TEST_F(port_rule, rights_must_be_handled)
{
	__u64 right;

	for (right = 1; right; right <<= 1) {
		const int expected =
			right == LANDLOCK_ACCESS_NET_BIND_TCP ? 0 : EINVAL;

		EXPECT_EQ(expected, add_rule_port(self->ruleset_fd, 1, right));
	}
}

TEST_F(port_rule, useless_comes_before_invalid)
{
	EXPECT_EQ(ENOMSG, add_rule_port(self->ruleset_fd, 65536, 0));
}

/* Addresses of another family than the socket */

FIXTURE(family)
{
};

FIXTURE_SETUP(family)
{
	if (abi_version() < 10)
		SKIP(return, "no rights on UDP ports");
	make_network(_metadata);
}

FIXTURE_TEARDOWN(family)
{
}

TEST_F(family, error_of_the_network_stack_if_not_handled)
{
	const union address inet6 = loopback(AF_INET6, PORT);
	const int fd = new_socket(_metadata, AF_INET, SOCK_STREAM);

	sandbox_net(_metadata, LANDLOCK_ACCESS_NET_BIND_TCP, 0);
	EXPECT_EQ(EAFNOSUPPORT, try_connect(fd, inet6, sizeof(inet6.in6)));
	EXPECT_EQ(EINVAL, try_bind(fd, inet6, sizeof(inet6.in6)));
}

TEST_F(family, bind_to_the_other_family)
{
	const union address inet6 = loopback(AF_INET6, PORT);
	const int fd = new_socket(_metadata, AF_INET, SOCK_STREAM);

	EXPECT_EQ(EAFNOSUPPORT, try_bind(fd, inet6, sizeof(inet6.in6)));
	sandbox_net(_metadata, TCP, TCP);
	EXPECT_EQ(EINVAL, try_bind(fd, inet6, sizeof(inet6.in6)));
}

/*
 * The network stack lets IPv6 UDP sockets use IPv4 addresses; a layer that
 * handles the right does not, even if it allows the port.
 */
TEST_F(family, ipv6_udp_to_ipv4)
{
	const union address inet = loopback(AF_INET, PORT);
	const int sent = new_socket(_metadata, AF_INET6, SOCK_DGRAM);
	const int connected = new_socket(_metadata, AF_INET6, SOCK_DGRAM);

	EXPECT_EQ(0, try_send(sent, inet, sizeof(inet.in)));
	EXPECT_EQ(0, try_connect(connected, inet, sizeof(inet.in)));

	sandbox_net(_metadata, UDP_SEND, UDP_SEND);
	EXPECT_EQ(EINVAL, try_send(sent, inet, sizeof(inet.in)));
	EXPECT_EQ(EINVAL, try_connect(connected, inet, sizeof(inet.in)));
}

/* An IPv4 address in the form of an IPv6 one is as good as any other. */
TEST_F(family, ipv6_udp_to_mapped_ipv4)
{
	union address mapped = any_host(AF_INET6, PORT);
	const int fd = new_socket(_metadata, AF_INET6, SOCK_DGRAM);

	ASSERT_EQ(1, inet_pton(AF_INET6, "::ffff:127.0.0.1",
			       &mapped.in6.sin6_addr));
	sandbox_net(_metadata, UDP_SEND, UDP_SEND);
	EXPECT_EQ(0, try_send(fd, mapped, sizeof(mapped.in6)));
	mapped.in6.sin6_port = htons(OTHER_PORT);
	EXPECT_EQ(EACCES, try_send(fd, mapped, sizeof(mapped.in6)));
}

/* A family that is neither: nothing for Landlock, but for autobind. */
TEST_F(family, foreign)
{
	const union address un = { .un.sun_family = AF_UNIX };
	const int bound = new_socket(_metadata, AF_INET, SOCK_DGRAM);
	const int unbound = new_socket(_metadata, AF_INET, SOCK_DGRAM);
	const union address any = any_host(AF_INET, PORT);

	ASSERT_EQ(0, try_bind(bound, any, sizeof(any.in)));
	sandbox_net(_metadata, UDP_SEND | UDP_BIND, 0);
	EXPECT_EQ(EAFNOSUPPORT, try_connect(bound, un, sizeof(un.un)));
	EXPECT_EQ(EAFNOSUPPORT, try_send(bound, un, sizeof(un.un)));
	EXPECT_EQ(EACCES, try_connect(unbound, un, sizeof(un.un)));
	EXPECT_EQ(EACCES, try_send(unbound, un, sizeof(un.un)));
}

/* Turns a connected IPv6 socket into an IPv4 one. */
static void make_inet(struct __test_metadata *const _metadata, int fd)
{
	const int family = AF_INET;

	ASSERT_EQ(0, ERR(setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family,
				    sizeof(family))));
}

/*
 * To send to an address without family is to name no address, on an IPv6
 * socket. No rule allows it, because the socket may turn into an IPv4 one.
 */
TEST_F(family, unspec_of_a_socket_that_turns)
{
	const int fd = new_socket(_metadata, AF_INET6, SOCK_DGRAM);
	union address address = any_host(AF_INET6, PORT);

	ASSERT_EQ(1, inet_pton(AF_INET6, "::ffff:127.0.0.1",
			       &address.in6.sin6_addr));
	sandbox_net(_metadata, UDP_SEND, UDP_SEND);
	ASSERT_EQ(0, try_connect(fd, address, sizeof(address.in6)));

	address = loopback(AF_UNSPEC, PORT);
	EXPECT_EQ(EACCES, try_send(fd, address, sizeof(address.in)));
	make_inet(_metadata, fd);
	/* The first message was refused by nobody, the port is closed. */
	EXPECT_EQ(0, try_send(fd, address, sizeof(address.in)));
	address = loopback(AF_UNSPEC, OTHER_PORT);
	EXPECT_EQ(EACCES, try_send(fd, address, sizeof(address.in)));
}

/* Sizes: too short for its family, or for a family at all */

FIXTURE(size)
{
};

FIXTURE_SETUP(size)
{
	if (abi_version() < 10)
		SKIP(return, "no rights on UDP ports");
	make_network(_metadata);
	sandbox_net(_metadata, TCP | UDP_SEND | UDP_BIND, 0);
}

FIXTURE_TEARDOWN(size)
{
}

FIXTURE_VARIANT(size)
{
	const sa_family_t family;
	const int type;
	const size_t full;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(size, ipv4_tcp) {
	/* clang-format on */
	.family = AF_INET,
	.type = SOCK_STREAM,
	.full = sizeof(struct sockaddr_in),
};

/* clang-format off */
FIXTURE_VARIANT_ADD(size, ipv6_tcp) {
	/* clang-format on */
	.family = AF_INET6,
	.type = SOCK_STREAM,
	.full = SIN6_SIZE,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(size, ipv4_udp) {
	/* clang-format on */
	.family = AF_INET,
	.type = SOCK_DGRAM,
	.full = sizeof(struct sockaddr_in),
};

/* clang-format off */
FIXTURE_VARIANT_ADD(size, ipv6_udp) {
	/* clang-format on */
	.family = AF_INET6,
	.type = SOCK_DGRAM,
	.full = SIN6_SIZE,
};

TEST_F(size, of_the_family_of_the_socket)
{
	const union address address = loopback(variant->family, PORT);
	const int fd = new_socket(_metadata, variant->family, variant->type);
	size_t size;

	for (size = 0; size <= sizeof(address.in6); size++) {
		const int expected = size < variant->full ? EINVAL : EACCES;

		EXPECT_EQ(expected, try_bind(fd, address, size));
		EXPECT_EQ(expected, try_connect(fd, address, size));
		if (variant->type == SOCK_DGRAM) {
			EXPECT_EQ(expected, try_send(fd, address, size));
		}
	}
}

TEST_F(size, bind_without_family)
{
	const union address any = any_host(AF_UNSPEC, PORT);
	const union address host = loopback(AF_UNSPEC, PORT);
	const int fd = new_socket(_metadata, variant->family, variant->type);
	const bool is_inet = variant->family == AF_INET;
	size_t size;

	for (size = 0; size <= sizeof(any.in6); size++) {
		const bool is_short = size < variant->full;

		EXPECT_EQ(is_short ? EINVAL : is_inet ? EACCES : EAFNOSUPPORT,
			  try_bind(fd, any, size));
		EXPECT_EQ(is_short ? EINVAL : EAFNOSUPPORT,
			  try_bind(fd, host, size));
	}
}

TEST_F(size, disconnect)
{
	const union address address = any_host(AF_UNSPEC, PORT);
	const int fd = new_socket(_metadata, variant->family, variant->type);
	size_t size;

	EXPECT_EQ(EINVAL, try_connect(fd, address, 0));
	EXPECT_EQ(EINVAL, try_connect(fd, address, 1));
	for (size = 2; size <= sizeof(address.in6); size++)
		EXPECT_EQ(0, try_connect(fd, address, size));
}

TEST_F(size, send_without_family)
{
	const union address address = loopback(AF_UNSPEC, PORT);
	const bool is_inet = variant->family == AF_INET;
	size_t size;
	int fd;

	fd = new_socket(_metadata, variant->family, variant->type);
	for (size = 0; size <= sizeof(address.in6); size++) {
		const bool is_short = size < (is_inet ? variant->full : 2);

		/* A stream that is not connected ignores the address. */
		if (variant->type == SOCK_STREAM) {
			EXPECT_EQ(EPIPE, try_send(fd, address, size));
		} else {
			EXPECT_EQ(is_short ? EINVAL : EACCES,
				  try_send(fd, address, size));
		}
	}
}

/* Sockets that the kernel binds */

FIXTURE(autobind)
{
	int fd;
};

FIXTURE_SETUP(autobind)
{
	if (abi_version() < 10)
		SKIP(return, "no rights on UDP ports");
	make_network(_metadata);
	self->fd = new_socket(_metadata, AF_INET, SOCK_DGRAM);
}

FIXTURE_TEARDOWN(autobind)
{
}

/* Autobind is checked before the network stack misses an address. */
TEST_F(autobind, of_a_message_to_nowhere)
{
	const int bound = new_socket(_metadata, AF_INET, SOCK_DGRAM);

	/* The network stack binds it all the same. */
	EXPECT_EQ(EDESTADDRREQ, ERR(send(bound, ".", 1, 0)));
	sandbox_net(_metadata, UDP_BIND, 0);
	EXPECT_EQ(EDESTADDRREQ, ERR(send(bound, ".", 1, 0)));
	EXPECT_EQ(EACCES, ERR(send(self->fd, ".", 1, 0)));
}

TEST_F(autobind, does_not_come_with_a_disconnection)
{
	const union address address = any_host(AF_UNSPEC, PORT);

	sandbox_net(_metadata, UDP_BIND, 0);
	EXPECT_EQ(0, try_connect(self->fd, address, sizeof(address.in)));
}

/* Port 0 has a rule of its own, and the port that is chosen needs none. */
TEST_F(autobind, takes_port_0)
{
	const union address address = loopback(AF_INET, PORT);
	const int ruleset_fd = new_net_ruleset(_metadata, UDP_BIND);

	ASSERT_EQ(0, add_rule_port(ruleset_fd, 0, UDP_BIND));
	enforce(_metadata, ruleset_fd);
	EXPECT_EQ(0, try_send(self->fd, address, sizeof(address.in)));
}

TEST_F(autobind, happens_once)
{
	const union address address = loopback(AF_INET, PORT);
	const int unbound = new_socket(_metadata, AF_INET, SOCK_DGRAM);

	ASSERT_EQ(0, try_send(self->fd, address, sizeof(address.in)));
	sandbox_net(_metadata, UDP_BIND, 0);
	EXPECT_EQ(0, try_send(self->fd, address, sizeof(address.in)));
	EXPECT_EQ(EACCES, try_send(unbound, address, sizeof(address.in)));
}

/* Other protocols */

/* A raw socket may send what looks like UDP; it takes CAP_NET_RAW. */
TEST(raw_sockets_are_not_restricted)
{
	const union address address = loopback(AF_INET, PORT);
	int fd;

	if (abi_version() < 10)
		SKIP(return, "no rights on UDP ports");
	make_network(_metadata);
	sandbox_net(_metadata, TCP | UDP_SEND | UDP_BIND, 0);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, try_bind(fd, address, sizeof(address.in)));
	EXPECT_EQ(0, try_connect(fd, address, sizeof(address.in)));
	EXPECT_EQ(0, try_send(fd, address, sizeof(address.in)));
}

/* Without an address, MSG_FASTOPEN is not for Landlock, nor is it for UDP. */
TEST(fast_open_takes_an_address)
{
	int fd;

	if (abi_version() < 4)
		SKIP(return, "no rights on ports");
	make_network(_metadata);
	sandbox_net(_metadata, TCP, 0);
	fd = new_socket(_metadata, AF_INET, SOCK_STREAM);
	EXPECT_EQ(EINVAL, ERR(send(fd, ".", 1, MSG_FASTOPEN)));
}

TEST_HARNESS_MAIN
