// SPDX-License-Identifier: GPL-2.0-only

//! What an action saw.

use std::fmt;
use std::process::Output;

use serde::{Serialize, Serializer};

/// The errors that a sandbox gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Errno {
    /// A right is missing.
    Eacces,
    /// The action is denied whatever the rights.
    Eperm,
    /// The file cannot be moved there, but may be copied.
    Exdev,
}

impl Errno {
    const ALL: [Self; 3] = [Self::Eacces, Self::Eperm, Self::Exdev];

    /// The text of strerror(3), which programs print.
    fn message(self) -> &'static str {
        match self {
            Self::Eacces => "Permission denied",
            Self::Eperm => "Operation not permitted",
            Self::Exdev => "Invalid cross-device link",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Eacces => "EACCES",
            Self::Eperm => "EPERM",
            Self::Exdev => "EXDEV",
        }
    }
}

/// How an action ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Allowed,
    Denied(Errno),
    /// Denied, which the log has.
    Logged,
    /// Denied, which the log does not have.
    NotLogged,
    /// For another reason than a denial: never expected.
    Failed,
}

impl Outcome {
    /// Reads the exit status of a program and, if it failed, what it complained about.
    pub fn of(output: &Output) -> Self {
        if output.status.success() {
            return Self::Allowed;
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Errno::ALL
            .into_iter()
            .find(|errno| complaint.contains(errno.message()))
            .map_or(Self::Failed, Self::Denied)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Allowed => "allowed".to_owned(),
            Self::Denied(errno) => format!("denied {}", errno.name()),
            Self::Logged => "logged".to_owned(),
            Self::NotLogged => "not logged".to_owned(),
            Self::Failed => "failed".to_owned(),
        };
        f.pad(&text)
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn output(status: i32, stderr: &str) -> Output {
        Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
        }
    }

    #[test]
    fn success_is_allowed() {
        assert_eq!(Outcome::of(&output(0, "")), Outcome::Allowed);
        assert_eq!(
            Outcome::of(&output(0, "Permission denied")),
            Outcome::Allowed
        );
    }

    #[test]
    fn complaint_tells_the_error() {
        let eacces = output(1, "cat: can't open '/x': Permission denied\n");
        assert_eq!(Outcome::of(&eacces), Outcome::Denied(Errno::Eacces));
        let exdev = output(1, "demo: act: Invalid cross-device link (os error 18)\n");
        assert_eq!(Outcome::of(&exdev), Outcome::Denied(Errno::Exdev));
        let eperm = output(1, "mount: mounting: Operation not permitted\n");
        assert_eq!(Outcome::of(&eperm), Outcome::Denied(Errno::Eperm));
    }

    #[test]
    fn other_failures_are_no_denials() {
        let missing = output(1, "cat: can't open '/x': No such file or directory\n");
        assert_eq!(Outcome::of(&missing), Outcome::Failed);
        assert_eq!(Outcome::of(&output(127, "")), Outcome::Failed);
    }
}
