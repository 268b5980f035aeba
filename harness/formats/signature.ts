/** @file What a file really is, told from its first bytes: for errors that say what was found where something else was wanted. */

const signatures: readonly (readonly [test: (head: Uint8Array) => boolean, name: string])[] = [
  [(head) => head.length === 0, 'an empty file'],
  [(head) => begins(head, 0x50, 0x4b, 0x03, 0x04) || begins(head, 0x50, 0x4b, 0x05, 0x06), 'a ZIP archive'],
  [(head) => begins(head, 0x1f, 0x8b), 'a gzip stream'],
  [(head) => begins(head, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), 'a NumPy .npy array'],
  [(head) => begins(head, 0x89, 0x50, 0x4e, 0x47), 'a PNG image'],
  [(head) => begins(head, 0xff, 0xd8, 0xff), 'a JPEG image'],
  [(head) => begins(head, 0x80) && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5, 'a Python pickle'],
  [(head) => text(head, 257, 5) === 'ustar', 'a tar archive'],
  [(head) => /^\s*<(!doctype|html|\?xml)/i.test(text(head, 0, 64)), 'a web page'],
];

/** `a gzip stream`, `a web page`, ... or undefined; 512 bytes of the head are enough for every entry. */
export function signatureOf(head: Uint8Array): string | undefined {
  return signatures.find(([test]) => test(head))?.[1];
}

function begins(head: Uint8Array, ...bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => head[i] === byte);
}

function text(head: Uint8Array, start: number, length: number): string {
  return new TextDecoder('latin1').decode(head.subarray(start, start + length));
}
