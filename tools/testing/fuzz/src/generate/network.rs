// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations on sockets.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Address, Op, Slot, V6};

/// Ports that programs use.
const PORTS: [u16; 5] = [1000, 1001, 1002, 30000, 30001];

/// Number of the protocol MPTCP.
const MPTCP: i32 = 262;

/// What is behind a socket of the internet: domain, type, protocol.
const SOCKETS: [(usize, (i32, i32, i32)); 12] = [
    (8, (libc::AF_INET, libc::SOCK_STREAM, 0)),
    (5, (libc::AF_INET6, libc::SOCK_STREAM, 0)),
    (6, (libc::AF_INET, libc::SOCK_DGRAM, 0)),
    (5, (libc::AF_INET6, libc::SOCK_DGRAM, 0)),
    (1, (libc::AF_INET, libc::SOCK_STREAM, MPTCP)),
    (1, (libc::AF_INET6, libc::SOCK_STREAM, MPTCP)),
    (1, (libc::AF_INET, libc::SOCK_RAW, 1)),
    (1, (libc::AF_INET, libc::SOCK_DGRAM, 136)),
    (1, (libc::AF_INET6, libc::SOCK_RAW, 58)),
    (1, (libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_SCTP)),
    (
        1,
        (libc::AF_INET6, libc::SOCK_SEQPACKET, libc::IPPROTO_SCTP),
    ),
    (1, (libc::AF_PACKET, libc::SOCK_DGRAM, 0)),
];

fn is_internet(held: Held) -> bool {
    matches!(held, Held::Socket(libc::AF_INET | libc::AF_INET6, _))
}

fn is_unix(held: Held) -> bool {
    matches!(held, Held::Socket(libc::AF_UNIX, _))
}

impl Maker {
    /// Returns a port that others use as well.
    pub(super) fn port(&mut self) -> u16 {
        self.choice.one(&PORTS)
    }

    /// Adds operations on a socket of the internet.
    pub(super) fn network(&mut self, actor: Actor) {
        let old = self.find(actor, is_internet);
        let Some(slot) = old.filter(|_| self.choice.chance(70)) else {
            let (domain, kind, protocol) = self.choice.weighted(&SOCKETS);
            let slot = self.socket(actor, domain, kind, protocol);
            if self.choice.chance(50) {
                self.push(actor, Op::ReuseAddress { slot });
            }
            let address = self.address(domain);
            return match self.choice.below(3) {
                0 => self.push(actor, Op::Connect { slot, address }),
                1 => self.push(actor, Op::Bind { slot, address }),
                _ => self.serve(actor, slot, address),
            };
        };
        let held = self.actors[usize::from(actor)].slots[usize::from(slot.0)];
        let domain = match held {
            Held::Socket(domain, _) => domain,
            _ => libc::AF_INET,
        };
        let address = self.address(domain);
        self.use_socket(actor, slot, address);
    }

    /// Adds a listener, and a client that connects to it.
    fn serve(&mut self, actor: Actor, slot: Slot, address: Address) {
        self.listen(actor, slot, address.clone());
        let client = self.any_actor();
        let domain = match address {
            Address::V6(..) => libc::AF_INET6,
            Address::V4(..) => libc::AF_INET,
            _ => return,
        };
        let kind = libc::SOCK_STREAM;
        let other = self.socket(client, domain, kind, 0);
        self.push(
            client,
            Op::Connect {
                slot: other,
                address,
            },
        );
        let new = self.new_slot();
        self.push(actor, Op::Accept { slot, new });
        self.hold(actor, new, Held::Socket(domain, kind));
    }

    /// Adds what makes a socket a listener.
    fn listen(&mut self, actor: Actor, slot: Slot, address: Address) {
        self.push(actor, Op::Bind { slot, address });
        self.push(actor, Op::Listen { slot });
    }

    /// Adds the creation of a socket.
    fn socket(&mut self, actor: Actor, domain: i32, kind: i32, protocol: i32) -> Slot {
        let slot = self.new_slot();
        let kind = kind | libc::SOCK_NONBLOCK;
        self.push(
            actor,
            Op::Socket {
                domain,
                kind,
                protocol,
                slot,
            },
        );
        self.hold(actor, slot, Held::Socket(domain, kind));
        slot
    }

