// SPDX-License-Identifier: GPL-2.0-only

//! What an address means, against a table with a line for each case.

use super::support::*;
use crate::policy::{
    access::AccessNetRight,
    address::{
        connecting_binds, meaning, Family, Meaning, Port, SocketAction, Transport, MEANINGFUL_SIZE,
    },
    rule::Key,
};

use proptest::{collection::vec, prelude::*};

const UNSPEC: u16 = 0;
const INET: u16 = 2;
const INET6: u16 = 10;

/// Families of addresses and of sockets that are worth a try: also those next to the known ones.
const FAMILIES: [u16; 9] = [UNSPEC, 1, INET, 3, 9, INET6, 11, 0x0200, u16::MAX];

const ACTIONS: [SocketAction; 5] = [
    SocketAction::BindTcp,
    SocketAction::ConnectTcp,
    SocketAction::BindUdp,
    SocketAction::ConnectUdp,
    SocketAction::SendUdp,
];

/// Makes an address: its family, a port, then the host; cut or filled up to `size` bytes.
fn address(family: u16, port: u16, host: u8, size: usize) -> Vec<u8> {
    let mut bytes = [family.to_ne_bytes(), port.to_be_bytes()].concat();

    bytes.resize(size.max(4), host);
    bytes.truncate(size);
    bytes
}

/// The reference. An IPv4 address has 16 bytes, an IPv6 address at least 24 (RFC 2133).
fn expected(action: SocketAction, socket: u16, address: &[u8]) -> Meaning {
    if address.len() < 2 {
        return Meaning::Invalid;
    }
    let family = u16::from_ne_bytes([address[0], address[1]]);
    let port = || {
        Meaning::Port(Port::new(
            u16::from(address[2]) << 8 | u16::from(address[3]),
        ))
    };
    let long = address.len() >= 24;
    let enough = address.len() >= 16;
    let any_host = enough && address[4..8] == [0, 0, 0, 0];

    match (action, family, socket) {
        // Connecting to no address ends a connection: dropping privileges is always allowed.
        (SocketAction::ConnectTcp | SocketAction::ConnectUdp, UNSPEC, _) => Meaning::Unrestricted,
        // sendto(2) of IPv4 takes no family for its own, whatever the host is; that of IPv6 takes it
        // for no address at all, but the socket may be one of IPv4 by then.
        (SocketAction::SendUdp, UNSPEC, INET6) => Meaning::Ambiguous,
        (SocketAction::SendUdp, UNSPEC, _) if !enough => Meaning::Invalid,
        (SocketAction::SendUdp, UNSPEC, _) => port(),
        // bind(2) of IPv4 takes no family for its own, if the address names no host.
        (SocketAction::BindTcp | SocketAction::BindUdp, UNSPEC, INET) => match enough {
            false => Meaning::Invalid,
            true if any_host => port(),
            true => Meaning::WrongFamily,
        },
        (SocketAction::BindTcp | SocketAction::BindUdp, UNSPEC, _) if !long => Meaning::Invalid,
        (SocketAction::BindTcp | SocketAction::BindUdp, UNSPEC, _) => Meaning::WrongFamily,
        (_, INET, INET) if enough => port(),
        (_, INET6, INET6) if long => port(),
        (_, INET | INET6, _) => Meaning::Invalid,
        _ => Meaning::Unrestricted,
    }
}

fn assert_expected(action: SocketAction, socket: u16, address: &[u8]) {
    let found = meaning(action, Family::new(socket), address);

    let expected = expected(action, socket, address);
    assert_eq!(found, expected, "{action:?} {socket} {address:x?}");
}

#[test]
fn families_have_the_numbers_of_the_user_space_api() {
    assert_eq!(Family::UNSPEC, Family::new(UNSPEC));
    assert_eq!(Family::INET, Family::new(INET));
    assert_eq!(Family::INET6, Family::new(INET6));
}

