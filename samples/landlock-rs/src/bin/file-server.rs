// SPDX-License-Identifier: GPL-2.0-only

//! A static file server that sandboxes itself once it has bound its port.
//!
//! From then on it can read the files that it serves, and nothing else: whoever takes it over with
//! a request has no other file, no other port, no program to run, and no process to signal. The
//! socket was there before, so that no rule is needed for its port.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use landlock::{
    Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope, ABI,
};

/// A kernel with less is not enough: without rights on ports, the sandbox would leak.
const OLDEST: ABI = ABI::V4;

/// What this program was tested with. A kernel in between restricts what it knows.
const NEWEST: ABI = ABI::V10;

/// The longest line of a request.
const LONGEST: u64 = 8192;

/// Serve the files of a directory at a port of this machine.
#[derive(Debug, Parser)]
struct Args {
    /// The directory.
    root: PathBuf,
    /// The TCP port.
    port: u16,
}

fn main() -> Result<()> {
    let Args { root, port } = Args::parse();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = listener.with_context(|| format!("cannot bind to port {port}"))?;
    enter_sandbox(&root).context("cannot enter the sandbox")?;
    for stream in listener.incoming() {
        let (stream, root) = (stream?, root.clone());
        thread::spawn(move || answer(stream, &root));
    }
    Ok(())
}

/// Gives up everything but to read what is in `root`.
///
/// Threads that start later inherit the sandbox. A program that has threads already also calls
/// `all_threads(true)`.
pub fn enter_sandbox(root: &Path) -> Result<()> {
    let files = PathBeneath::new(PathFd::new(root)?, AccessFs::ReadFile);
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))?
        .handle_access(AccessNet::from_all(OLDEST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rule(files)?
        .restrict_self()?;
    Ok(())
}

/// Answers the request of `stream`. A client that does not wait for the answer gets none.
fn answer(mut stream: TcpStream, root: &Path) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let _ = match open(&stream, root) {
        Ok(mut file) => write!(stream, "HTTP/1.0 200 OK\r\n\r\n")
            .and_then(|()| io::copy(&mut file, &mut stream).map(|_| ())),
        Err(error) => write!(stream, "HTTP/1.0 {}\r\n\r\n", status(&error)),
    };
}

/// Opens the file that a client requests.
///
/// Nothing here looks for `..` or symbolic links that lead out of `root`: the kernel does.
fn open(stream: &TcpStream, root: &Path) -> io::Result<File> {
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some("GET"), Some(path)) = (words.next(), words.next()) else {
        return Err(ErrorKind::InvalidInput.into());
    };
    let mut path = root.join(path.trim_start_matches('/'));
    if path.is_dir() {
        path.push("index.html");
    }
    File::open(path)
}

/// Returns what to tell a client of `error`.
fn status(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => "403 Forbidden",
        ErrorKind::NotFound => "404 Not Found",
        ErrorKind::InvalidInput | ErrorKind::InvalidData => "400 Bad Request",
        _ => "500 Internal Server Error",
    }
}
