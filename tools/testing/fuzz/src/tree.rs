// SPDX-License-Identifier: GPL-2.0-only

//! Makes the files of a program, and makes them again when they are gone.

use crate::program::{Kind, Node};
use crate::sys::{Arg, Call, call, text};

/// Where the files of a program are.
pub const ROOT: &str = "/w";

/// Where layers of overlays are, out of the way of programs.
pub const LAYERS: &str = "/layers";

/// Exit status of the programs in the tree.
pub const EXECUTED: i32 = 200;

/// A program of a few instructions: `exit(EXECUTED)`.
const CODE: [u8; 12] = [
    0xbf,
    EXECUTED as u8,
    0,
    0,
    0, // mov $EXECUTED, %edi
    0xb8,
    60,
    0,
    0,
    0, // mov $60, %eax
    0x0f,
    0x05, // syscall
];

/// Makes the files, in their order.
pub fn make(tree: &[Node]) {
    for node in tree {
        make_node(node);
        mount(node);
    }
}

/// Makes the files that are missing. File systems that are gone stay away.
pub fn restore(tree: &[Node]) {
    for node in tree {
        if std::fs::symlink_metadata(&node.path).is_err() {
            make_node(node);
        }
    }
}

/// Makes one file. When it cannot be made, the program goes on without it.
fn make_node(node: &Node) {
    let path = text(&node.path);
    let at = || [Arg::Int(libc::AT_FDCWD.into()), Arg::Text(&path)];
    let [dir, name] = at();
    let special = |kind: u32, minor: u32| {
        let device = libc::makedev(1, minor) as i64;
        let device = if minor == 0 { 0 } else { device };
        let [dir, name] = at();
        call(
            Call::Mknod,
            [dir, name, Arg::Int((kind | 0o666).into()), Arg::Int(device)],
        )
    };
    match &node.kind {
        Kind::Dir | Kind::Tmpfs | Kind::Bind(_) | Kind::Overlay(_) => {
            call(Call::Mkdir, [dir, name, Arg::Int(0o755)]);
        }
        Kind::File => drop(std::fs::write(&node.path, "content")),
        Kind::Program => make_program(&node.path, &elf()),
        Kind::Script(interpreter) => make_program(&node.path, &script(interpreter)),
        Kind::Fifo => drop(special(libc::S_IFIFO, 0)),
        Kind::Socket => drop(special(libc::S_IFSOCK, 0)),
        Kind::Device(minor) => drop(special(libc::S_IFCHR, *minor)),
        Kind::Symlink(target) => drop(std::os::unix::fs::symlink(target, &node.path)),
        Kind::HardLink(target) => drop(std::fs::hard_link(target, &node.path)),
    }
}

/// Returns a script for `interpreter`.
fn script(interpreter: &str) -> Vec<u8> {
    format!("#!{interpreter}\n").into_bytes()
}

/// Writes the program `content` to `path`.
fn make_program(path: &str, content: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::write(path, content).is_ok() {
        let _ = std::fs::set_permissions(path, PermissionsExt::from_mode(0o755));
    }
}

/// Returns an ELF file with [`CODE`] in it.
pub fn elf() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEAD: u64 = 64 + 56;
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    bytes.extend([0; 8]);
    for half in [2_u16, 62] {
        bytes.extend(half.to_le_bytes()); // an executable for x86-64
    }
    bytes.extend(1_u32.to_le_bytes());
    for word in [BASE + HEAD, 64, 0] {
        bytes.extend(word.to_le_bytes()); // entry, program headers, no sections
    }
    bytes.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 0, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    let size = HEAD + CODE.len() as u64;
    bytes.extend(1_u32.to_le_bytes()); // PT_LOAD
    bytes.extend(5_u32.to_le_bytes()); // read and execute
    for word in [0, BASE, BASE, size, size, 0x1000] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(CODE);
    bytes
}

/// Mounts what a node needs.
fn mount(node: &Node) {
    match &node.kind {
        Kind::Tmpfs => drop(mount_at("tmpfs", &node.path, Some("tmpfs"), 0, "")),
        Kind::Bind(from) => drop(mount_at(from, &node.path, None, libc::MS_BIND, "")),
        Kind::Overlay(lower) => {
            let name = node.path.replace('/', "_");
            let [upper, work] = ["upper", "work"].map(|part| format!("{LAYERS}/{name}-{part}"));
            let _ = std::fs::create_dir_all(&upper);
            let _ = std::fs::create_dir_all(&work);
            let data = format!("lowerdir={lower},upperdir={upper},workdir={work}");
            mount_at("overlay", &node.path, Some("overlay"), 0, &data);
        }
        _ => {}
    }
}

/// Calls `mount(2)`.
pub fn mount_at(source: &str, target: &str, kind: Option<&str>, flags: u64, data: &str) -> i32 {
    let texts = [source, target, kind.unwrap_or_default(), data].map(text);
    let [source, target, name, data] = &texts;
    let kind = kind.map_or(Arg::Int(0), |_| Arg::Text(name));
    let flags = Arg::Int(flags as i64);
    call(
        Call::Mount,
        [
            Arg::Text(source),
            Arg::Text(target),
            kind,
            flags,
            Arg::Text(data),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_in_the_tree_runs() {
        let dir = std::env::temp_dir().join(format!("landlock-fuzz-{}", std::process::id()));
        let path = dir.to_string_lossy().into_owned();
        make_program(&path, &elf());
        let status = std::process::Command::new(&path).status().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(status.code(), Some(EXECUTED));
    }
}
