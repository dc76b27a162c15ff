// SPDX-License-Identifier: GPL-2.0-only

//! What it means to bind or connect an internet socket to an address, or to send to one.
//!
//! A rule is about a port. Which port an address stands for, if any, depends on the family that the
//! address has, on that of the socket, and on what is done:
//!
//! ```text
//!  address    | bind                   | connect                | send (UDP)
//!  -----------+------------------------+------------------------+--------------------------
//!  AF_INET    | its port               | its port               | its port
//!  AF_INET6   | its port               | its port               | its port
//!  AF_UNSPEC  | IPv4 socket, no host:  | dissolves the          | IPv4 socket: its port
//!             | its port               | association: allowed   | IPv6 socket: any port,
//!             | otherwise: refused     |                        | see [`Meaning::Ambiguous`]
//!  other      | the network stack decides, for all of them
//! ```
//!
//! An address that is too short, or that is not of the family of the socket, is refused with the
//! error of the network stack rather than with that of a missing right: a program must be able to
//! tell a bug of its own from a sandbox.
//!
//! The socket is not locked, so an IPv6 socket may concurrently become an IPv4 one
//! (`IPV6_ADDRFORM`), but never the other way round.
//!
//! A UDP socket that connects or sends without being bound is bound to a port that the kernel
//! chooses (autobind). That requires the right to bind to [`Port::AUTOBIND`].

use super::{access::AccessNetRight, rule::Key};

/// A network port, whichever protocol it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port(u16);

impl Port {
    /// Port 0: the kernel chooses one.
    pub(crate) const AUTOBIND: Self = Self(0);

    /// Creates a port from its number.
    pub(crate) const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub(crate) fn number(self) -> u16 {
        self.0
    }

    /// Returns what identifies the port in a table of rules.
    pub(crate) fn key(self) -> Key {
        Key::MIN.saturating_add(u64::from(self.0))
    }
}

/// Family of a socket or of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Family(u16);

impl Family {
    /// None: `AF_UNSPEC`.
    pub(crate) const UNSPEC: Self = Self(0);
    /// IPv4: `AF_INET`.
    pub(crate) const INET: Self = Self(2);
    /// IPv6: `AF_INET6`.
    pub(crate) const INET6: Self = Self(10);

    /// Creates a family from its number.
    pub(crate) const fn new(number: u16) -> Self {
        Self(number)
    }
}

/// Transport protocol of an internet socket, as far as rights apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// TCP, but not what is built on it, such as MPTCP.
    Tcp,
    /// UDP, but not UDP-Lite.
    Udp,
}

/// What is done with a socket and an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SocketAction {
    /// Bind a TCP socket to a local address.
    BindTcp,
    /// Connect a TCP socket to a remote address, possibly along with data (fast open).
    ConnectTcp,
    /// Bind a UDP socket to a local address, explicitly or by autobind.
    BindUdp,
    /// Connect a UDP socket to a remote address, to which it then sends.
    ConnectUdp,
    /// Send from a UDP socket to a remote address.
    SendUdp,
}

impl SocketAction {
    /// Returns what binding is for a protocol.
    pub(crate) fn bind(transport: Transport) -> Self {
        match transport {
            Transport::Tcp => Self::BindTcp,
            Transport::Udp => Self::BindUdp,
        }
    }

    /// Returns what connecting is for a protocol.
    pub(crate) fn connect(transport: Transport) -> Self {
        match transport {
            Transport::Tcp => Self::ConnectTcp,
            Transport::Udp => Self::ConnectUdp,
        }
    }

    /// Returns the right that the action requires.
    pub(crate) fn right(self) -> AccessNetRight {
        match self {
            Self::BindTcp => AccessNetRight::BindTcp,
            Self::ConnectTcp => AccessNetRight::ConnectTcp,
            Self::BindUdp => AccessNetRight::BindUdp,
            Self::ConnectUdp | Self::SendUdp => AccessNetRight::ConnectSendUdp,
        }
    }
}

/// What an action with an address amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No right applies.
    Unrestricted,
    /// The address is too short, or of another family than the socket (`EINVAL`).
    Invalid,
    /// A socket of this family cannot be bound to the address (`EAFNOSUPPORT`).
    WrongFamily,
    /// The address goes to any port, or to none: the socket may turn from IPv6, where it means the
    /// connected address, to IPv4, where it counts, after this is decided. No rule grants that.
    Ambiguous,
    /// The right is needed on this port.
    Port(Port),
}

