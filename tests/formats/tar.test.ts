/** @file Tar archives: long names, members of any order, and every kind of damage. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTar, tarPlaces } from '../../harness/formats/tar.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tar-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One member as POSIX has it: header with checksum, data, zeros up to a multiple of 512. */
function member(name: string, data: string | Buffer, type = '0', prefix = ''): Buffer {
  const body = Buffer.from(data);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);

function archive(...pieces: readonly Buffer[]): string {
  const path = join(folder, 'a.tar.gz');
  writeFileSync(path, gzipSync(Buffer.concat(pieces)));
  return path;
}

async function read(path: string, maxBytes = 1e6): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, data } of readTar(path, maxBytes)) found[name] = Buffer.from(data).toString();
  return found;
}

test('regular files are given in order, without folders and links', async () => {
  const path = archive(
    member('./a/', '', '5'),
    member('./a/one.txt', 'first'),
    member('a/link', '', '2'),
    member('a/two.txt', 'x'.repeat(513)),
    member('old.txt', 'by an old tar', '\0'),
    end,
  );
  expect(await read(path)).toEqual({ 'a/one.txt': 'first', 'a/two.txt': 'x'.repeat(513), 'old.txt': 'by an old tar' });
});

test('names longer than 100 bytes come from the prefix, from pax records and from GNU long names', async () => {
  const long = `${'d'.repeat(120)}/file`;
  const record = ` path=${long}\n`;
  const path = archive(
    member('file', '1', '0', 'p'.repeat(130)),
    member('pax', `${record.length + 3}${record}`, 'x'),
    member('cut', '2'),
    member('././@LongLink', `${long}2\0`, 'L'),
    member('cut', '3'),
    member('after', '4'),
    end,
  );
  expect(await read(path)).toEqual({ [`${'p'.repeat(130)}/file`]: '1', [long]: '2', [`${long}2`]: '3', after: '4' });
});

test('places of members are where their bytes lie, whatever carries their names', () => {
  const long = `${'d'.repeat(120)}/file`;
  const record = ` path=${long}\n`;
  const whole = Buffer.concat([
    member('./a/', '', '5'),
    member('a/one.txt', 'x'.repeat(513)),
    member('pax', `${record.length + 3}${record}`, 'x'),
    member('cut', '2'),
    member('././@LongLink', `${long}2\0`, 'L'),
    member('cut', ''),
    member('after', 'four'),
    end,
  ]);
  const path = join(folder, 'places.tar');
  writeFileSync(path, whole);
  const found = tarPlaces(path).map(({ name, start, bytes }) => [
    name,
    whole.subarray(start, start + bytes).toString(),
  ]);
  expect(found).toEqual([
    ['a/one.txt', 'x'.repeat(513)],
    [long, '2'],
    [`${long}2`, ''],
    ['after', 'four'],
  ]);
  writeFileSync(path, whole.subarray(0, 1_100));
  expect(() => tarPlaces(path)).toThrow(`${path}: got an archive that ends inside "a/one.txt", expected`);
  writeFileSync(path, whole.subarray(0, 700));
  expect(() => tarPlaces(path)).toThrow(`${path}: got a header that is damaged or cut short, expected`);
  writeFileSync(path, Buffer.concat([member('../up', 'x'), end]));
  expect(() => tarPlaces(path)).toThrow('got a member named "../up", expected names that stay inside the archive');
});

test('an archive that was not packed is read as well', async () => {
  const path = join(folder, 'plain.tar');
  writeFileSync(path, Buffer.concat([member('a', 'b'), end]));
  expect(await read(path)).toEqual({ a: 'b' });
});

test('what has been read of the file is told', async () => {
  let bytes = 0;
  const path = join(folder, 'told.tar');
  writeFileSync(path, Buffer.concat([member('a', 'b'), end]));
  const members = readTar(path, 10, (more) => (bytes += more));
  while (!(await members.next()).done);
  expect(bytes).toBe(2048);
});

test.each([
  ['../outside', 'climbs out'],
  ['a/../../outside', 'climbs out'],
  ['/etc/passwd', 'is absolute'],
  ['a\\..\\..\\outside', 'climbs out'],
  ['C:/outside', 'is absolute'],
])('a member named %s, which %s, is refused', async (name) => {
  const path = archive(member(name, 'x'), end);
  await expect(read(path)).rejects.toThrow(
    `${path}: got a member named "${name}", expected names that stay inside the archive. Fetch the file again.`,
  );
});

test('damage is named', async () => {
  const whole = Buffer.concat([member('a', 'x'.repeat(2000)), end]);
  const path = join(folder, 'damaged.tar.gz');
  const refused = async (bytes: Buffer, got: string, maxBytes?: number): Promise<void> => {
    writeFileSync(path, bytes);
    await expect(read(path, maxBytes)).rejects.toThrow(`${path}: got ${got}`);
  };
  await refused(whole.subarray(0, 1500), 'an archive that ends inside "a", expected a whole .tar.gz archive.');
  await refused(
    gzipSync(whole).subarray(0, 30),
    'data that do not unpack (Z_BUF_ERROR), expected a whole .tar.gz archive.',
  );
  const flipped = Buffer.from(whole);
  flipped[3]! ^= 1;
  await refused(flipped, 'a header that is damaged or cut short, expected a whole .tar.gz archive.');
  await refused(whole, 'a member "a" of 2000 bytes, expected members of at most 1000 bytes.', 1000);
  await refused(Buffer.from('<html>'), 'a web page, expected a .tar.gz archive.');
  await refused(Buffer.alloc(0), 'an empty file, expected a .tar.gz archive.');
  await expect(read(join(folder, 'absent'))).rejects.toThrow('got no file of that name, expected a .tar.gz archive.');
});
