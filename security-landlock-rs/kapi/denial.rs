// SPDX-License-Identifier: GPL-2.0-only

//! Denied requests, as the logs take them.
//!
//! `shim/audit.c` and `shim/trace.c` have the formats.

use super::{
    address::SockAddr,
    file::File,
    path::{Dentry, Path},
    shim,
    sock::Sock,
    unix::LockedUnixSock,
};

use kernel::task::Task;

/// Kind of a request that was denied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Tracing another task.
    Ptrace,
    /// Changing what is mounted where.
    ChangeTopology,
    /// Using rights on a file hierarchy.
    Fs,
    /// Using rights on a port.
    Net,
    /// Reaching an abstract UNIX socket.
    AbstractUnixSocket,
    /// Sending a signal.
    Signal,
}

impl Kind {
    fn as_raw(self) -> shim::landlock_request_type {
        match self {
            Self::Ptrace => shim::landlock_request_type_LANDLOCK_REQUEST_PTRACE,
            Self::ChangeTopology => shim::landlock_request_type_LANDLOCK_REQUEST_FS_CHANGE_TOPOLOGY,
            Self::Fs => shim::landlock_request_type_LANDLOCK_REQUEST_FS_ACCESS,
            Self::Net => shim::landlock_request_type_LANDLOCK_REQUEST_NET_ACCESS,
            Self::AbstractUnixSocket => {
                shim::landlock_request_type_LANDLOCK_REQUEST_SCOPE_ABSTRACT_UNIX_SOCKET
            }
            Self::Signal => shim::landlock_request_type_LANDLOCK_REQUEST_SCOPE_SIGNAL,
        }
    }
}

/// What a denied request was about.
#[derive(Clone, Copy)]
pub(crate) enum Object<'a> {
    /// A directory entry, in the mount of a path.
    Path(&'a Path, &'a Dentry),
    /// A directory entry, whatever the mount.
    Dentry(&'a Dentry),
    /// An open file.
    File(&'a File),
    /// A command sent to an open file.
    Ioctl(&'a File, u32),
    /// An address to use a socket with, which had this family then.
    Address(&'a Sock, u16, Named<'a>),
    /// A UNIX socket, of a domain with this identifier (0 for none).
    Peer(&'a LockedUnixSock, u64),
    /// A task that another one was to trace, of a domain with this identifier.
    Traced(&'a Task, &'a Task, u64),
    /// A task that was to get a signal, of a domain with this identifier.
    Signalled(&'a Task, i32, u64),
}

/// An address, as far as user space named it.
#[derive(Clone, Copy)]
pub(crate) enum Named<'a> {
    /// It said this one.
    Said(&'a SockAddr<'a>),
    /// It said none: the kernel chooses a port, for a socket of this family.
    Chosen(u16),
}

/// A denied request.
#[derive(Clone, Copy)]
pub(crate) struct Denial<'a> {
    /// What kind of request it was.
    pub(crate) kind: Kind,
    /// The rights that are missing, for kinds that have rights.
    pub(crate) missing: u32,
    /// What it was about.
    pub(crate) object: Object<'a>,
    /// The domain that denies.
    pub(crate) domain_id: u64,
    /// Whether the running program enforced that domain itself.
    pub(crate) is_same_exec: bool,
    /// Whether the domain wants a record.
    pub(crate) is_logged: bool,
}

impl Denial<'_> {
    /// Makes the trace event. Sleeps if the object is a file, and only then.
    pub(crate) fn trace(&self) {
        if cfg!(CONFIG_TRACEPOINTS) {
            let raw = self.to_raw();

            // SAFETY: The pointers in `raw` are references of `self`.
            unsafe { shim::landlock_rs_trace_denial(&raw) };
        }
    }

    /// Makes the audit record. Returns whether there is one now. May run in atomic context.
    pub(crate) fn audit(&self) -> bool {
        let raw = self.to_raw();

        // SAFETY: As in `trace()`.
        cfg!(CONFIG_AUDIT) && unsafe { shim::landlock_rs_audit_denial(&raw) }
    }

    fn to_raw(self) -> shim::landlock_rs_denial {
        let mut raw: shim::landlock_rs_denial = pin_init::zeroed();

        raw.type_ = self.kind.as_raw();
        raw.missing = self.missing;
        raw.domain_id = self.domain_id;
        raw.same_exec = self.is_same_exec;
        raw.logged = self.is_logged;
        self.object.describe(&mut raw);
        raw
    }
}

impl Object<'_> {
    /// Sets the members of `raw` that say what a request is about.
    fn describe(self, raw: &mut shim::landlock_rs_denial) {
        raw.kind = match self {
            Self::Path(path, dentry) => {
                raw.path = path.with_dentry(dentry);
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_PATH
            }
            Self::Dentry(dentry) => {
                raw.dentry = dentry.as_ptr();
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_DENTRY
            }
            Self::File(file) => {
                raw.file = file.as_ptr();
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_FILE
            }
            Self::Ioctl(file, command) => {
                raw.file = file.as_ptr();
                raw.command = command;
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_IOCTL
            }
            Self::Address(sock, family, address) => {
                raw.sk = sock.as_ptr();
                raw.socket_family = family;
                match address {
                    Named::Said(address) => {
                        raw.address = address.as_ptr();
                        raw.address_len = address.raw_len();
                    }
                    Named::Chosen(family) => raw.chosen_family = family,
                }
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_ADDRESS
            }
            Self::Peer(sock, domain_id) => {
                raw.sk = sock.as_ptr();
                raw.other_domain_id = domain_id;
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_PEER
            }
            Self::Traced(task, tracer, domain_id) => {
                raw.task = task.as_ptr();
                raw.tracer = tracer.as_ptr();
                raw.other_domain_id = domain_id;
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_TASK
            }
            Self::Signalled(task, signal, domain_id) => {
                raw.task = task.as_ptr();
                raw.signal = signal;
                raw.other_domain_id = domain_id;
                shim::landlock_rs_object_kind_LANDLOCK_RS_OBJECT_TASK
            }
        };
    }
}
