// SPDX-License-Identifier: BSD-3-Clause
// Keeps a run-time compiler's code and the libraries below it at work.
const crypto = require('crypto');
const fs = require('fs');
const zlib = require('zlib');

const rounds = Number(process.argv[2]);
const kept = [];

function work(number) {
	kept.push(Buffer.alloc(5000 + number % 100));
	zlib.deflateSync(Buffer.from(`hello ${number}`.repeat(100)));
	crypto.createHash('sha256').update('x' + number).digest('hex');
	kept.push(new Map([[number, JSON.parse('{"a":[1,2,3]}')]]));
	if (kept.length > 500)
		kept.length = 0;
}

console.log('ready');
fs.readSync(0, Buffer.alloc(1));
for (let number = 0; number < rounds; number++)
	work(number);
console.log('done');
