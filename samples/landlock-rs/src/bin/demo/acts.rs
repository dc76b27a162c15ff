// SPDX-License-Identifier: GPL-2.0-only

//! Actions for which busybox will not do, as it works around the error, words it its own way, or
//! does not have them.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use anyhow::{anyhow, Context, Result};
use clap::Subcommand;
use landlock_samples::profile::Profile;
use landlock_samples::sandbox;
use rustix::mount::MountFlags;

/// An action.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// mount(2) of a new file system.
    Mount { dir: PathBuf },
    /// rename(2), where mv(1) would copy.
    Rename { from: PathBuf, to: PathBuf },
    /// Listen at a TCP port.
    BindTcp { port: u16 },
    /// Connect to a TCP port.
    ConnectTcp { port: u16 },
    /// Receive at a UDP port.
    BindUdp { port: u16 },
    /// Send to a UDP port.
    SendUdp { port: u16 },
    /// Connect to a UNIX socket by its path.
    ConnectUnix { path: PathBuf },
    /// Connect to an abstract UNIX socket.
    ConnectAbstract { name: String },
    /// Connect to an abstract UNIX socket that this process made.
    ConnectOwn { name: String },
    /// Read a file in one thread after another one made a sandbox for itself.
    ReadInSibling { file: PathBuf },
    /// Read a file in one thread after another one made a sandbox for both.
    ReadInSiblingTsync { file: PathBuf },
}

impl Act {
    /// Does it.
    pub fn run(&self) -> Result<()> {
        let local = |port: &u16| (Ipv4Addr::LOCALHOST, *port);
        match self {
            Self::Mount { dir } => mount(dir)?,
            Self::Rename { from, to } => fs::rename(from, to)?,
            Self::BindTcp { port } => drop(TcpListener::bind(local(port))?),
            Self::ConnectTcp { port } => drop(TcpStream::connect(local(port))?),
            Self::BindUdp { port } => drop(UdpSocket::bind(local(port))?),
            Self::SendUdp { port } => send(*port)?,
            Self::ConnectUnix { path } => drop(UnixStream::connect(path)?),
            Self::ConnectAbstract { name } => drop(UnixStream::connect_addr(&address(name)?)?),
            Self::ConnectOwn { name } => {
                let listener = UnixListener::bind_addr(&address(name)?)?;
                drop(UnixStream::connect_addr(&listener.local_addr()?)?);
            }
            Self::ReadInSibling { file } => read_in_sibling(file, false)?,
            Self::ReadInSiblingTsync { file } => read_in_sibling(file, true)?,
        }
        Ok(())
    }
}

/// Returns the address of an abstract UNIX socket.
pub fn address(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

fn mount(dir: &Path) -> io::Result<()> {
    let flags = MountFlags::empty();
    rustix::mount::mount("tmpfs", dir, "tmpfs", flags, None).map_err(io::Error::from)
}

fn send(port: u16) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.send_to(b"text", (Ipv4Addr::LOCALHOST, port))?;
    Ok(())
}

/// Reads `file` in a thread that was there before the sandbox, which denies everything.
fn read_in_sibling(file: &Path, tsync: bool) -> Result<()> {
    let (start, started) = mpsc::channel();
    let path = file.to_owned();
    let sibling = thread::spawn(move || {
        let _ = started.recv();
        fs::read(path)
    });
    let profile = Profile {
        tsync,
        ..Profile::default()
    };
    sandbox::enforce(&profile)?;
    start.send(()).context("the thread is gone")?;
    let read = sibling.join().map_err(|_| anyhow!("the thread panicked"))?;
    read?;
    Ok(())
}
