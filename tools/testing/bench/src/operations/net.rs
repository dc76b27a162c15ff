// SPDX-License-Identifier: GPL-2.0-only

//! Ports, all of them of the loopback device.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::Result;
use rustix::net::sockopt::set_socket_linger;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, accept, bind, connect, listen, socket_with,
};

use super::datagram::Send;
use crate::sample::{self, Operation};

/// Ports that are bound, one per call of a block.
const FIRST: u16 = 7000;
const LAST: u16 = 7009;

/// Port that is connected to or sent to.
const SERVER: u16 = 7010;

/// Port of the sender.
const CLIENT: u16 = 7011;

/// Returns the ports that the sandbox must allow.
pub fn ports() -> impl Iterator<Item = u16> {
    FIRST..=CLIENT
}

/// Returns the address with `port` of this machine.
fn local(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

/// Makes an internet socket.
fn socket(kind: SocketType) -> Result<OwnedFd> {
    Ok(socket_with(
        AddressFamily::INET,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Binding sockets.
struct Bind {
    kind: SocketType,
    sockets: Vec<OwnedFd>,
}

impl Operation for Bind {
    fn before(&mut self) -> Result<()> {
        let sockets = (FIRST..=LAST).map(|_| socket(self.kind));
        self.sockets = sockets.collect::<Result<_>>()?;
        Ok(())
    }

    fn call(&mut self, index: usize) -> Result<()> {
        Ok(bind(&self.sockets[index], &local(FIRST + index as u16))?)
    }

    fn after(&mut self) -> Result<()> {
        self.sockets.clear();
        sample::settle()
    }
}

/// Prepares [`Bind`] with TCP.
pub fn tcp_bind() -> Result<Box<dyn Operation>> {
    let (kind, sockets) = (SocketType::STREAM, Vec::new());
    Ok(Box::new(Bind { kind, sockets }))
}

/// Prepares [`Bind`] with UDP.
pub fn udp_bind() -> Result<Box<dyn Operation>> {
    let (kind, sockets) = (SocketType::DGRAM, Vec::new());
    Ok(Box::new(Bind { kind, sockets }))
}

/// Connecting to a server.
struct Connect {
    server: OwnedFd,
    clients: Vec<OwnedFd>,
}

impl Operation for Connect {
    fn before(&mut self) -> Result<()> {
        let clients = (0..self.calls()).map(|_| socket(SocketType::STREAM));
        self.clients = clients.collect::<Result<_>>()?;
        Ok(())
    }

    fn call(&mut self, index: usize) -> Result<()> {
        Ok(connect(&self.clients[index], &local(SERVER))?)
    }

    fn after(&mut self) -> Result<()> {
        for _ in 0..self.calls() {
            // A reset leaves nothing behind that a timer would have to remove.
            set_socket_linger(accept(&self.server)?, Some(Duration::ZERO))?;
        }
        self.clients.clear();
        sample::settle()
    }
}

/// Prepares [`Connect`].
pub fn tcp_connect() -> Result<Box<dyn Operation>> {
    let server = socket(SocketType::STREAM)?;
    bind(&server, &local(SERVER))?;
    listen(&server, 16)?;
    Ok(Box::new(Connect {
        server,
        clients: Vec::new(),
    }))
}

/// Prepares [`Send`].
pub fn udp_send() -> Result<Box<dyn Operation>> {
    let (server, client) = (socket(SocketType::DGRAM)?, socket(SocketType::DGRAM)?);
    bind(&server, &local(SERVER))?;
    bind(&client, &local(CLIENT))?;
    Ok(Box::new(Send {
        address: local(SERVER),
        server,
        client,
    }))
}
