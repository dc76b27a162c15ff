// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations on sockets.

use crate::execute::{SKIPPED, fd, keep, number, unless};
use crate::program::{Address, Op, Slot, V6};
use crate::sys::{self, Arg, Call, call};

/// Room for any address.
const ROOM: usize = 128;

/// When a socket acknowledges, in `<linux/sctp.h>`.
const SCTP_DELAYED_SACK: i32 = 16;

/// This machine itself.
const VMADDR_CID_LOCAL: u32 = 1;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::Socket {
            domain,
            kind,
            protocol,
            slot,
        } => {
            let arguments = [*domain, *kind, *protocol].map(|value| Arg::Int(value.into()));
            let result = keep(call(Call::Socket, arguments), *slot);
            if *protocol == libc::IPPROTO_SCTP {
                acknowledge_at_once(*slot);
            }
            result
        }
        Op::Bind { slot, address } => with_address(Call::Bind, *slot, address),
        Op::Connect { slot, address } => with_address(Call::Connect, *slot, address),
        Op::Listen { slot } => call(Call::Listen, [fd(*slot), Arg::Int(8)]),
        Op::Accept { slot, new } => keep(accept(*slot), *new),
        Op::Send {
            slot,
            address,
            flags,
        } => send(fd(*slot), address.as_ref(), *flags),
        Op::SendMany { slot, addresses } => send_each(*slot, addresses),
        Op::SendMessage {
            slot,
            address,
            flags,
        } => {
            let flags = flags | libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
            sys::send_message(number(*slot), encode_or_none(address), flags)
        }
        Op::ReceiveMessage { slot } => sys::receive_message(number(*slot), libc::MSG_DONTWAIT),
        Op::AddressForm { slot } => set(
            *slot,
            libc::IPPROTO_IPV6,
            libc::IPV6_ADDRFORM,
            libc::AF_INET,
        ),
        Op::Receive { slot } => receive(*slot),
        Op::ReuseAddress { slot } => set(*slot, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1),
        _ => SKIPPED,
    }
}

/// Accepts a connection, if there is one. What a ring has left to do for this task interrupts the
/// call on a socket of SCTP.
fn accept(slot: Slot) -> i32 {
    unless(libc::EINTR, || {
        let [address, length] = [0, 0].map(Arg::Int);
        let flags = Arg::Int(libc::SOCK_NONBLOCK.into());
        call(Call::Accept, [fd(slot), address, length, flags])
    })
}

/// Makes a call that takes an address.
fn with_address(entry: Call, slot: Slot, address: &Address) -> i32 {
    let (bytes, length) = encode(address);
    call(entry, [fd(slot), Arg::In(&bytes), Arg::Int(length)])
}

/// Receives what there is, without the sender's address.
fn receive(slot: Slot) -> i32 {
    let mut buffer = [0; 64];
    let (size, flags) = (Arg::Int(64), Arg::Int(libc::MSG_DONTWAIT.into()));
    let [from, length] = [0, 0].map(Arg::Int);
    let arguments = [fd(slot), Arg::Out(&mut buffer), size, flags, from, length];
    call(Call::Recv, arguments)
}

/// Lets a socket of SCTP acknowledge what it receives in the call that sends it, and not 200
/// milliseconds later: the acknowledgement signals the owner of the sender.
fn acknowledge_at_once(slot: Slot) {
    // The association, the delay, and after how many packets.
    let value = [0, 0, 1].map(i32::to_ne_bytes);
    set_bytes(
        slot,
        libc::IPPROTO_SCTP,
        SCTP_DELAYED_SACK,
        value.as_flattened(),
    );
}

/// Sets an option that is a number.
fn set(slot: Slot, level: i32, name: i32, value: i32) -> i32 {
    set_bytes(slot, level, name, &value.to_ne_bytes())
}

/// Sets an option.
fn set_bytes(slot: Slot, level: i32, name: i32, value: &[u8]) -> i32 {
    let [level, name] = [level, name].map(|value| Arg::Int(value.into()));
    let length = Arg::Int(value.len() as i64);
    let arguments = [fd(slot), level, name, Arg::In(value), length];
    call(Call::SetSockOpt, arguments)
}