#[test]
fn each_family_and_length_has_its_meaning() {
    for action in ACTIONS {
        for socket in FAMILIES {
            for family in FAMILIES {
                for size in 0..=40 {
                    for host in [0, 1] {
                        assert_expected(action, socket, &address(family, 0x1234, host, size));
                    }
                }
            }
        }
    }
}

#[test]
fn every_port_is_read_in_network_order() {
    for number in 0..=u16::MAX {
        for (family, size) in [(INET, 16), (INET6, 24)] {
            let bytes = address(family, number, 0, size);
            let found = meaning(SocketAction::ConnectTcp, Family::new(family), &bytes);

            assert_eq!(found, Meaning::Port(Port::new(number)));
        }
    }
}

#[test]
fn any_byte_of_the_host_makes_it_a_host() {
    for place in 4..16 {
        let mut bytes = address(UNSPEC, 80, 0, 16);
        bytes[place] = 0x80;

        assert_expected(SocketAction::BindTcp, INET, &bytes);
        assert_expected(SocketAction::BindUdp, INET, &bytes);
    }
}

#[test]
fn ports_have_keys_of_their_own() {
    let keys: std::collections::BTreeSet<Key> = (0..=u16::MAX)
        .map(|number| Port::new(number).key())
        .collect();

    assert_eq!(keys.len(), 1 << 16);
    assert_eq!(Port::AUTOBIND, Port::new(0));
}

#[test]
fn rules_for_all_ports_are_found_by_their_keys() {
    let mut rules = Rules::new(1 << 16, 1);
    for number in 0..=u16::MAX {
        rules.extend(Port::new(number).key(), 0, some_right(usize::from(number)));
    }

    for number in (0..=u16::MAX).step_by(13) {
        let grants = rules.find(Port::new(number).key()).unwrap();
        assert_eq!(granted(grants, 0), some_right(usize::from(number)));
    }
}

#[test]
fn each_action_takes_its_right() {
    assert_eq!(
        SocketAction::bind(Transport::Tcp).right(),
        AccessNetRight::BindTcp
    );
    assert_eq!(
        SocketAction::connect(Transport::Tcp).right(),
        AccessNetRight::ConnectTcp
    );
    assert_eq!(
        SocketAction::bind(Transport::Udp).right(),
        AccessNetRight::BindUdp
    );
    for action in [SocketAction::connect(Transport::Udp), SocketAction::SendUdp] {
        assert_eq!(action.right(), AccessNetRight::ConnectSendUdp);
    }
}

#[test]
fn only_a_disconnection_does_not_bind() {
    for family in 0..=u16::MAX {
        let bytes = family.to_ne_bytes();

        assert_eq!(connecting_binds(&bytes), family != UNSPEC, "{family}");
        assert!(!connecting_binds(&bytes[..1]));
    }
}

proptest! {
    #[test]
    fn any_bytes_have_a_meaning(
        socket in prop_oneof![Just(INET), Just(INET6), any::<u16>()],
        family in prop_oneof![Just(INET), Just(INET6), Just(UNSPEC), any::<u16>()],
        mut bytes in vec(prop_oneof![Just(0), any::<u8>()], 0..40),
        action in prop::sample::select(&ACTIONS[..]),
    ) {
        for (to, from) in bytes.iter_mut().zip(family.to_ne_bytes()) {
            *to = from;
        }
        assert_expected(action, socket, &bytes);
    }

    #[test]
    fn bytes_beyond_the_meaningful_ones_mean_nothing(
        socket in prop_oneof![Just(INET), Just(INET6)],
        bytes in vec(any::<u8>(), MEANINGFUL_SIZE..64),
        family in prop_oneof![Just(INET), Just(INET6), Just(UNSPEC)],
    ) {
        let bytes = [&family.to_ne_bytes(), &bytes[2..]].concat();
        for action in ACTIONS {
            let socket = Family::new(socket);
            let whole = meaning(action, socket, &bytes);

            prop_assert_eq!(meaning(action, socket, &bytes[..MEANINGFUL_SIZE]), whole);
        }
    }
}
