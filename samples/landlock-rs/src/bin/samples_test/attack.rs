// SPDX-License-Identifier: GPL-2.0-only

//! Tries to break out of the sandbox of a sample, and prints what came of it.
//!
//! What an attacker does who took over a sample is what this does after the sample's own code has
//! made the sandbox. Without a sandbox, everything must work.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use anyhow::{bail, Context, Result};

#[allow(dead_code)]
#[path = "../convert.rs"]
mod convert;
#[allow(dead_code)]
#[path = "../file-server.rs"]
mod file_server;

/// The port of a server outside.
const PORT: u16 = 49310;

/// The abstract UNIX socket of a server outside.
const ABSTRACT: &str = "landlock-samples";

/// An attack: its name, and what it does.
type Attack = (&'static str, fn() -> io::Result<()>);

/// The attacks.
const ATTACKS: &[Attack] = &[
    ("read open", || fs::read("open/file").map(drop)),
    ("list open", || fs::read_dir("open").map(drop)),
    ("write open", || fs::write("open/new", "")),
    ("move open", || fs::rename("open/old", "open/renamed")),
    ("read private", || fs::read("private/file").map(drop)),
    ("write private", || fs::write("private/new", "")),
    ("remove private", || fs::remove_file("private/old")),
    ("read memory", || fs::read("/proc/self/environ").map(drop)),
    ("run", || Command::new("/bin/true").status().map(drop)),
    ("bind tcp", || TcpListener::bind(local(PORT + 1)).map(drop)),
    ("connect tcp", || TcpStream::connect(local(PORT)).map(drop)),
    ("bind udp", || UdpSocket::bind(local(PORT + 1)).map(drop)),
    ("unix socket", || {
        UnixStream::connect("private/socket").map(drop)
    }),
    ("abstract socket", || {
        UnixStream::connect_addr(&abstract_socket()?).map(drop)
    }),
    ("signal", signal_parent),
];

fn local(port: u16) -> (Ipv4Addr, u16) {
    (Ipv4Addr::LOCALHOST, port)
}

fn abstract_socket() -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(ABSTRACT)
}

/// Asks whether the parent could be signalled, which is as much denied as doing it.
fn signal_parent() -> io::Result<()> {
    let parent = rustix::process::getppid().ok_or(ErrorKind::NotFound)?;
    Ok(rustix::process::test_kill_process(parent)?)
}

/// What is attacked from inside, as long as this is there.
pub struct Targets {
    _port: TcpListener,
    _sockets: [UnixListener; 2],
}

/// Makes the targets in the directory of the test.
pub fn targets() -> Result<Targets> {
    fs::write("open/old", "")?;
    fs::write("private/old", "")?;
    Ok(Targets {
        _port: TcpListener::bind(local(PORT))?,
        _sockets: [
            UnixListener::bind("private/socket")?,
            UnixListener::bind_addr(&abstract_socket()?)?,
        ],
    })
}

/// Enters the sandbox of `sample`, and attacks. Prints the attacks that worked.
pub fn command(sample: &str) -> Result<()> {
    match sample {
        "none" => (),
        "convert" => convert::give_up_everything()?,
        "file-server" => file_server::enter_sandbox(Path::new("open"))?,
        other => bail!("no sample {other}"),
    }
    for (name, attack) in ATTACKS {
        match attack() {
            Ok(()) => println!("{name}"),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => (),
            Err(error) => return Err(error).context(*name),
        }
    }
    Ok(())
}

/// Returns what [`command`] prints if all works.
pub fn all() -> String {
    ATTACKS
        .iter()
        .map(|(name, _)| format!("{name}\n"))
        .collect()
}
