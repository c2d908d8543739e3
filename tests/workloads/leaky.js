// Holds native memory by way of functions that have names: a buffer's bytes are outside of the JavaScript heap.
const kept = [];

function rememberBuffer(bytes) {
  kept.push(Buffer.allocUnsafeSlow(bytes));
}

function serveRequests(count) {
  for (let i = 0; i < count; i++) rememberBuffer(1000003);
}

console.log("ready");
process.stdin.once("data", () => {
  serveRequests(200);
  console.log("done");
  process.stdin.on("end", () => process.exit(0));
});
