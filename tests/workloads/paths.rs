// SPDX-License-Identifier: BSD-3-Clause
// Frames of Rust: closures, trait objects, iterators, a panic that is caught.
use std::hint::black_box;
use std::io::{Read, Write};

#[no_mangle]
#[inline(never)]
extern "C" fn allocate(size: usize) {
    std::mem::forget(black_box(Vec::<u8>::with_capacity(black_box(size))));
    black_box(());
}

#[no_mangle]
#[inline(never)]
fn through_closure(call: &dyn Fn(usize)) {
    call(21);
    black_box(());
}

#[no_mangle]
#[inline(never)]
fn through_iterator() {
    [22usize, 22].iter().for_each(|size| {
        allocate(*size);
        black_box(());
    });
    black_box(());
}

struct Cleanup;

impl Drop for Cleanup {
    #[inline(never)]
    fn drop(&mut self) {
        allocate(23);
        black_box(());
    }
}

#[no_mangle]
#[inline(never)]
fn unwinding() {
    let _guard = Cleanup;
    std::panic::resume_unwind(Box::new(1));
}

#[no_mangle]
#[inline(never)]
fn catching() {
    let _ = std::panic::catch_unwind(unwinding);
    black_box(());
}

#[no_mangle]
#[inline(never)]
fn work() {
    through_closure(&|size| {
        allocate(size);
        black_box(());
    });
    through_iterator();
    catching();
    black_box(());
}

fn say(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}

fn wait_for_line() {
    let mut byte = [0u8];
    while let Ok(1) = std::io::stdin().read(&mut byte) {
        if byte[0] == b'\n' {
            break;
        }
    }
}

fn main() {
    say("ready\n");
    wait_for_line();
    work();
    say("hold work;through_closure;allocate 21 1\n");
    say("hold work;through_iterator;allocate 44 2\n");
    say("hold work;catching;unwinding;allocate 23 1\n");
    say("done\n");
    wait_for_line();
}
