// SPDX-License-Identifier: GPL-2.0-only

//! UNIX sockets.

use std::fs;
use std::os::fd::OwnedFd;

use anyhow::Result;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept, bind, connect, listen,
    socket_with,
};

use super::datagram::Send;
use crate::sample::{self, Operation};

/// Path of the named socket.
const NAMED: &str = "/tmp/operations.sock";

/// Makes a socket.
fn socket(kind: SocketType) -> Result<OwnedFd> {
    Ok(socket_with(
        AddressFamily::UNIX,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Connecting to a server.
struct Connect {
    address: SocketAddrUnix,
    server: OwnedFd,
    clients: Vec<OwnedFd>,
}

impl Connect {
    /// Makes the server at `address`.
    fn prepare(address: SocketAddrUnix) -> Result<Box<dyn Operation>> {
        let server = socket(SocketType::STREAM)?;
        bind(&server, &address)?;
        listen(&server, 16)?;
        let clients = Vec::new();
        Ok(Box::new(Self {
            address,
            server,
            clients,
        }))
    }
}

impl Operation for Connect {
    fn before(&mut self) -> Result<()> {
        let clients = (0..self.calls()).map(|_| socket(SocketType::STREAM));
        self.clients = clients.collect::<Result<_>>()?;
        Ok(())
    }

    fn call(&mut self, index: usize) -> Result<()> {
        Ok(connect(&self.clients[index], &self.address)?)
    }

    fn after(&mut self) -> Result<()> {
        for _ in 0..self.calls() {
            accept(&self.server)?;
        }
        self.clients.clear();
        sample::settle()
    }
}

/// Prepares [`Connect`] with an abstract address.
pub fn connect_abstract() -> Result<Box<dyn Operation>> {
    Connect::prepare(SocketAddrUnix::new_abstract_name(b"connect")?)
}

/// Prepares [`Connect`] with a socket that has a path.
pub fn connect_named() -> Result<Box<dyn Operation>> {
    // One of an earlier measurement may still be there.
    let _ = fs::remove_file(NAMED);
    Connect::prepare(SocketAddrUnix::new(NAMED)?)
}

/// Prepares [`Send`] with an abstract address.
pub fn send_abstract() -> Result<Box<dyn Operation>> {
    let address = SocketAddrUnix::new_abstract_name(b"send")?;
    let (server, client) = (socket(SocketType::DGRAM)?, socket(SocketType::DGRAM)?);
    bind(&server, &address)?;
    Ok(Box::new(Send {
        address,
        server,
        client,
    }))
}
