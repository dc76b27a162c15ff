// SPDX-License-Identifier: GPL-2.0-only

//! Opening files.

use crate::{kapi::file::File, subject::CredState};

use kernel::prelude::*;

/// Checks that `file` may be opened in its mode, for the credentials it is opened with.
pub(crate) fn file_open(cred: &CredState, file: &File) -> Result {
    let Some(domain) = cred.domain() else {
        return Ok(());
    };
    let required = file.open_mode().required(file.file_type());

    super::check(domain, file.path(), required)
}
