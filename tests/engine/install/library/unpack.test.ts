/** @file Unpacking of wheels that are verified meanwhile: order, what is written before, and what a failure leaves. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../harness/core/clock.ts';
import { unpackWheels, type WheelPlace } from '../../../../harness/engine/install/library/unpack.ts';
import { recordedHashes } from '../../../../harness/engine/install/library/wheel-record.ts';
import { wheelSet } from '../../../../harness/engine/install/library/wheel-set.ts';
import { sha256 } from '../../../../harness/core/hash.ts';
import { silence } from '../../../../harness/system/progress.ts';
import { testWheel } from './wheel-index.ts';

const set = { ...wheelSet('cpu'), title: 'test', wanted: /\w+\/.+/, programs: /(?!)/, links: {} };
const small = testWheel('smalllib', { 'smalllib/a.bin': 'a', 'smalllib/b.bin': Buffer.alloc(2_000_000, 'b') });
const large = testWheel('largelib', {
  'largelib/c.bin': Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251)),
});

let folder: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-'));
  target = join(folder, 'unpacked');
});

function wheels(verify: Partial<Record<'small' | 'large', WheelPlace['verify']>> = {}): WheelPlace[] {
  return (['small', 'large'] as const).map((name) => {
    const { file, bytes } = { small, large }[name];
    const path = join(folder, file);
    writeFileSync(path, bytes);
    const own = verify[name];
    return { path, start: 0, bytes: bytes.length, ...(own && { verify: own }) };
  });
}

function unpack(places: readonly WheelPlace[], controller = new AbortController()) {
  return unpackWheels(set, places, target, { output: silence, clock: systemClock, signal: controller.signal });
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((wake) => setTimeout(wake, 5));
};

it('lists files in the order of wheels and members, whatever was unpacked first', async () => {
  const files = await unpack(wheels());
  const own = files.map(({ path }) => path).filter((path) => path.endsWith('.bin'));
  expect(own).toEqual(['smalllib/a.bin', 'smalllib/b.bin', 'largelib/c.bin']);
});

it('unpacks the largest wheel, verified first, while the next one is being verified, and the next one not before that', async () => {
  const order: string[] = [];
  await unpack(
    wheels({
      large: () => Promise.resolve(void order.push('large')),
      small: async () => {
        order.push('small');
        await until(() => existsSync(join(target, 'largelib/c.bin')));
        expect(existsSync(join(target, 'smalllib'))).toBe(false);
      },
    }),
  );
  expect(order).toEqual(['large', 'small']);
  expect(existsSync(join(target, 'smalllib/b.bin'))).toBe(true);
});

it('fails as the wheel does whose hash is another one, and never unpacks it', async () => {
  const forged = wheels({ small: () => Promise.reject(new Error('another hash')) });
  await expect(unpack(forged)).rejects.toThrow('another hash');
  expect(existsSync(join(target, 'smalllib'))).toBe(false);
});

it('stops verifying when a wheel cannot be unpacked', async () => {
  const places = wheels({
    small: async (signal) => {
      await until(() => signal.aborted);
      signal.throwIfAborted();
    },
  });
  writeFileSync(places[1]!.path, Buffer.alloc(places[1]!.bytes!));
  await expect(unpack(places)).rejects.toThrow(/expected a whole ZIP archive/);
});

it('is stopped while a wheel is verified', async () => {
  const stopping = new AbortController();
  const places = wheels({
    large: () => {
      stopping.abort(new Error('stopped by SIGINT'));
      return Promise.resolve();
    },
  });
  await expect(unpack(places, stopping)).rejects.toThrow('stopped by SIGINT');
  expect(existsSync(join(target, 'smalllib'))).toBe(false);
});

it('takes the hash of a file from the wheel, and hashes what the wheel does not name', async () => {
  const odd = { 'oddlib/a,b.bin': 'a comma', 'oddlib/c.bin': Buffer.alloc(2_000_000, 'c'), 'oddlib/d.bin': 'no hash' };
  const { file, bytes } = testWheel('oddlib', odd, ['oddlib/d.bin']);
  const path = join(folder, file);
  writeFileSync(path, bytes);
  const context = { output: silence, clock: systemClock, signal: new AbortController().signal };
  let known: ReadonlyMap<string, string> = new Map();
  const files = await unpackWheels(set, [{ path }], target, context, {
    knownHashes: (archive) => (known = recordedHashes(archive)),
  });
  const hashes = Object.fromEntries(files.map((one) => [one.path, one.sha256]));
  for (const [name, content] of Object.entries(odd)) expect(hashes[name]).toBe(sha256(content));
  expect([...known.keys()].filter((name) => name.endsWith('.bin'))).toEqual(['oddlib/a,b.bin', 'oddlib/c.bin']);
  expect(known.has('oddlib-1.0.dist-info/RECORD')).toBe(false);
});
