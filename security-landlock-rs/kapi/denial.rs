// SPDX-License-Identifier: GPL-2.0-only

//! Denied requests, as the logs take them.
//!
//! `shim/audit.c` and `shim/trace.c` have the formats.

use super::{
    address::SockAddr,
    file::{File, FileExt},
    path::{Dentry, Path},
    shim,
    sock::Sock,
    unix::LockedUnixSock,
};

use core::mem::{offset_of, ManuallyDrop};
use kernel::{
    bindings::{self, in6_addr, in6_addr__bindgen_ty_1, sockaddr_in, sockaddr_in6},
    ffi::c_char,
    prelude::*,
    task::Task,
};
use shim::{
    lsm_network_audit__bindgen_ty_1__bindgen_ty_1 as V4,
    lsm_network_audit__bindgen_ty_1__bindgen_ty_2 as V6, //
};

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
pub(crate) enum AuditData<'a> {
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
pub(crate) struct DenialRecord<'a> {
    /// What kind of request it was.
    pub(crate) kind: Kind,
    /// The rights that are missing, for kinds that have rights.
    pub(crate) missing: u32,
    /// What it was about.
    pub(crate) data: AuditData<'a>,
    /// The domain that denies.
    pub(crate) domain_id: u64,
    /// Whether the running program enforced that domain itself.
    pub(crate) is_same_exec: bool,
    /// Whether the domain wants a record.
    pub(crate) is_logged: bool,
    /// Whether the domain only would deny it, and is permissive.
    pub(crate) is_permissive: bool,
}

