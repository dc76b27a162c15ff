// SPDX-License-Identifier: GPL-2.0-only

//! The samples that are tools: each does its work, and is broken into.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::symlink;
use std::process::Child;
use std::thread;
use std::time::Duration;

use anyhow::{ensure, Context, Result};

use crate::attack::{all, targets};
use crate::harness::{command, run, run_script, SECRET};
use crate::Test;

/// The tests.
pub const TESTS: &[Test] = &[
    ("cat-here.reads_below_the_directory", cat_here),
    ("tools.attacks_work_without_a_sandbox", attacks_work),
    ("file-server.serves", server_serves),
    ("file-server.paths_do_not_lead_out", server_paths),
    ("file-server.taken_over", server_taken_over),
    ("convert.converts", convert_converts),
    ("convert.taken_over", convert_taken_over),
    ("build-runner.builds", build_builds),
    ("build-runner.script_cannot_break_out", build_script),
    ("build-runner.taken_over", build_taken_over),
];

/// What README.md shows: a file below the current directory, and one that is not.
fn cat_here() -> Result<()> {
    env::set_current_dir("open")?;
    run("cat-here file @/open/file")?.gives("text\ntext\n")?;
    run("cat ../private/file")?.gives(SECRET)?;
    run("cat-here ../private/file")?.is_denied()?;
    symlink("../private/file", "link")?;
    run("cat-here link")?.is_denied()
}

/// The twin of all attacks.
fn attacks_work() -> Result<()> {
    let _targets = targets()?;
    run("samples_test attack none")?.gives(&all())
}

/// A file server, which is killed in the end.
struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    fn start(port: u16) -> Result<Self> {
        let server = Self(
            command(&format!("file-server @/open {port}"))?.spawn()?,
            port,
        );
        for _ in 0..500 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(anyhow::anyhow!("the server does not answer"))
    }

    /// Returns what the server answers.
    fn ask(&self, request: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.1))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Fails unless the server answers a request for `path` with `expected`.
    fn get(&self, path: &str, expected: &str) -> Result<()> {
        let answer = self.ask(&format!("GET {path} HTTP/1.0\r\n\r\n"))?;
        ensure!(answer == expected, "{path}: {answer:?}");
        Ok(())
    }
}

const TEXT: &str = "HTTP/1.0 200 OK\r\n\r\ntext\n";
const FORBIDDEN: &str = "HTTP/1.0 403 Forbidden\r\n\r\n";

fn server_serves() -> Result<()> {
    let server = Server::start(49320)?;
    server.get("/file", TEXT)?;
    server.get("/missing", "HTTP/1.0 404 Not Found\r\n\r\n")?;
    server.get("/", "HTTP/1.0 404 Not Found\r\n\r\n")?;
    fs::write("open/index.html", "text\n")?;
    server.get("/", TEXT)?;
    let answer = server.ask("PUT /file HTTP/1.0\r\n\r\n")?;
    ensure!(answer == "HTTP/1.0 400 Bad Request\r\n\r\n", "{answer}");
    let answer = server.ask(&format!("GET /{} HTTP/1.0\r\n\r\n", "x".repeat(9000)));
    ensure!(
        !answer.is_ok_and(|answer| answer.contains("200")),
        "too long"
    );
    server.get("/file", TEXT)
}

/// Dots and symbolic links lead to files within the root, and to no other.
fn server_paths() -> Result<()> {
    fs::create_dir("open/dir")?;
    symlink("../file", "open/dir/inside")?;
    symlink("../../private/file", "open/dir/outside")?;
    let server = Server::start(49321)?;
    server.get("/dir/../file", TEXT)?;
    server.get("/dir/inside", TEXT)?;
    server.get("/../open/file", TEXT)?;
    server.get("/../private/file", FORBIDDEN)?;
    server.get("/dir/outside", FORBIDDEN)?;
    server.get("/../../../proc/self/environ", FORBIDDEN)
}

fn server_taken_over() -> Result<()> {
    let _targets = targets()?;
    run("samples_test attack file-server")?.gives("read open\n")
}

fn convert_converts() -> Result<()> {
    fs::write("in.ppm", b"P6\n1 1\n255\nabc")?;
    run("convert in.ppm out.bmp")?.gives("")?;
    let bmp = fs::read("out.bmp")?;
    ensure!(bmp.ends_with(b"cba\0") && bmp.len() == 58, "{bmp:?}");
    fs::write("in.ppm", b"P6\n9 9\n255\nabc")?;
    run("convert in.ppm out.bmp")?.complains("the image is cut off")
}

fn convert_taken_over() -> Result<()> {
    let _targets = targets()?;
    run("samples_test attack convert")?.gives("")
}

/// A shell stands for the compiler.
fn build(script: &str) -> Result<crate::harness::Ended> {
    run_script(
        "build-runner --src open --out out --tools /bin -- sh",
        script,
    )
}

fn build_builds() -> Result<()> {
    build("cat open/file >out/object && mkdir out/dir && mv out/object out/dir/ && ls open")?
        .gives("file\n")?;
    let object = fs::read_to_string("out/dir/object").context("no output")?;
    ensure!(object == "text\n", "{object}");
    build("echo text >$TMPDIR/x && cat <$TMPDIR/x 2>/dev/null && rm $TMPDIR/x")?.gives("text\n")?;
    build("exit 3")?.ends(3)
}

fn build_script() -> Result<()> {
    fs::create_dir("out")?;
    symlink("../private/file", "out/link")?;
    for attack in [
        "cat private/file",
        "cat out/link",
        "echo x >>open/file",
        "rm open/file",
        "ls private",
        "cp /bin/busybox out/true && out/true",
        "mknod out/device c 1 3",
        "mv open/file out/",
        "kill -0 $PPID",
        "cat /proc/1/environ",
    ] {
        let denied = build(attack)?.is_denied();
        denied.with_context(|| format!("{attack}: not denied"))?;
    }
    ensure!(
        fs::read_to_string("open/file")? == "text\n",
        "source changed"
    );
    Ok(())
}

fn build_taken_over() -> Result<()> {
    let _targets = targets()?;
    let runner = "build-runner --src open --out out --tools /bin /samples --";
    run(&format!("{runner} /samples/samples_test attack none"))?
        .gives("read open\nlist open\nrun\n")
}
