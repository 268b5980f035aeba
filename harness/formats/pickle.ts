/**
 * @file Reads Python pickles without executing them.
 *
 * It builds plain values and the objects that its caller names.
 *
 * A pickle is a program for a stack machine; its danger is the instruction that calls a function by name. Here a name is looked up in a
 * table of the caller, and one that is not there ends the reading before anything is built from it.
 * Source: CPython `Lib/pickletools.py` (instructions), protocols 0 to 5.
 */
import { DataError, described } from '../core/errors.ts';

/** A Python function or class that a pickle may name. */
export class PickleGlobal {
  readonly name: string;
  /** Undefined: it may be named, as the types of storages are, and not called. */
  readonly call: ((args: readonly unknown[]) => unknown) | undefined;

  constructor(name: string, call?: (args: readonly unknown[]) => unknown) {
    this.name = name;
    this.call = call;
  }
}

/** Stands for an object that is data alone and that nobody needs: its items and its state are read and dropped. */
export class LeftOut {
  readonly kind = 'left-out';
}

export interface PickleHost {
  /** `<module>.<name>` -> what stands for it. Everything else is refused. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What a persistent id stands for: data outside the pickle. */
  readonly persistent?: (id: unknown) => unknown;
  /** What may be named, and what to do, for the error when a name is refused. */
  readonly allowed: string;
  readonly remedy: string;
}

export interface Unpickled {
  /** Numbers, strings, null, booleans, bytes as Uint8Array, lists and tuples as arrays, dictionaries as Map, and what the host made. */
  readonly value: unknown;
  /** The byte after the pickle. */
  readonly end: number;
}

/**
 * Reads one pickle.
 * @param path for messages
 * @param start byte at which it begins
 * @throws DataError naming a function or class that the host does not allow, an instruction that makes objects in other ways, or the byte
 *   at which the pickle is cut short or damaged
 */
export function unpickle(path: string, bytes: Uint8Array, host: PickleHost, start = 0): Unpickled {
  return new Machine(path, bytes, host, start).run();
}

class Machine {
  private readonly path: string;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly host: PickleHost;
  private at: number;
  private stack: unknown[] = [];
  private readonly marks: unknown[][] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(path: string, bytes: Uint8Array, host: PickleHost, start: number) {
    this.path = path;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.host = host;
    this.at = start;
  }