/// Sends to each of `addresses` with one call.
fn send_each(slot: Slot, addresses: &[Option<Address>]) -> i32 {
    let addresses: Vec<_> = addresses.iter().map(encode_or_none).collect();
    let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    sys::send_many(number(slot), &addresses, flags)
}

/// Returns the bytes of an address that are passed; none if there is none.
fn encode_or_none(address: &Option<Address>) -> Vec<u8> {
    let (bytes, length) = address.as_ref().map_or(([0; ROOM], 0), encode);
    bytes[..length as usize].to_vec()
}

/// Sends four bytes through `socket`, to `address` if there is one.
fn send(socket: Arg, address: Option<&Address>, flags: i32) -> i32 {
    let flags = flags | libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    let (bytes, length) = address.map_or(([0; ROOM], 0), encode);
    let to = match length {
        0 => Arg::Int(0),
        _ => Arg::In(&bytes),
    };
    let (data, flags) = (Arg::In(b"data"), Arg::Int(flags.into()));
    call(
        Call::SendTo,
        [socket, data, Arg::Int(4), flags, to, Arg::Int(length)],
    )
}

/// Returns an address as the kernel reads it, and the length that is passed.
fn encode(address: &Address) -> ([u8; ROOM], i64) {
    let mut bytes = Vec::new();
    let mut head = |family: i32, port: u16| {
        bytes.extend((family as u16).to_ne_bytes());
        bytes.extend(port.to_be_bytes());
    };
    let length = match address {
        Address::V4(address, port, length) => {
            head(libc::AF_INET, *port);
            bytes.extend(address);
            Some(*length)
        }
        Address::Unspecified(port, length) => {
            head(libc::AF_UNSPEC, *port);
            Some(*length)
        }
        Address::V6(address, port, length) => {
            head(libc::AF_INET6, *port);
            bytes.extend([0; 4]);
            bytes.extend(v6(*address));
            Some(*length)
        }
        Address::Vsock(port) => {
            head(libc::AF_VSOCK, 0);
            bytes.extend([*port, VMADDR_CID_LOCAL].map(u32::to_ne_bytes).concat());
            bytes.extend([0; 4]);
            None
        }
        Address::Path(path) => {
            bytes.extend((libc::AF_UNIX as u16).to_ne_bytes());
            bytes.extend(path.as_bytes());
            bytes.push(0);
            None
        }
        Address::Auto => {
            bytes.extend((libc::AF_UNIX as u16).to_ne_bytes());
            None
        }
        Address::Abstract(name) => {
            bytes.extend((libc::AF_UNIX as u16).to_ne_bytes());
            bytes.push(0);
            bytes.extend(name.as_bytes());
            None
        }
    };
    let mut room = [0; ROOM];
    let used = bytes.len().min(ROOM);
    room[..used].copy_from_slice(&bytes[..used]);
    (room, length.map_or(used as i64, i64::from))
}

fn v6(address: V6) -> [u8; 16] {
    let mut bytes = [0; 16];
    match address {
        V6::Any => {}
        V6::Loopback => bytes[15] = 1,
        V6::Mapped => {
            bytes[10..12].fill(0xff);
            bytes[12..].copy_from_slice(&[127, 0, 0, 1]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_kernel() {
        let (bytes, length) = encode(&Address::V4([127, 0, 0, 1], 0x0102, 16));
        assert_eq!(bytes[..8], [2, 0, 1, 2, 127, 0, 0, 1]);
        assert_eq!(length, 16);
        let (bytes, length) = encode(&Address::Abstract("a1".to_owned()));
        assert_eq!((&bytes[..5], length), (&[1, 0, 0, b'a', b'1'][..], 5));
        let (bytes, _) = encode(&Address::V6(V6::Mapped, 1, 28));
        assert_eq!(bytes[18..24], [0xff, 0xff, 127, 0, 0, 1]);
    }
}
