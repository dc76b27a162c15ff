// SPDX-License-Identifier: GPL-2.0-only

//! Datagrams to a socket with an address, of any family.

use std::os::fd::OwnedFd;

use anyhow::Result;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{RecvFlags, SendFlags, recv, sendto};

use crate::sample::Operation;

/// Sending a datagram.
pub struct Send<A> {
    /// The address of the server.
    pub address: A,
    /// The socket that it is sent to.
    pub server: OwnedFd,
    /// The socket that it is sent from.
    pub client: OwnedFd,
}

impl<A: SocketAddrArg> Operation for Send<A> {
    fn call(&mut self, _index: usize) -> Result<()> {
        sendto(&self.client, b"x", SendFlags::empty(), &self.address)?;
        Ok(())
    }

    fn after(&mut self) -> Result<()> {
        for _ in 0..self.calls() {
            recv(&self.server, &mut [0; 1], RecvFlags::empty())?;
        }
        Ok(())
    }
}