  run(): Unpickled {
    for (;;) {
      const instruction = String.fromCharCode(this.uint(1));
      if (instruction === '.') return { value: this.pop(), end: this.at };
      const perform = instructions[instruction];
      if (!perform) this.fail(`the instruction ${code(instruction)}`, 'instructions that build plain values');
      perform(this);
    }
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) this.fail('an empty stack', 'a value on it');
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) this.fail('an empty stack', 'a value on it');
    return this.stack.at(-1);
  }

  mark(): void {
    this.marks.push(this.stack);
    this.stack = [];
  }

  /** Everything since the last mark. */
  popToMark(): unknown[] {
    const items = this.stack;
    this.stack = this.marks.pop() ?? this.fail('no mark', 'a mark before the items');
    return items;
  }

  remember(key: number): void {
    this.memo.set(key, this.top());
  }

  memoSize(): number {
    return this.memo.size;
  }

  recall(key: number): void {
    if (!this.memo.has(key)) this.fail(`memo entry ${key}`, 'an entry that was written before');
    this.push(this.memo.get(key));
  }

  uint(width: 1 | 2 | 4 | 8): number {
    const at = this.skip(width);
    switch (width) {
      case 1:
        return this.bytes[at]!;
      case 2:
        return this.view.getUint16(at, true);
      case 4:
        return this.view.getUint32(at, true);
      case 8:
        return Number(this.view.getBigUint64(at, true));
    }
  }

  int32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  float64BigEndian(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  raw(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.raw(length));
  }

  /** Up to the next line feed. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) this.cutShort();
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  /** Two's complement, little endian, of any length. */
  long(length: number): number | bigint {
    const raw = this.raw(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]!);
    if (length > 0 && raw[length - 1]! & 0x80) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** The instruction that makes a pickle dangerous: only names of the host's table get further. */
  global(module: string, name: string): PickleGlobal {
    const full = `${module}.${name}`;
    const known = this.host.globals.get(full);
    if (known) return known;
    throw new DataError({
      where: this.path,
      got: described(`a pickle that names ${full}`),
      expected: this.host.allowed,
      remedy: `Nothing of it was run. ${this.host.remedy}`,
    });
  }

  /** A call by REDUCE, or the making of an object of a class by NEWOBJ: here both look a name up and build a plain value. */
  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickleGlobal) || !callee.call || !Array.isArray(args)) {
      this.fail(
        `a call of ${callee instanceof PickleGlobal ? callee.name : 'something that is no function'}`,
        'calls of the functions that build tensors',
      );
    }
    this.push(callee.call(args));
  }

  /** State of an object: a dictionary's attributes (`_metadata` of a state dict) are not needed, and what the host leaves out has none. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map || this.top() instanceof LeftOut)) this.fail('state of an object', 'plain values');
  }

  persistent(): void {
    if (!this.host.persistent) this.fail('a persistent id', 'values inside the pickle');
    this.push(this.host.persistent(this.pop()));
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (target instanceof LeftOut) return;
    if (!(target instanceof Map) || items.length % 2 === 1)
      this.fail('items of no dictionary', 'pairs for a dictionary');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (target instanceof LeftOut) return;
    if (!Array.isArray(target)) this.fail('items of no list', 'items for a list');
    for (const item of items) target.push(item);
  }

  string(value: unknown): string {
    return typeof value === 'string' ? value : this.fail('a name that is no string', 'a string');
  }

  fail(got: string, expected: string): never {
    throw new DataError({
      where: `${this.path}, byte ${this.at}`,
      got: described(got),
      expected,
      remedy: this.host.remedy,
    });
  }

  private skip(length: number): number {
    const at = this.at;
    if (!(length <= this.bytes.length - at)) this.cutShort();
    this.at = at + length;
    return at;
  }

  private cutShort(): never {
    throw new DataError({
      where: this.path,
      got: described(`a pickle that ends at byte ${this.bytes.length}`),
      expected: 'a whole pickle (the file is cut short)',
      remedy: 'Fetch the file again',
    });
  }
}

/** What each instruction does; those that make objects of arbitrary classes are missing on purpose. */
const instructions: Readonly<Record<string, (machine: Machine) => void>> = {
  '\x80': (m) => void m.uint(1),
  '\x95': (m) => void m.uint(8),
  '(': (m) => m.mark(),
  '0': (m) => void m.pop(),
  '1': (m) => void m.popToMark(),
  '2': (m) => m.push(m.top()),
  N: (m) => m.push(null),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  I: (m) => m.push(textualInteger(m.line())),
  L: (m) => m.push(Number(m.line().replace(/L$/, ''))),
  F: (m) => m.push(Number(m.line())),
  J: (m) => m.push(m.int32()),
  K: (m) => m.push(m.uint(1)),
  M: (m) => m.push(m.uint(2)),
  '\x8a': (m) => m.push(m.long(m.uint(1))),
  '\x8b': (m) => m.push(m.long(m.uint(4))),
  G: (m) => m.push(m.float64BigEndian()),
  S: (m) => m.push(m.line().replace(/^(['"])(.*)\1$/, '$2')),
  V: (m) => m.push(m.line()),
  T: (m) => m.push(m.text(m.uint(4))),
  U: (m) => m.push(m.text(m.uint(1))),
  X: (m) => m.push(m.text(m.uint(4))),
  '\x8c': (m) => m.push(m.text(m.uint(1))),
  '\x8d': (m) => m.push(m.text(m.uint(8))),
  B: (m) => m.push(m.raw(m.uint(4))),
  C: (m) => m.push(m.raw(m.uint(1))),
  '\x8e': (m) => m.push(m.raw(m.uint(8))),
  '}': (m) => m.push(new Map()),
  ']': (m) => m.push([]),
  ')': (m) => m.push([]),
  d: (m) => {
    const items = m.popToMark();
    m.push(new Map());
    m.setItems(items);
  },
  l: (m) => m.push(m.popToMark()),
  t: (m) => m.push(m.popToMark()),
  '\x85': (m) => m.push([m.pop()]),
  '\x86': (m) => m.push([m.pop(), m.pop()].reverse()),
  '\x87': (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  s: (m) => m.setItems([m.pop(), m.pop()].reverse()),
  u: (m) => m.setItems(m.popToMark()),
  '\x8f': (m) => m.push([]),
  '\x90': (m) => m.append(m.popToMark()),
  '\x91': (m) => m.push(m.popToMark()),
  '\x96': (m) => m.push(m.raw(m.uint(8))),
  a: (m) => m.append([m.pop()]),
  e: (m) => m.append(m.popToMark()),
  p: (m) => m.remember(Number(m.line())),
  q: (m) => m.remember(m.uint(1)),
  r: (m) => m.remember(m.uint(4)),
  '\x94': (m) => m.remember(m.memoSize()),
  g: (m) => m.recall(Number(m.line())),
  h: (m) => m.recall(m.uint(1)),
  j: (m) => m.recall(m.uint(4)),
  c: (m) => m.push(m.global(m.line(), m.line())),
  '\x93': (m) => {
    const [module, name] = [m.pop(), m.pop()].reverse();
    m.push(m.global(m.string(module), m.string(name)));
  },
  // Protocol 0 names a class and calls it in one instruction.
  i: (m) => {
    const callee = m.global(m.line(), m.line());
    const args = m.popToMark();
    m.push(callee);
    m.push(args);
    m.reduce();
  },
  R: (m) => m.reduce(),
  '\x81': (m) => m.reduce(),
  '\x92': (m) => {
    // Arguments by name are attributes, which are not needed.
    m.pop();
    m.reduce();
  },
  b: (m) => m.build(),
  Q: (m) => m.persistent(),
};

/** Protocol 0 writes booleans as the integers 00 and 01. */
function textualInteger(text: string): number | boolean {
  return text === '00' ? false : text === '01' ? true : Number(text);
}

function code(instruction: string): string {
  return `0x${instruction.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
