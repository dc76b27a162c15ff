// SPDX-License-Identifier: GPL-2.0-only

//! The types that lie in the blobs of the kernel, and numbers of C that the policy relies on.

use crate::{
    file_state::{FileState, Sender},
    kapi::{
        blob::{CredBlob, FileBlob},
        fowner::OwnerCell,
        release::Releases,
        shim,
    },
    object::InodeState,
    policy::ioctl,
    subject::CredState,
};

use core::ffi::c_void;
use kernel::prelude::*;

// SAFETY: This is the only implementation. The size is checked below, and the members where the
// type is.
unsafe impl CredBlob for CredState {}

// SAFETY: As above. `FileState::sender()` returns a member.
unsafe impl FileBlob for FileState {
    type Owner = Sender;

    fn owner(&self) -> &OwnerCell<Sender> {
        self.sender()
    }
}

static_assert!(size_of::<CredState>() <= shim::LANDLOCK_SLOT_CRED_SIZE as usize);
static_assert!(align_of::<CredState>() <= align_of::<*const c_void>());
static_assert!(size_of::<FileState>() <= shim::LANDLOCK_SLOT_FILE_SIZE as usize);
static_assert!(align_of::<FileState>() <= align_of::<*const c_void>());
static_assert!(size_of::<InodeState>() <= shim::LANDLOCK_SLOT_INODE_SIZE as usize);
static_assert!(align_of::<InodeState>() <= align_of::<*const c_void>());
static_assert!(size_of::<Releases>() <= shim::LANDLOCK_SLOT_SUPERBLOCK_SIZE as usize);

/// Checks that commands have the numbers on this architecture that the policy knows.
macro_rules! assert_commands {
    ($($command:ident => $of_c:ident),+ $(,)?) => {
        $(static_assert!(ioctl::$command == shim::$of_c);)+
    };
}

assert_commands!(
    FIOCLEX => landlock_rs_ioctl_LANDLOCK_RS_FIOCLEX,
    FIONCLEX => landlock_rs_ioctl_LANDLOCK_RS_FIONCLEX,
    FIONBIO => landlock_rs_ioctl_LANDLOCK_RS_FIONBIO,
    FIOASYNC => landlock_rs_ioctl_LANDLOCK_RS_FIOASYNC,
    FIOQSIZE => landlock_rs_ioctl_LANDLOCK_RS_FIOQSIZE,
    FIFREEZE => landlock_rs_ioctl_LANDLOCK_RS_FIFREEZE,
    FITHAW => landlock_rs_ioctl_LANDLOCK_RS_FITHAW,
    FS_IOC_FIEMAP => landlock_rs_ioctl_LANDLOCK_RS_FS_IOC_FIEMAP,
    FIGETBSZ => landlock_rs_ioctl_LANDLOCK_RS_FIGETBSZ,
    FICLONE => landlock_rs_ioctl_LANDLOCK_RS_FICLONE,
    FICLONERANGE => landlock_rs_ioctl_LANDLOCK_RS_FICLONERANGE,
    FIDEDUPERANGE => landlock_rs_ioctl_LANDLOCK_RS_FIDEDUPERANGE,
    FS_IOC_GETFSUUID => landlock_rs_ioctl_LANDLOCK_RS_FS_IOC_GETFSUUID,
    FS_IOC_GETFSSYSFSPATH => landlock_rs_ioctl_LANDLOCK_RS_FS_IOC_GETFSSYSFSPATH,
);
