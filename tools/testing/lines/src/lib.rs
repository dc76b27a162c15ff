// SPDX-License-Identifier: GPL-2.0-only

//! Plugin of QEMU that counts the cache lines that several processors write in the same call.
//!
//! A program of the guest encloses each call in two instructions that do nothing, and asks for a
//! report with a third one: see [`Mark`]. A report is a line of JSON in the file that the argument
//! `out` of the plugin names. The program runs on several processors, each with files of its own:
//! a line that each of them writes in most of its calls moves between their caches with each call.
//!
//! Library: [TCG plugins](https://www.qemu.org/docs/master/devel/tcg-plugins.html).

mod count;

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use qemu_plugin_sys as qemu;

use count::{Processor, Report};

/// Greatest number of processors.
const PROCESSORS: usize = 8;

/// What is being measured.
struct Measurement {
    processors: [Mutex<Processor>; PROCESSORS],
    out: Mutex<File>,
}

static MEASUREMENT: OnceLock<Measurement> = OnceLock::new();

/// An instruction that exchanges a register of 16 bits with itself.
#[derive(Clone, Copy)]
enum Mark {
    /// `xchg cx, cx`: a call begins.
    Begin,
    /// `xchg dx, dx`: a call ended.
    End,
    /// `xchg si, si`: all processors are done.
    Report,
}

impl Mark {
    /// Returns the mark that an instruction is.
    fn of(bytes: [u8; 3]) -> Option<Self> {
        match bytes {
            [0x66, 0x87, 0xc9] => Some(Self::Begin),
            [0x66, 0x87, 0xd2] => Some(Self::End),
            [0x66, 0x87, 0xf6] => Some(Self::Report),
            _ => None,
        }
    }

    /// Returns what QEMU calls when a processor executes the mark.
    fn callback(self) -> unsafe extern "C" fn(c_uint, *mut c_void) {
        match self {
            Self::Begin => begin,
            Self::End => end,
            Self::Report => report,
        }
    }
}

/// Locks `mutex`; a thread that died leaves a count that is good enough to report the death.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives `change` what the processor with the index `vcpu` wrote.
fn with(vcpu: c_uint, change: impl FnOnce(&mut Processor)) {
    let processor = MEASUREMENT
        .get()
        .and_then(|all| all.processors.get(vcpu as usize));
    if let Some(processor) = processor {
        change(&mut lock(processor));
    }
}

unsafe extern "C" fn begin(vcpu: c_uint, _data: *mut c_void) {
    with(vcpu, Processor::begin);
}

unsafe extern "C" fn end(vcpu: c_uint, _data: *mut c_void) {
    with(vcpu, Processor::end);
}

unsafe extern "C" fn write(
    vcpu: c_uint,
    _info: qemu::qemu_plugin_meminfo_t,
    address: u64,
    _data: *mut c_void,
) {
    with(vcpu, |processor| processor.write(address));
}

unsafe extern "C" fn report(_vcpu: c_uint, _data: *mut c_void) {
    let Some(measurement) = MEASUREMENT.get() else {
        return;
    };
    let mut processors = measurement.processors.each_ref().map(lock);
    let mut taken: Vec<Processor> = processors
        .iter_mut()
        .map(|processor| std::mem::take(&mut **processor))
        .collect();
    let line = serde_json::to_string(&Report::take(&mut taken)).unwrap_or_default();
    // The host tool misses a line that could not be written.
    let _ = writeln!(lock(&measurement.out), "{line}");
}

/// Instruments a block of instructions when it is translated.
unsafe extern "C" fn translate(_id: qemu::qemu_plugin_id_t, block: *mut qemu::qemu_plugin_tb) {
    // SAFETY: QEMU gives a block that is valid for the time of this call, as are its instructions.
    // The callbacks live as long as this library, which QEMU never unloads.
    unsafe {
        for index in 0..qemu::qemu_plugin_tb_n_insns(block) {
            let instruction = qemu::qemu_plugin_tb_get_insn(block, index);
            let mut bytes = [0; 3];
            let size = qemu::qemu_plugin_insn_size(instruction);
            qemu::qemu_plugin_insn_data(instruction, bytes.as_mut_ptr().cast(), bytes.len());
            if let Some(mark) = Mark::of(bytes).filter(|_| size == bytes.len()) {
                qemu::qemu_plugin_register_vcpu_insn_exec_cb(
                    instruction,
                    Some(mark.callback()),
                    qemu::qemu_plugin_cb_flags::QEMU_PLUGIN_CB_NO_REGS,
                    std::ptr::null_mut(),
                );
            }
            qemu::qemu_plugin_register_vcpu_mem_cb(
                instruction,
                Some(write),
                qemu::qemu_plugin_cb_flags::QEMU_PLUGIN_CB_NO_REGS,
                qemu::qemu_plugin_mem_rw::QEMU_PLUGIN_MEM_W,
                std::ptr::null_mut(),
            );
        }
    }
}

/// The version of the interface that this plugin was written for.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = 3;

/// Opens the file that the argument `out` names, and has every block instrumented. Returns 0, or -1
/// if there is no such file.
///
/// # Safety
///
/// `argv` has `argc` strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: qemu::qemu_plugin_id_t,
    _info: *const qemu::qemu_info_t,
    argc: c_int,
    argv: *const *const c_char,
) -> c_int {
    let argument = |index: c_int| {
        // SAFETY: there are `argc` strings, says the caller.
        let text = unsafe { CStr::from_ptr(*argv.offset(index as isize)) };
        text.to_str().ok()?.strip_prefix("out=").map(str::to_owned)
    };
    let Some(out) = (0..argc)
        .find_map(argument)
        .and_then(|path| File::create(path).ok())
    else {
        return -1;
    };
    MEASUREMENT.get_or_init(|| Measurement {
        processors: Default::default(),
        out: Mutex::new(out),
    });
    // SAFETY: `id` is the one of this plugin, and the callback lives as long as this library.
    unsafe { qemu::qemu_plugin_register_vcpu_tb_trans_cb(id, Some(translate)) };
    0
}
