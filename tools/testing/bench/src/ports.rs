// SPDX-License-Identifier: GPL-2.0-only

//! Rules on many ports: plain ones, and ones that were chosen to do harm.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;

use anyhow::{Context, Result};
use landlock_uapi::net;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustix::thread::set_no_new_privs;

use crate::enforce::in_thread;
use crate::landlock::{Handled, Ruleset};
use crate::row;
use crate::sample::{self, Summary};

/// How many samples are taken, and how many before do not count.
const SAMPLES: usize = 5;
const WARM_UP: usize = 1;

/// How many of the ports are connected to for one sample.
const CONNECTED: usize = 1000;

/// How ports are chosen, and the end of the names of their rows.
type Choice = (&'static str, fn(usize) -> Vec<u16>);
const CHOICES: [Choice; 2] = [("plain keys", plain), ("chosen keys", chosen)];

/// Returns the first ports.
pub fn plain(count: usize) -> Vec<u16> {
    (1..=u16::MAX).take(count).collect()
}

/// Returns ports that one multiplication with a number that everybody knows, instead of a random
/// one, would put into neighbouring slots of a table.
fn chosen(count: usize) -> Vec<u16> {
    let key = |port: u16| u64::from(port) + 1;
    let mut ports = plain(usize::MAX);
    ports.sort_by_key(|port| key(*port).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    ports.truncate(count);
    ports
}

/// Measures the enforcing of `rules` rules on ports, and connecting to these ports.
pub fn measure(rules: u64) -> Result<()> {
    set_no_new_privs(true).context("cannot give up new privileges")?;
    for (suffix, choose) in CHOICES {
        let ports = choose(rules as usize);
        let ruleset = ruleset(&ports)?;
        print("restrict_self", suffix, rules, || restrict_self(&ruleset))?;
        let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
        // Connecting would need a rule for port 0 otherwise.
        bind(&socket, &local(0))?;
        in_thread(|| {
            ruleset.restrict_self()?;
            print("udp connect", suffix, rules, || connect_to(&socket, &ports))
        })?;
    }
    Ok(())
}

/// Prints the row of what `sample` measures.
fn print(
    name: &str,
    suffix: &str,
    rules: u64,
    mut sample: impl FnMut() -> Result<f64>,
) -> Result<()> {
    let samples = (0..WARM_UP + SAMPLES).map(|_| sample());
    let mut samples = samples.collect::<Result<Vec<_>>>()?;
    let summary = Summary::of(samples.split_off(WARM_UP));
    row::print(&format!("{name} {suffix}"), &[("rules", rules)], summary)
}

/// Makes a ruleset that allows everything on `ports`.
pub fn ruleset(ports: &[u16]) -> Result<Ruleset> {
    let ruleset = Ruleset::create(&Handled::new(0, net::ALL, 0))?;
    for port in ports {
        ruleset.allow_port(*port, net::ALL)?;
    }
    Ok(ruleset)
}

/// Enforces `ruleset` on a thread that ends.
fn restrict_self(ruleset: &Ruleset) -> Result<f64> {
    sample::settle()?;
    in_thread(|| sample::once(|| Ok(ruleset.restrict_self()?)))
}

/// Returns the address with `port` of this machine.
fn local(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

/// Connects `socket` to some of `ports`, without sending anything. Returns the mean.
fn connect_to(socket: &OwnedFd, ports: &[u16]) -> Result<f64> {
    let some = ports.iter().step_by((ports.len() / CONNECTED).max(1));
    let addresses: Vec<_> = some.map(|port| local(*port)).collect();
    let all = sample::once(|| {
        let mut addresses = addresses.iter();
        Ok(addresses.try_for_each(|address| connect(socket, address))?)
    })?;
    Ok(all / addresses.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_differ_but_for_their_number() {
        for (_, choose) in CHOICES {
            let mut ports = choose(20_000);
            ports.sort_unstable();
            ports.dedup();
            assert_eq!(ports.len(), 20_000);
        }
        assert_ne!(plain(20_000), chosen(20_000));
    }
}