    /// Adds one operation on a socket.
    fn use_socket(&mut self, actor: Actor, slot: Slot, address: Address) {
        let op = match self.choice.below(27) {
            20 => Op::AddressForm { slot },
            21..23 => Op::SendMany {
                slot,
                addresses: vec![Some(address.clone()), None, Some(address)],
            },
            23..26 => Op::SendMessage {
                slot,
                address: self.choice.chance(75).then_some(address),
                flags: self.choice.weighted(&[(9, 0), (2, libc::MSG_FASTOPEN)]),
            },
            26 => Op::ReceiveMessage { slot },
            0..4 => Op::Bind { slot, address },
            4..9 => Op::Connect { slot, address },
            9..11 => Op::Listen { slot },
            11..16 => {
                let address = self.choice.chance(75).then_some(address);
                let flags = self.choice.weighted(&[(9, 0), (2, libc::MSG_FASTOPEN)]);
                Op::Send {
                    slot,
                    address,
                    flags,
                }
            }
            16 => Op::Receive { slot },
            17 => {
                let new = self.new_slot();
                self.push(actor, Op::Accept { slot, new });
                let held = self.actors[usize::from(actor)].slots[usize::from(slot.0)];
                return self.hold(actor, new, held);
            }
            18 => Op::Close { slot },
            _ => return self.pass_slot(actor, slot),
        };
        self.push(actor, op);
    }

    /// Returns an address for a socket of `domain`, most of the time.
    fn address(&mut self, domain: i32) -> Address {
        let port = if self.choice.chance(6) {
            0
        } else {
            self.port()
        };
        let is_v6 = (domain == libc::AF_INET6) != self.choice.chance(8);
        if self.choice.chance(6) {
            let length = self.choice.one(&[2, 8, 16, 28]);
            return Address::Unspecified(port, length);
        }
        if is_v6 {
            let address = self
                .choice
                .one(&[V6::Loopback, V6::Loopback, V6::Any, V6::Mapped]);
            let length = self
                .choice
                .weighted(&[(40, 28), (1, 24), (1, 23), (1, 2), (1, 30)]);
            return Address::V6(address, port, length);
        }
        let local = [127, 0, 0, 1];
        let address = self
            .choice
            .one(&[local, local, local, [0; 4], [127, 0, 0, 2]]);
        let length = self
            .choice
            .weighted(&[(40, 16), (1, 15), (1, 8), (1, 1), (1, 20)]);
        Address::V4(address, port, length)
    }

    /// Adds operations on a socket between virtual machines.
    fn vsock(&mut self, actor: Actor) {
        let slot = self.socket(actor, libc::AF_VSOCK, libc::SOCK_STREAM, 0);
        let address = Address::Vsock(self.port().into());
        let op = match self.choice.chance(50) {
            true => Op::Bind { slot, address },
            false => Op::Connect { slot, address },
        };
        self.push(actor, op);
    }

    /// Adds operations on a UNIX socket.
    pub(super) fn unix(&mut self, actor: Actor) {
        if self.choice.chance(3) {
            return self.vsock(actor);
        }
        let address = self.unix_address();
        let old = self.find(actor, is_unix);
        if let Some(slot) = old.filter(|_| self.choice.chance(55)) {
            return self.use_socket(actor, slot, address);
        }
        let kinds = [libc::SOCK_STREAM, libc::SOCK_DGRAM, libc::SOCK_SEQPACKET];
        let kind = self.choice.one(&kinds);
        let slot = self.socket(actor, libc::AF_UNIX, kind, 0);
        if self.choice.chance(30) {
            return self.push(actor, Op::Connect { slot, address });
        }
        self.listen(actor, slot, address.clone());
        let client = self.any_actor();
        let other = self.socket(client, libc::AF_UNIX, kind, 0);
        if self.choice.chance(50) {
            self.push(
                client,
                Op::Connect {
                    slot: other,
                    address,
                },
            );
        } else {
            let address = Some(address);
            self.push(
                client,
                Op::Send {
                    slot: other,
                    address,
                    flags: 0,
                },
            );
        }
    }

    fn unix_address(&mut self) -> Address {
        match self.choice.below(12) {
            0..4 => Address::Abstract(format!("a{}", self.choice.below(4))),
            4..9 => {
                let dir = self.names.dir(&mut self.choice);
                Address::Path(format!("{dir}/u{}", self.choice.below(2)))
            }
            9 => Address::Path(self.names.any(&mut self.choice)),
            10 => Address::Auto,
            _ => Address::Unspecified(0, self.choice.one(&[2, 8, 16])),
        }
    }
}
