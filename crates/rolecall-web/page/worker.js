// The prover's thread. It gets a compiled module once, and then questions; each is answered with text.
"use strict";
let exports;

onmessage = ({ data }) => {
  if (data.module) {
    exports = new WebAssembly.Instance(data.module, {}).exports;
    postMessage({ ready: true });
    return;
  }
  const encoder = new TextEncoder();
  const head = encoder.encode(data.head + "\n");
  const body = typeof data.document === "string" ? encoder.encode(data.document) : data.document;
  const room = exports.rolecall_room(head.length + body.length) >>> 0;
  const memory = new Uint8Array(exports.memory.buffer, room, head.length + body.length);
  memory.set(head);
  memory.set(body, head.length);
  const length = exports.rolecall_answer() >>> 0;
  const answer = new Uint8Array(exports.memory.buffer, exports.rolecall_answered() >>> 0, length);
  postMessage({ number: data.number, answer: new TextDecoder().decode(answer) });
};