impl DenialRecord<'_> {
    /// Makes the trace event. Sleeps if the request is about a file, and only then.
    pub(crate) fn trace(&self) {
        if cfg!(CONFIG_TRACEPOINTS) {
            // SAFETY: The pointers in `raw` are references of `self`, and to what `with_raw()` keeps.
            self.with_raw(|raw| unsafe { shim::landlock_rs_trace_denial(raw) });
        }
    }

    /// Makes the audit record. Returns whether there is one now. May run in atomic context.
    pub(crate) fn audit(&self) -> bool {
        // SAFETY: As in `trace()`.
        cfg!(CONFIG_AUDIT) && self.with_raw(|raw| unsafe { shim::landlock_rs_audit_denial(raw) })
    }

    /// Gives the request to `write` as C takes it.
    fn with_raw<R>(self, write: impl FnOnce(&shim::landlock_rs_denial) -> R) -> R {
        let mut raw = shim::landlock_rs_denial::default();
        let mut details = Details::default();

        raw.type_ = self.kind.as_raw();
        raw.missing = self.missing;
        raw.domain_id = self.domain_id;
        raw.same_exec = self.is_same_exec;
        raw.logged = self.is_logged;
        raw.permissive = self.is_permissive;
        self.describe(&mut raw, &mut details);
        write(&raw)
    }

    /// Says what the request is about, as the helpers of audit take it, and what trace events say
    /// besides.
    fn describe(self, raw: &mut shim::landlock_rs_denial, details: &mut Details) {
        let audit = &mut raw.audit.u;
        let kind = match self.data {
            AuditData::Path(path, dentry) => {
                audit.path = ManuallyDrop::new(path.with_dentry(dentry));
                shim::LSM_AUDIT_DATA_PATH
            }
            AuditData::Dentry(dentry) => {
                audit.dentry = ManuallyDrop::new(dentry.as_ptr());
                shim::LSM_AUDIT_DATA_DENTRY
            }
            AuditData::File(file) => {
                audit.file = ManuallyDrop::new(file.as_ptr());
                shim::LSM_AUDIT_DATA_FILE
            }
            AuditData::Ioctl(file, command) => {
                details.ioctl.path = file.path().with_dentry(file.path().dentry());
                // CAST: That is how much of it the record has.
                details.ioctl.cmd = command as u16;
                audit.op = ManuallyDrop::new(&raw mut details.ioctl);
                shim::LSM_AUDIT_DATA_IOCTL_OP
            }
            AuditData::Address(sock, socket_family, address) => {
                let net = &mut details.net;

                net.sk = sock.as_ptr();
                raw.trace.net = ManuallyDrop::new(shim::landlock_rs_net_trace {
                    socket_family,
                    ..self.describe_named(address, net)
                });
                audit.net = ManuallyDrop::new(&raw mut details.net);
                shim::LSM_AUDIT_DATA_NET
            }
            AuditData::Peer(sock, domain_id) => {
                details.net.sk = sock.as_ptr();
                raw.other_domain_id = domain_id;
                audit.net = ManuallyDrop::new(&raw mut details.net);
                shim::LSM_AUDIT_DATA_NET
            }
            AuditData::Traced(task, tracer, domain_id) => {
                raw.other_domain_id = domain_id;
                raw.trace.tracer = ManuallyDrop::new(tracer.as_ptr());
                audit.tsk = ManuallyDrop::new(task.as_ptr());
                shim::LSM_AUDIT_DATA_TASK
            }
            AuditData::Signalled(task, signal, domain_id) => {
                raw.other_domain_id = domain_id;
                raw.trace.signal = ManuallyDrop::new(signal);
                audit.tsk = ManuallyDrop::new(task.as_ptr());
                shim::LSM_AUDIT_DATA_TASK
            }
        };

        // CAST: The constants are small, and meant for this member.
        raw.audit.type_ = kind as c_char;
    }

    /// Says which address the request is about, if any. Returns it for trace events.
    fn describe_named(
        self,
        address: Named<'_>,
        net: &mut shim::lsm_network_audit,
    ) -> shim::landlock_rs_net_trace {
        let mut traced = shim::landlock_rs_net_trace::default();

        match address {
            Named::Said(address) => {
                self.describe_address(address, net);
                traced.address = address.as_ptr();
                traced.address_len = address.raw_len();
            }
            // Port 0 and no address say that the kernel chooses.
            Named::Chosen(family) => net.family = family,
        }
        traced
    }

    /// Says which address that is: a bind has a source, everything else a destination.
    fn describe_address(self, address: &SockAddr<'_>, net: &mut shim::lsm_network_audit) {
        let bytes = address.copy::<{ size_of::<sockaddr_in6>() }>();
        let port = u16::from_ne_bytes(field(&bytes, offset_of!(sockaddr_in, sin_port)));
        let v4 = u32::from_ne_bytes(field(&bytes, offset_of!(sockaddr_in, sin_addr)));
        let v6 = in6_addr {
            in6_u: in6_addr__bindgen_ty_1 {
                u6_addr8: field(&bytes, offset_of!(sockaddr_in6, sin6_addr)),
            },
        };

        net.family = u16::from_ne_bytes(field(&bytes, offset_of!(sockaddr_in, sin_family)));
        match u32::from(net.family) {
            bindings::AF_INET => {
                let (saddr, daddr) = self.sides(v4);

                net.fam.v4 = ManuallyDrop::new(V4 { daddr, saddr });
            }
            bindings::AF_INET6 => {
                let (saddr, daddr) = self.sides(v6);

                net.fam.v6 = ManuallyDrop::new(V6 { daddr, saddr });
            }
            _ => return,
        }
        (net.sport, net.dport) = self.sides(port);
    }

    /// Returns `value` as that of the source or of the destination, whichever the request has.
    fn sides<T: Default>(self, value: T) -> (T, T) {
        const BIND: u32 = shim::LANDLOCK_ACCESS_NET_BIND_TCP | shim::LANDLOCK_ACCESS_NET_BIND_UDP;

        match self.missing & BIND {
            0 => (T::default(), value),
            _ => (value, T::default()),
        }
    }
}

/// What [`shim::landlock_rs_denial`] points to.
#[derive(Default)]
struct Details {
    net: shim::lsm_network_audit,
    ioctl: shim::lsm_ioctlop_audit,
}

static_assert!(
    size_of::<shim::common_audit_data>()
        == shim::landlock_rs_audit_size_LANDLOCK_RS_SIZE_DATA as usize
);
static_assert!(
    size_of::<shim::lsm_network_audit>()
        == shim::landlock_rs_audit_size_LANDLOCK_RS_SIZE_NETWORK as usize
);
static_assert!(
    size_of::<shim::lsm_ioctlop_audit>()
        == shim::landlock_rs_audit_size_LANDLOCK_RS_SIZE_IOCTL as usize
);

/// Reads a field at `offset` of an address in `bytes`, or zeros if the address is too short.
fn field<const SIZE: usize>(bytes: &[u8], offset: usize) -> [u8; SIZE] {
    let rest = bytes.get(offset..).unwrap_or_default();

    rest.first_chunk().copied().unwrap_or([0; SIZE])
}
