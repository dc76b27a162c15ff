// SPDX-License-Identifier: GPL-2.0-only

//! What Landlock looks at, besides opening a file: each is allowed by every layer.

use anyhow::{Context, Result};

use crate::row;
use crate::sample::{self, Operation};
use crate::sandbox;

mod datagram;
mod files;
mod net;
mod process;
mod unix;

/// Makes an operation ready within the sandbox.
type Prepare = fn() -> Result<Box<dyn Operation>>;

/// All operations by name.
const OPERATIONS: [(&str, Prepare); 20] = [
    ("create", files::create),
    ("mkdir", files::mkdir),
    ("unlink", files::unlink),
    ("rename within", files::rename_within),
    ("rename between", files::rename_between),
    ("link between", files::link_between),
    ("truncate", files::truncate),
    ("ftruncate", files::ftruncate),
    ("ioctl", files::ioctl),
    ("tcp bind", net::tcp_bind),
    ("tcp connect", net::tcp_connect),
    ("udp bind", net::udp_bind),
    ("udp sendto", net::udp_send),
    ("unix connect", unix::connect_abstract),
    ("unix connect named", unix::connect_named),
    ("unix sendto", unix::send_abstract),
    ("kill", process::kill),
    ("ptrace", process::ptrace),
    ("setuid", process::set_uid),
    ("exec", process::exec),
];

/// Measures all operations with `layers` layers.
pub fn measure(layers: u64) -> Result<()> {
    let ruleset = sandbox::permissive(net::ports())?;
    sandbox::enforce(&ruleset, layers)?;
    for (name, prepare) in OPERATIONS {
        let measure = || sample::blocks(prepare()?.as_mut());
        let summary = measure().with_context(|| format!("cannot measure {name}"))?;
        row::print(name, &[("layers", layers)], summary)?;
    }
    Ok(())
}
