// SPDX-License-Identifier: GPL-2.0-only

//! Reads audit records: this program takes the place of the audit daemon.

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, netlink, socket_with};

const AUDIT_SET: u16 = 1001;
const AUDIT_ADD_RULE: u16 = 1011;
/// Records of Landlock.
const AUDIT_LANDLOCK: [u16; 2] = [1423, 1424];
/// Any type that user space may log: that of our barriers.
const AUDIT_BARRIER: u16 = 1112;

/// Text of the barrier behind all records that were logged before.
const END: &str = "landlock-fuzz";

/// Length of the head of a message.
const HEAD: usize = 16;

/// How long the kernel may take to deliver a record.
const LIMIT: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// The socket by which records come.
pub struct Audit(OwnedFd);

impl Audit {
    /// Makes the kernel send records here, and only those of Landlock.
    pub fn open() -> Result<Self> {
        let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, Some(netlink::AUDIT));
        let audit = Self(socket.context("no audit")?);
        rustix::net::sockopt::set_socket_recv_buffer_size_force(&audit.0, 64 << 20)
            .context("no room for audit records")?;
        audit.request(AUDIT_ADD_RULE, &exclude_others())?;
        // mask, enabled, failure, process, rate and backlog limit: all but "failure" are set
        let us = std::process::id();
        let mask = 1 | 4 | 8 | 16;
        let status = [mask, 1, 0, us, 0, 1 << 16, 0, 0, 0, 0, 0];
        let status: Vec<u8> = status
            .iter()
            .flat_map(|word: &u32| word.to_ne_bytes())
            .collect();
        audit.request(AUDIT_SET, &status)?;
        Ok(audit)
    }

    /// Puts a mark among the records.
    pub fn mark(&self, text: &str) {
        // Without it, what comes next belongs to what came before.
        let _ = self.barrier(text);
    }

    /// Returns the records that were logged before now, and the marks among them.
    pub fn take(&mut self) -> Result<Vec<String>> {
        self.barrier(END)?;
        let mut records = Vec::new();
        loop {
            let (kind, text) = self.receive()?;
            if kind == AUDIT_BARRIER {
                match marked(&text) {
                    END => return Ok(records),
                    mark => records.push(mark.to_owned()),
                }
            }
            if AUDIT_LANDLOCK.contains(&kind) {
                // "audit(time:serial): " goes before what is of interest.
                let (_, record) = text.split_once("): ").unwrap_or_default();
                records.push(record.to_owned());
            }
        }
    }

    /// Sends a message and waits for the answer.
    fn request(&self, kind: u16, body: &[u8]) -> Result<()> {
        const NLMSG_ERROR: u16 = 2;
        const NLM_F_ACK: u16 = 4;
        self.send_with(kind, NLM_F_ACK, body)?;
        loop {
            let (kind, bytes) = self.receive_bytes()?;
            if kind == NLMSG_ERROR {
                let error = bytes.get(..4).and_then(|bytes| bytes.try_into().ok());
                let error = error.map_or(-1, i32::from_ne_bytes);
                // The rule that excludes other records is still there when this runs again.
                let is_done = error == 0 || error == -libc::EEXIST;
                ensure!(is_done, "audit refused a request: error {error}");
                return Ok(());
            }
        }
    }

    /// Sends a text. The kernel replaces its last byte.
    fn barrier(&self, text: &str) -> Result<()> {
        self.send_with(AUDIT_BARRIER, 0, format!("{text}\0").as_bytes())
    }

    fn send_with(&self, kind: u16, flags: u16, body: &[u8]) -> Result<()> {
        const NLM_F_REQUEST: u16 = 1;
        let length = (HEAD + body.len()) as u32;
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend((flags | NLM_F_REQUEST).to_ne_bytes());
        message.extend([0; 8]);
        message.extend(body);
        rustix::io::write(&self.0, &message).context("cannot talk to audit")?;
        Ok(())
    }

    fn receive(&self) -> Result<(u16, String)> {
        let (kind, body) = self.receive_bytes()?;
        let text = String::from_utf8_lossy(&body);
        Ok((kind, text.trim_end_matches(['\0', '\n']).to_owned()))
    }

    fn receive_bytes(&self) -> Result<(u16, Vec<u8>)> {
        let socket = self.0.as_fd();
        let mut waiting = [PollFd::new(&socket, PollFlags::IN)];
        if poll(&mut waiting, Some(&LIMIT))? == 0 {
            bail!("audit does not answer");
        }
        let mut buffer = [0; 9000];
        let count = rustix::io::read(&self.0, &mut buffer).context("audit records were lost")?;
        ensure!(count >= HEAD, "a short audit record");
        let kind = u16::from_ne_bytes([buffer[4], buffer[5]]);
        Ok((kind, buffer[HEAD..count].to_vec()))
    }
}

/// Returns what a barrier says: `... msg='text exe=...'`.
fn marked(text: &str) -> &str {
    let (_, text) = text.split_once("msg='").unwrap_or_default();
    let (text, _) = text.split_once(" exe=").unwrap_or((text, ""));
    text.trim_end_matches('\'')
}

/// Returns the rule that excludes all records but ours and our barriers.
fn exclude_others() -> Vec<u8> {
    const AUDIT_FILTER_EXCLUDE: u32 = 5;
    const AUDIT_MSGTYPE: u32 = 12;
    const AUDIT_NOT_EQUAL: u32 = 0x3000_0000;
    let kinds = [AUDIT_LANDLOCK[0], AUDIT_LANDLOCK[1], AUDIT_BARRIER].map(u32::from);
    let mut words = vec![AUDIT_FILTER_EXCLUDE, 0, kinds.len() as u32];
    let mut list = |values: &[u32], room: usize| {
        words.extend(values);
        words.resize(words.len() + room - values.len(), 0);
    };
    list(&[], 64);
    list(&[AUDIT_MSGTYPE; 3], 64);
    list(&kinds, 64);
    list(&[AUDIT_NOT_EQUAL; 3], 64);
    list(&[], 1);
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barriers_say_something() {
        let text = "audit(1.2:3): pid=1 uid=0 subj=x msg='step 17 exe=\"/bin/fuzz\" res=success'";
        assert_eq!(marked(text), "step 17");
        assert_eq!(marked("msg='landlock-fuzz'"), END);
    }
}