/// Size of `struct sockaddr_in`.
const INET_SIZE: usize = 16;
/// Size of `struct sockaddr_in6`, without the scope that old programs do not know.
const INET6_SIZE: usize = 24;

/// Whether there are IPv6 sockets; otherwise the network stack refuses addresses of that family.
const HAS_INET6: bool = cfg!(CONFIG_IPV6);

/// Number of bytes at the start of an address that matter: no meaning depends on what follows.
pub(crate) const MEANINGFUL_SIZE: usize = INET6_SIZE;

/// Returns what `action` with `address` amounts to for a socket of family `socket`.
///
/// `address` has the first [`MEANINGFUL_SIZE`] bytes of what user space passed, or all of them if
/// there are fewer.
pub(crate) fn meaning(action: SocketAction, socket: Family, address: &[u8]) -> Meaning {
    let Some(family) = family_of(address) else {
        return Meaning::Invalid;
    };
    let size = match family {
        Family::UNSPEC => return unspecified(action, socket, address),
        Family::INET => INET_SIZE,
        Family::INET6 if HAS_INET6 => INET6_SIZE,
        _ => return Meaning::Unrestricted,
    };

    if family != socket {
        return Meaning::Invalid;
    }
    port(address, size)
}

/// Returns the meaning of an address of no family.
fn unspecified(action: SocketAction, socket: Family, address: &[u8]) -> Meaning {
    let is_inet = socket == Family::INET;

    match action {
        SocketAction::ConnectTcp | SocketAction::ConnectUdp => Meaning::Unrestricted,
        SocketAction::SendUdp if socket == Family::INET6 => Meaning::Ambiguous,
        SocketAction::SendUdp => port(address, INET_SIZE),
        SocketAction::BindTcp | SocketAction::BindUdp if is_inet => bind_any_host(address),
        SocketAction::BindTcp | SocketAction::BindUdp if address.len() < INET6_SIZE => {
            Meaning::Invalid
        }
        SocketAction::BindTcp | SocketAction::BindUdp => Meaning::WrongFamily,
    }
}

/// Returns whether a socket that is not bound will be when it is connected to `address`.
pub(crate) fn connecting_binds(address: &[u8]) -> bool {
    family_of(address).is_some_and(|family| family != Family::UNSPEC)
}

/// Returns the meaning of binding an IPv4 socket to an address of no family.
///
/// For the sake of old programs it is taken for IPv4, as long as it names no host.
fn bind_any_host(address: &[u8]) -> Meaning {
    match port(address, INET_SIZE) {
        Meaning::Port(_) if address.get(4..8) != Some(&[0; 4]) => Meaning::WrongFamily,
        meaning => meaning,
    }
}

/// Returns the family of an address, unless it is too short to have one.
fn family_of(address: &[u8]) -> Option<Family> {
    let family = address.first_chunk()?;

    Some(Family(u16::from_ne_bytes(*family)))
}

/// Returns the port of an IPv4 or IPv6 address, if the address has `size` bytes.
fn port(address: &[u8], size: usize) -> Meaning {
    match address {
        [_, _, high, low, ..] if address.len() >= size => {
            Meaning::Port(Port(u16::from_be_bytes([*high, *low])))
        }
        _ => Meaning::Invalid,
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_address)]
mod tests {
    use super::SocketAction::{BindTcp, BindUdp, ConnectTcp, ConnectUdp, SendUdp};
    use super::*;

    const HTTP: Meaning = Meaning::Port(Port(80));
    const UNIX: Family = Family(1);
    const ACTIONS: [SocketAction; 5] = [BindTcp, ConnectTcp, BindUdp, ConnectUdp, SendUdp];
    /// The families that a socket may have, each with the size of its addresses.
    const SOCKETS: &[(Family, usize)] = match HAS_INET6 {
        true => &[(Family::INET, 16), (Family::INET6, 24)],
        false => &[(Family::INET, 16)],
    };

    /// Returns an address with port 80, and a host that is 0 in IPv4, and is not in IPv6.
    fn address(family: Family) -> [u8; MEANINGFUL_SIZE] {
        let mut bytes = [0; MEANINGFUL_SIZE];
        bytes[..2].copy_from_slice(&family.0.to_ne_bytes());
        bytes[3] = 80;
        bytes[23] = 1;
        bytes
    }

