/** @file Photographs made square in turn: equal bytes first, refusals of what is no Python with Pillow, the synthetic set. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { photographTurns, requireEqualSquares, type PhotographJob } from '../../../harness/bench/photographs/turns.ts';
import { syntheticPhotograph } from '../../../harness/bench/photographs/photographs.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { preprocess } from '../../../harness/data/preprocess.ts';
import { decodeImage } from '../../../harness/formats/raster.ts';

const side = 64 * 64 * 3;
/** Of the synthetic set: the one that Pillow 13 halves by rows first, and the smallest. */
const chosen = [15, 27];

let folder: string;
let job: PhotographJob;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'photographs-'));
  const photographs = join(folder, 'photographs');
  mkdirSync(photographs);
  const made = await Promise.all(chosen.map((i) => syntheticPhotograph(0, i)));
  for (const { name, bytes } of made) writeFileSync(join(photographs, name), bytes);
  job = {
    folder: photographs,
    names: made.map(({ name }) => name),
    how: 'adm',
    rounds: 3,
    python: null,
    script: join(folder, 'peer.mjs'),
    peerFile: join(folder, 'peer.bin'),
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A peer in JavaScript: says a version, gives the bytes of a file, and notes what it was asked. */
function peer(version: string, squares: Uint8Array): PhotographJob {
  writeFileSync(join(folder, 'given.bin'), squares);
  writeFileSync(
    job.script,
    `import { appendFileSync, copyFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const say = (value) => console.log(JSON.stringify(value));
say({ ready: true, version: ${JSON.stringify(version)} });
for await (const line of createInterface({ input: process.stdin })) {
  const { file } = JSON.parse(line);
  appendFileSync(${JSON.stringify(join(folder, 'asked'))}, line + '\\n');
  if (file) copyFileSync(${JSON.stringify(join(folder, 'given.bin'))}, file);
  say({ seconds: 1, processorSeconds: 2 });
}`,
  );
  return { ...job, python: process.execPath };
}

async function squaresOf(order: 'horizontal-first' | 'by-shrinkage'): Promise<Uint8Array> {
  const all = job.names.map(async (name) => {
    const image = await decodeImage(name, readFileSync(join(job.folder, name)));
    return preprocess(image, 64, 'adm', order);
  });
  return Buffer.concat(await Promise.all(all));
}

const turns = (one: PhotographJob) => photographTurns(one, systemClock, () => undefined);

describe('the turns', () => {
  it('compare once with a file and time every round without one', async () => {
    const { version, own, peer: others } = await turns(peer('11.3.0', await squaresOf('horizontal-first')));
    expect(version).toBe('11.3.0');
    expect(own).toHaveLength(3);
    expect(own.every(({ seconds, processorSeconds }) => seconds > 0 && processorSeconds > 0)).toBe(true);
    expect(others).toEqual(Array(3).fill({ seconds: 1, processorSeconds: 2 }));
    const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
    expect(asked.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ask: 'squares', how: 'adm', file: job.peerFile },
      ...Array.from({ length: 3 }, () => ({ ask: 'squares', how: 'adm', file: null })),
    ]);
  });

  it('pass in the order of the version that the peer has', async () => {
    const [eleven, thirteen] = [await squaresOf('horizontal-first'), await squaresOf('by-shrinkage')];
    expect(Buffer.compare(eleven, thirteen)).not.toBe(0);
    await expect(turns(peer('13.0.0', thirteen))).resolves.toMatchObject({ version: '13.0.0' });
    await expect(turns(peer('13.0.0', eleven))).rejects.toThrow(
      /^0015-141x497\.JPEG: got \d+ of 12288 bytes that differ/,
    );
  });

  it('are taken alone without a Python', async () => {
    const { version, own, peer: others } = await turns(job);
    expect([version, own.length, others.length]).toEqual([null, 3, 0]);
  });
});

describe('a Python', () => {
  const remedy =
    'expected a Python with pillow and numpy. Make one with `python3 -m venv pillow && pillow/bin/pip install pillow numpy`, and name pillow/bin/python.';

  it('without Pillow is refused with what it said', async () => {
    writeFileSync(job.script, `console.error("ModuleNotFoundError: No module named 'PIL'"); process.exit(1);`);
    await expect(turns({ ...job, python: process.execPath })).rejects.toThrow(
      `${process.execPath}: got the end of its process (exit code 1: ModuleNotFoundError: No module named 'PIL'), ${remedy}`,
    );
  });

  it('that says something else is refused with it', async () => {
    writeFileSync(job.script, `console.log('hello');`);
    await expect(turns({ ...job, python: process.execPath })).rejects.toThrow(
      `${process.execPath}: got "hello", ${remedy}`,
    );
  });

  it('that is not there is refused', async () => {
    const python = join(folder, 'no-python');
    await expect(turns({ ...job, python })).rejects.toThrow(
      new RegExp(`^${python}: got the end of its process \\(.*ENOENT`),
    );
  });
});

describe('squares', () => {
  const names = ['a.JPEG', 'b.JPEG', 'c.JPEG'];
  const own = new Uint8Array(3 * side).fill(100);

  it('of equal bytes pass', () => {
    expect(() => requireEqualSquares(names, own, own.slice(), 'Pillow 11.3.0')).not.toThrow();
  });

  it('that differ are refused: the first by name, with its largest difference', () => {
    const other = own.slice();
    other[side] = 101;
    other[side + 7] = 93;
    other[3 * side - 1] = 0;
    expect(() => requireEqualSquares(names, own, other, 'Pillow 11.3.0')).toThrow(
      'b.JPEG: got 2 of 12288 bytes that differ by up to 7 levels (2 of 3 photographs differ), expected the bytes of Pillow 11.3.0.',
    );
  });

  it('that are missing or too many are refused', () => {
    expect(() => requireEqualSquares(names, own, own.subarray(0, 2 * side), 'Pillow')).toThrow(
      /^c\.JPEG: got 12288 of/,
    );
    expect(() => requireEqualSquares(names, own, new Uint8Array(3 * side + 1).fill(100), 'Pillow')).toThrow(
      `photographs: got ${3 * side + 1} bytes`,
    );
  });
});

describe('the synthetic photographs', () => {
  it('are the same for the same seed and others for another', async () => {
    const [again, other] = [await syntheticPhotograph(0, 27), await syntheticPhotograph(1, 27)];
    expect(Buffer.compare(again.bytes, readFileSync(join(job.folder, job.names[1]!)))).toBe(0);
    expect(Buffer.compare(again.bytes, other.bytes)).not.toBe(0);
  });

  it('have the size and the coding of their name', async () => {
    const components = async (i: number): Promise<(number | string)[]> => {
      const { default: sharp } = await import('sharp');
      const { name, bytes } = await syntheticPhotograph(0, i);
      const { width, height, space, isProgressive, chromaSubsampling } = await sharp(bytes).metadata();
      return [name, width, height, space, String(isProgressive), chromaSubsampling!];
    };
    expect(await components(7)).toEqual(['0007-500x375-grey.JPEG', 500, 375, 'b-w', 'false', '4:4:4']);
    expect(await components(19)).toEqual(['0019-500x400-progressive.JPEG', 500, 400, 'srgb', 'true', '4:2:0']);
    expect(await components(23)).toEqual(['0023-250x187-cmyk.JPEG', 250, 187, 'cmyk', 'false', '4:4:4:4']);
  });
});
