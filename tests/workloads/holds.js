// SPDX-License-Identifier: BSD-3-Clause
// Keeps a known number of buffers of a size that nobody else asks for, and drops as many of another. Run with --expose-gc.
const fs = require('fs');

const COUNT = 200;
const kept = [];

function keep() { kept.push(Buffer.allocUnsafeSlow(1000003)); }
function drop() { Buffer.allocUnsafeSlow(500009); }

function wait() { fs.readSync(0, Buffer.alloc(1)); }

// Memory is given back by a thread of its own, some time after the collection.
function collect(times) {
	global.gc();
	if (times) {
		setTimeout(collect, 100, times - 1);
		return;
	}
	console.log('hold 1000003', COUNT);
	console.log('hold 500009', 0);
	console.log('done');
	wait();
	process.exit(0);
}

console.log('ready');
wait();
for (let i = 0; i < COUNT; i++) {
	keep();
	drop();
}
collect(10);