    #[test]
    fn ports_have_keys_of_their_own() {
        assert_eq!(Port::new(0).key().get(), 1);
        assert_eq!(Port::new(u16::MAX).key().get(), 65536);
    }

    #[test]
    fn address_of_the_family_of_the_socket_is_its_port() {
        for action in ACTIONS {
            for (socket, size) in SOCKETS {
                let bytes = &address(*socket)[..*size];
                assert_eq!(meaning(action, *socket, bytes), HTTP);
            }
        }
    }

    #[test]
    fn short_address_is_invalid() {
        for action in ACTIONS {
            for (socket, size) in SOCKETS {
                for size in 0..*size {
                    let bytes = &address(*socket)[..size];
                    assert_eq!(meaning(action, *socket, bytes), Meaning::Invalid);
                }
            }
        }
    }

    #[test]
    fn address_of_the_other_family_is_invalid() {
        for action in ACTIONS {
            for (socket, _) in SOCKETS {
                for (family, _) in SOCKETS.iter().filter(|(family, _)| family != socket) {
                    let bytes = address(*family);
                    assert_eq!(meaning(action, *socket, &bytes), Meaning::Invalid);
                }
            }
        }
    }

    #[test]
    fn address_of_a_foreign_family_is_left_to_the_network_stack() {
        let unix = address(UNIX);

        for action in ACTIONS {
            for (socket, _) in SOCKETS {
                for size in 2..MEANINGFUL_SIZE {
                    let meaning = meaning(action, *socket, &unix[..size]);
                    assert_eq!(meaning, Meaning::Unrestricted);
                }
            }
        }
    }

    #[test]
    fn disconnecting_is_never_restricted() {
        let unspec = address(Family::UNSPEC);

        for action in [ConnectTcp, ConnectUdp] {
            for (socket, _) in SOCKETS {
                for size in 2..MEANINGFUL_SIZE {
                    let meaning = meaning(action, *socket, &unspec[..size]);
                    assert_eq!(meaning, Meaning::Unrestricted);
                }
            }
        }
    }

    #[test]
    fn ipv4_socket_is_bound_to_no_host() {
        for action in [BindTcp, BindUdp] {
            let bind = |bytes: &[u8]| meaning(action, Family::INET, bytes);
            let mut unspec = address(Family::UNSPEC);
            assert_eq!(bind(&unspec[..16]), HTTP);
            assert_eq!(bind(&unspec[..15]), Meaning::Invalid);

            unspec[7] = 1;
            assert_eq!(bind(&unspec[..16]), Meaning::WrongFamily);
            assert_eq!(bind(&unspec[..15]), Meaning::Invalid);
        }
    }

    #[test]
    fn ipv6_socket_is_not_bound_to_an_address_without_family() {
        let unspec = address(Family::UNSPEC);

        for action in [BindTcp, BindUdp] {
            let bind = |bytes: &[u8]| meaning(action, Family::INET6, bytes);
            assert_eq!(bind(&unspec[..24]), Meaning::WrongFamily);
            assert_eq!(bind(&unspec[..23]), Meaning::Invalid);
        }
    }

    #[test]
    fn ipv4_socket_sends_to_the_port_of_an_address_without_family() {
        let send = |bytes: &[u8]| meaning(SendUdp, Family::INET, bytes);
        let mut unspec = address(Family::UNSPEC);

        unspec[7] = 1;
        assert_eq!(send(&unspec[..16]), HTTP);
        assert_eq!(send(&unspec[..15]), Meaning::Invalid);
    }

    #[test]
    fn ipv6_socket_does_not_send_to_an_address_without_family() {
        let unspec = address(Family::UNSPEC);

        for size in 2..MEANINGFUL_SIZE {
            let meaning = meaning(SendUdp, Family::INET6, &unspec[..size]);
            assert_eq!(meaning, Meaning::Ambiguous);
        }
    }

    #[test]
    fn disconnecting_does_not_bind() {
        assert!(connecting_binds(&address(Family::INET)));
        assert!(connecting_binds(&address(UNIX)[..2]));
        assert!(!connecting_binds(&address(Family::UNSPEC)));
        assert!(!connecting_binds(&address(Family::INET)[..1]));
    }
}
