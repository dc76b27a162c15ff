// SPDX-License-Identifier: GPL-2.0-only

//! Messages: headers that refer to other memory.

use std::os::fd::RawFd;

use super::linked::{Linked, words};
use super::{Arg, Call, call};

/// What is sent.
const DATA: &[u8] = b"data";

/// Sends four bytes to each of `addresses` with one call; returns how many were sent, or the
/// negative error. An empty address is none.
pub fn send_many(socket: RawFd, addresses: &[Vec<u8>], flags: i32) -> i32 {
    with_headers(addresses, |headers| {
        let count = Arg::Int(addresses.len() as i64);
        let [socket, flags] = [socket, flags].map(|value| Arg::Int(value.into()));
        call(Call::SendMany, [socket, headers, count, flags])
    })
}

/// Sends four bytes to `address`; returns how many were sent, or the negative error. An empty
/// address is none.
pub fn send_message(socket: RawFd, address: Vec<u8>, flags: i32) -> i32 {
    with_headers(&[address], |header| {
        let [socket, flags] = [socket, flags].map(|value| Arg::Int(value.into()));
        call(Call::SendMessage, [socket, header, flags])
    })
}

/// Receives four bytes or less; returns how many, or the negative error.
pub fn receive_message(socket: RawFd, flags: i32) -> i32 {
    with_headers(&[Vec::new()], |header| {
        let [socket, flags] = [socket, flags].map(|value| Arg::Int(value.into()));
        call(Call::ReceiveMessage, [socket, header, flags])
    })
}

/// Makes a call with headers of messages: `struct mmsghdr`, which begins with `struct msghdr`.
fn with_headers(addresses: &[Vec<u8>], action: impl FnOnce(Arg<'_>) -> i32) -> i32 {
    let mut linked = match Linked::new() {
        Ok(linked) => linked,
        Err(error) => return error,
    };
    let data = linked.add(DATA);
    let part = linked.add(&words(&[linked.address(data), DATA.len() as i64]));
    let part = linked.address(part);
    let mut headers = Vec::new();
    for address in addresses {
        let name = match address.len() {
            0 => 0,
            _ => {
                let start = linked.add(address);
                linked.address(start)
            }
        };
        let length = address.len() as i64;
        // Name and its length, parts and their number, control data and its length, flags, result.
        headers.extend(words(&[name, length, part, 1, 0, 0, 0, 0]));
    }
    let headers = linked.add(&headers);
    action(Arg::Linked(&linked, headers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn messages_arrive() {
        let (here, there) = UnixDatagram::pair().unwrap();
        let (here, there) = (here.as_raw_fd(), there.as_raw_fd());
        assert_eq!(send_message(here, Vec::new(), 0), 4);
        assert_eq!(send_many(here, &[Vec::new(), Vec::new()], 0), 2);
        let receive = || receive_message(there, libc::MSG_DONTWAIT);
        assert_eq!([(); 3].map(|()| receive()), [4; 3]);
        assert_eq!(receive(), -libc::EAGAIN);
    }
}
