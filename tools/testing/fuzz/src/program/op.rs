// SPDX-License-Identifier: GPL-2.0-only

//! The operations of programs.

use strum::{IntoStaticStr, VariantNames};

use crate::program::{Actor, Address, Place, Slot};

/// Memory that a system call of Landlock is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// An address where no program has memory.
    Nowhere(u64),
    /// These, with nothing behind them.
    Edge(Vec<u8>),
}

/// The targets of a signal that is for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// The group of the sender.
    OwnGroup,
    /// The group that an actor made.
    Group(Actor),
    /// Every process but the first one and the sender.
    Everybody,
}

/// How the owner of a file is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// By its number: `F_SETOWN`.
    Number,
    /// By the number of its group: `F_SETOWN`.
    GroupNumber,
    /// A thread: `F_SETOWN_EX`.
    Thread,
    /// A process: `F_SETOWN_EX`.
    Process,
    /// A group: `F_SETOWN_EX`.
    Group,
}

/// An operation. Each is at most a few system calls; its result is one number.
#[derive(Clone, Debug, IntoStaticStr, VariantNames)]
#[allow(missing_docs)]
pub enum Op {
    // Files
    Open {
        place: Place,
        flags: i32,
        slot: Slot,
    },
    Close {
        slot: Slot,
    },
    OpenHow {
        place: Place,
        flags: i32,
        resolve: u64,
        slot: Slot,
    },
    OpenHandle {
        place: Place,
        flags: i32,
        slot: Slot,
    },
    Exec {
        place: Place,
        flags: i32,
    },
    ExecSlot {
        slot: Slot,
        flags: i32,
    },
    ExecMemory {
        flags: i32,
    },
    Notify {
        slot: Slot,
    },
    Mkdir {
        place: Place,
    },
    Mknod {
        place: Place,
        mode: u32,
        device: u32,
    },
    Unlink {
        place: Place,
    },
    Rmdir {
        place: Place,
    },
    Symlink {
        place: Place,
    },
    Link {
        from: Place,
        to: Place,
        flags: i32,
    },
    LinkSlot {
        slot: Slot,
        to: Place,
    },
    Rename {
        from: Place,
        to: Place,
        flags: u32,
    },
    Truncate {
        path: String,
    },
    Ftruncate {
        slot: Slot,
    },
    Fallocate {
        slot: Slot,
    },
    Ioctl {
        slot: Slot,
        command: u32,
    },
    Readdir {
        slot: Slot,
    },
    Read {
        slot: Slot,
    },
    Write {
        slot: Slot,
    },
    Chdir {
        path: String,
    },
    Fchdir {
        slot: Slot,
    },
    Chroot {
        path: String,
    },
    Restore,
    Ring {
        slot: Slot,
    },
    RingCommand {
        slot: Slot,
    },
    // Mounts
    MountTmpfs {
        path: String,
    },
    MountBind {
        from: String,
        to: String,
    },
    MountMove {
        from: String,
        to: String,
    },
    Remount {
        path: String,
    },
    Reconfigure {
        path: String,
    },
    Umount {
        path: String,
    },
    OpenTree {
        path: String,
        flags: u32,
        slot: Slot,
    },
    MoveMount {
        slot: Slot,
        to: String,
    },
    MountNew {
        slot: Slot,
    },
    PivotRoot {
        path: String,
    },
    // Sockets
    Socket {
        domain: i32,
        kind: i32,
        protocol: i32,
        slot: Slot,
    },
    Bind {
        slot: Slot,
        address: Address,
    },
    Listen {
        slot: Slot,
    },
    Connect {
        slot: Slot,
        address: Address,
    },
    Accept {
        slot: Slot,
        new: Slot,
    },
    Send {
        slot: Slot,
        address: Option<Address>,
        flags: i32,
    },
    SendMany {
        slot: Slot,
        addresses: Vec<Option<Address>>,
    },
    SendMessage {
        slot: Slot,
        address: Option<Address>,
        flags: i32,
    },
    Receive {
        slot: Slot,
    },
    ReceiveMessage {
        slot: Slot,
    },
    AddressForm {
        slot: Slot,
    },
    ReuseAddress {
        slot: Slot,
    },
    // Other processes
    Kill {
        target: Actor,
        signal: i32,
    },
    Tgkill {
        target: Actor,
        signal: i32,
    },
    KillMany {
        many: Many,
        signal: i32,
    },
    NewGroup,
    Queue {
        target: Actor,
        signal: i32,
        thread: bool,
    },
    PidfdSignal {
        target: Actor,
        signal: i32,
        flags: u32,
    },
    PidfdGetfd {
        target: Actor,
        slot: Slot,
        new: Slot,
    },
    SetOwner {
        slot: Slot,
        owner: Owner,
        target: Actor,
        signal: i32,
    },
    Pending,
    Timer {
        target: Actor,
        signal: i32,
    },
    MqOpen {
        name: u8,
        flags: i32,
        slot: Slot,
    },
    MqUnlink {
        name: u8,
    },
    MqNotify {
        slot: Slot,
        signal: i32,
    },
    MqSend {
        slot: Slot,
    },
    MqReceive {
        slot: Slot,
    },
    PtraceAttach {
        target: Actor,
    },
    PtraceSeize {
        target: Actor,
    },
    Traceme {
        slot: Slot,
    },
    OpenProc {
        target: Actor,
        file: &'static str,
    },
    ReadProc {
        target: Actor,
        file: &'static str,
    },
    ReadProcLink {
        target: Actor,
        file: &'static str,
    },
    ReadMemory {
        target: Actor,
    },
    WriteMemory {
        target: Actor,
    },
    Compare {
        target: Actor,
        kind: i32,
    },
    RobustList {
        target: Actor,
    },
    SendSlot {
        target: Actor,
        slot: Slot,
    },
    ReceiveSlot {
        from: Actor,
        slot: Slot,
    },
    Fork {
        child: Actor,
    },
    Thread {
        child: Actor,
    },
    ExecSelf,
    DropCapabilities,
    EffectiveUser {
        user: i32,
    },
    Groups,
    JoinKeyring,
    KeyringToParent,
    // Landlock
    NoNewPrivs,
    CreateRuleset {
        attr: [u64; 6],
        size: usize,
        flags: u32,
        slot: Slot,
    },
    AddRulePath {
        ruleset: Slot,
        place: Place,
        access: u64,
        flags: u32,
    },
    AddRuleSlot {
        ruleset: Slot,
        target: Slot,
        access: u64,
        flags: u32,
    },
    AddRulePort {
        ruleset: Slot,
        port: u64,
        access: u64,
        flags: u32,
    },
    AddRuleType {
        ruleset: Slot,
        kind: u32,
    },
    RawRuleset {
        attr: Bytes,
        size: u64,
        flags: u32,
        slot: Slot,
    },
    RawRule {
        ruleset: Slot,
        kind: u64,
        attr: Bytes,
        flags: u32,
    },
    RawRestrict {
        ruleset: i64,
        flags: u64,
    },
    Restrict {
        ruleset: Option<Slot>,
        flags: u32,
    },
}
