// SPDX-License-Identifier: BSD-3-Clause
// What collections of Rust hold: by alloc, alloc_zeroed and realloc, in layouts of large alignment too, on several threads.
use std::hint::black_box;
use std::io::{Read, Write};
use std::mem::forget;

#[repr(align(64))]
struct Line([u8; 192]);

#[no_mangle]
#[inline(never)]
fn plain(keeps: bool) {
    done(keeps, Vec::<u8>::with_capacity(black_box(101)));
}

#[no_mangle]
#[inline(never)]
fn zeroed(keeps: bool) {
    done(keeps, vec![0u8; black_box(103)]);
}

#[no_mangle]
#[inline(never)]
fn grown(keeps: bool) {
    let mut bytes = Vec::<u8>::with_capacity(black_box(10));
    bytes.reserve_exact(black_box(107));
    done(keeps, bytes);
}

#[no_mangle]
#[inline(never)]
fn shrunk(keeps: bool) {
    let mut bytes = Vec::<u8>::with_capacity(black_box(1000));
    bytes.push(1);
    bytes.shrink_to(109);
    done(keeps, bytes);
}

#[no_mangle]
#[inline(never)]
fn aligned(keeps: bool) {
    done(keeps, Box::new(Line([black_box(1); 192])));
}

#[no_mangle]
#[inline(never)]
fn aligned_and_grown(keeps: bool) {
    let mut lines = Vec::<Line>::with_capacity(black_box(1));
    lines.reserve_exact(black_box(3));
    done(keeps, lines);
}

#[inline(never)]
fn done<T>(keeps: bool, value: T) {
    let value = black_box(value);
    if keeps {
        forget(value);
    }
}

#[no_mangle]
#[inline(never)]
fn work() {
    for round in 0..20 {
        let keeps = round % 2 == 0;
        plain(keeps);
        zeroed(keeps);
        grown(keeps);
        shrunk(keeps);
        aligned(keeps);
        aligned_and_grown(keeps);
    }
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
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(work)).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    say("hold work;plain 4040 40\n");
    say("hold work;zeroed 4120 40\n");
    say("hold work;grown 4280 40\n");
    say("hold work;shrunk 4360 40\n");
    say("hold work;aligned 7680 40\n");
    say("hold work;aligned_and_grown 23040 40\n");
    say("done\n");
    wait_for_line();
}
