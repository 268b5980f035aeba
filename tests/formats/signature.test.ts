/** @file What a file is, told from its first bytes: every row of the table, and the reader of each kind of file saying it. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeJpeg } from '../../harness/formats/jpeg.ts';
import { decodeNpy, encodeNpy } from '../../harness/formats/npy.ts';
import { NpzFile, writeNpz } from '../../harness/formats/npz.ts';
import { decodePng } from '../../harness/formats/png.ts';
import { decodeImage } from '../../harness/formats/raster.ts';
import { float32Tensor, readSafetensors, writeSafetensors } from '../../harness/formats/safetensors.ts';
import { fileKind, signatureOf } from '../../harness/formats/signature.ts';
import { readTar } from '../../harness/formats/tar.ts';
import { readWeights } from '../../harness/network/weights/read.ts';

const folder = mkdtempSync(join(tmpdir(), 'signature-'));
const cases = join(import.meta.dirname, '../fixtures/cases/git-lfs-pointer');
const checkpoints = join(import.meta.dirname, '../fixtures/checkpoints');

describe('a file is', () => {
  /** Beginnings as their formats define them; \xNN stands for a byte. */
  test.each([
    ['', 'an empty file'],
    ['\0'.repeat(4096), 'a file of zeros'],
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
      'a pointer of Git LFS in place of the file',
    ],
    ['/annex/objects/SHA256E-s11--00.npz\n', 'a pointer of git-annex in place of the file'],
    ['../../.git/annex/objects/aa/bb/SHA256E-s1--00/SHA256E-s1--00', 'a pointer of git-annex in place of the file'],
    ['outs:\n- md5: 00\n  size: 3\n  path: model.pt\n', 'a pointer of DVC in place of the file'],
    ['../../blobs/1f4e', 'a link that was saved as a text'],
    ['[InternetShortcut]\r\nURL=https://x.org\r\n', 'a bookmark in place of the file'],
    ['\0\x05\x16\x07\0\x02\0\0Mac OS X', 'the Finder data of macOS (._ files)'],
    ['<!DOCTYPE html><html>', 'a web page'],
    ['\xef\xbb\xbf\n<!-- Google -->\n<HTML lang="de">', 'a web page'],
    ['<html><head><title>Sign in</title>', 'a web page'],
    ['<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', 'an SVG drawing'],
    [
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>no</Message></Error>',
      'an error of a server in XML (AccessDenied)',
    ],
    ['<?xml version="1.0"?><a/>', 'a text in XML'],
    ['{"metadata": {"total_size": 1}, "weight_map": {"a": "b"}}', 'an index of weights that lie in several files'],
    ['{"error":"Repository not found"}', 'an error of a server in JSON (Repository not found)'],
    ['{"a": 1}', 'a text in JSON'],
    ['[[1, 2]]', 'a text in JSON'],
    ['Entry not found', 'an error of a server (Entry not found)'],
    ['404: Not Found', 'an error of a server (404: Not Found)'],
    ['model_checkpoint_path: "model.ckpt-1"\n', 'the list of the checkpoints of TensorFlow'],
    ['PK\x03\x04', 'a ZIP archive'],
    ['\x1f\x8b\x08\0', 'a gzip stream'],
    ['BZh91AY&SY', 'a bzip2 stream'],
    ['\xfd7zXZ\0', 'an xz stream'],
    ['\x28\xb5\x2f\xfd', 'a zstd stream'],
    ['\x04\x22\x4d\x18', 'an LZ4 stream'],
    ['7z\xbc\xaf\x27\x1c', 'a 7z archive'],
    ['Rar!\x1a\x07\x01\0', 'a RAR archive'],
    [`${'x'.repeat(257)}ustar\0`, 'a tar archive'],
    ['\x93NUMPY\x01\0', 'a NumPy .npy array'],
    ['\x89PNG\r\n\x1a\n', 'a PNG image'],
    ['\xff\xd8\xff\xe0', 'a JPEG image'],
    ['GIF89a', 'a GIF image'],
    ['RIFF\x01\x02\x03\x04WEBPVP8 ', 'a WebP image'],
    ['BM\x01\x02\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'a BMP image'],
    ['II*\0\x08\0\0\0', 'a TIFF image'],
    ['MM\0*\0\0\0\x08', 'a TIFF image'],
    ['\0\0\0\x20ftypavif\0\0\0\0avifmif1', 'an AVIF image'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'a HEIC image'],
    ['\0\0\0\x18ftypisom\0\0\0\0', 'a film (MP4)'],
    ['\xff\x0a\xfa', 'a JPEG XL image'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'a JPEG 2000 image'],
    ['P6\n2 2\n255\n', 'a PNM image'],
    ['%PDF-1.7', 'a PDF document'],
    ['\x80\x02}q\0', 'a Python pickle'],
    ['\x80\x04\x95', 'a Python pickle'],
    ["(dp0\nS'mu'\n", 'a Python pickle'],
    ['ccollections\nOrderedDict\np0\n', 'a Python pickle'],
    ['\x89HDF\r\n\x1a\n', 'an HDF5 file'],
    ['MATLAB 5.0 MAT-file, Platform', 'a MATLAB file'],
    ['\x08\x07\x12\x07pytorch\x1a\x032.1', 'an ONNX model'],
    ['\x08\x01\x12\xe4\x01\x0a\x10', 'a SavedModel of TensorFlow'],
    ['GGUF\x03\0\0\0', 'a GGUF model'],
    ['PAR1', 'a Parquet file'],
    ['SQLite format 3\0', 'an SQLite database'],
    ['\x82\xa6params\x81', 'a MessagePack tree, as flax writes it'],
    ['\x10\0\0\0\0\0\0\0{"__metadata__"', 'a safetensors file'],
    ['something', undefined],
    ['\0\x01\x02\x03'.repeat(800), undefined],
  ])('%j: %s', (beginning, kind) => {
    expect(signatureOf(Buffer.from(beginning, 'latin1'))).toBe(kind);
  });

  test.each([
    ['gif', 'a GIF image'],
    ['webp', 'a WebP image'],
    ['tiff', 'a TIFF image'],
    ['avif', 'an AVIF image'],
  ] as const)('what a writer of %s makes: %s', async (format, name) => {
    const pixels = { create: { width: 8, height: 8, channels: 3, background: 'red' } } as const;
    const made = await sharp(pixels).toFormat(format).toBuffer();
    expect(fileKind(made)).toEqual({ name, remedy: 'Save it as PNG' });
  });

  test('a graph, where its first node says so', () => {
    const graph = join(import.meta.dirname, '../golden/metrics/inception-graph/div16-producer7/graph.pb');
    expect(signatureOf(readFileSync(graph))).toBe('a graph of TensorFlow');
  });

  test.each(['checkpoint_74', 'chunked', 'params-alone'])('a checkpoint of flax: %s', (name) => {
    expect(signatureOf(readFileSync(join(checkpoints, name)))).toBe('a MessagePack tree, as flax writes it');
  });
});

test.each([
  [0x80, 0x02],
  [0x80, 0x04],
  [0x42, 0x4d],
])('a safetensors file is one whatever the length of its header: %i, %i', (low, high) => {
  const path = join(folder, `length-${low}-${high}.safetensors`);
  const length = low + 256 * high;
  const tensor = float32Tensor(Float32Array.of(1), [1]);
  writeSafetensors(path, [['w', tensor]]);
  const bytes = readFileSync(path);
  const header = Number(bytes.readBigUInt64LE(0));
  const wanted = Buffer.alloc(8);
  wanted.writeBigUInt64LE(BigInt(length));
  // Spaces after the header are part of the format.
  const text = bytes
    .subarray(8, 8 + header)
    .toString()
    .trimEnd()
    .padEnd(length);
  writeFileSync(path, Buffer.concat([wanted, Buffer.from(text), bytes.subarray(8 + header)]));
  expect([...readFileSync(path).subarray(0, 2)]).toEqual([low, high]);
  expect(readWeights(path).format).toBe('safetensors');
  expect(readSafetensors(path).tensors.get('w')!.shape).toEqual([1]);
});

describe('every reader says what a file is, and what to do', () => {
  const pointer = readFileSync(join(cases, 'model.safetensors'));
  const xz = Buffer.from('\xfd7zXZ\0\0\x04', 'latin1');
  const remedies: readonly (readonly [string, Buffer, string, string])[] = [
    [
      'a pointer',
      pointer,
      'a pointer of Git LFS in place of the file',
      'Fetch what it stands for (git lfs pull), or download the file itself.',
    ],
    ['an xz stream', xz, 'an xz stream', 'Unpack it first (unxz).'],
    [
      'zeros',
      Buffer.alloc(4096),
      'a file of zeros',
      'Fetch or copy it again: it was given its size, and its contents never came.',
    ],
  ];
  const readers: readonly (readonly [string, (path: string, bytes: Buffer) => unknown])[] = [
    ['a.safetensors', (path) => readWeights(path)],
    ['b.safetensors', (path) => readSafetensors(path)],
    ['a.pt', (path) => readWeights(path)],
    ['checkpoint_7', (path) => readWeights(path)],
    ['a.npz', (path) => new NpzFile(path)],
    ['a.npy', (path, bytes) => decodeNpy(path, bytes)],
    ['a.png', (path, bytes) => decodePng(path, bytes, { alpha: 'refuse' })],
    ['a.jpg', (path, bytes) => decodeJpeg(path, bytes)],
    ['a.JPEG', (path, bytes) => decodeImage(path, bytes)],
    ['a.tar.gz', (path) => readTar(path, 1000).next()],
  ];
  test.each(remedies.flatMap(([what, ...rest]) => readers.map(([name, read]) => [what, name, rest, read] as const)))(
    '%s under the name %s',
    async (_what, name, [bytes, kind, remedy], read) => {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const message = await Promise.resolve()
        .then(() => read(path, bytes))
        .then(
          () => 'read',
          (thrown: unknown) => (thrown as Error).message,
        );
      expect(message.startsWith(`${path}: got ${kind}, expected `), message).toBe(true);
      expect(message.endsWith(remedy), message).toBe(true);
    },
  );

  test('archives that torch.save did not write', () => {
    const path = join(folder, 'arrays.pt');
    writeNpz(path, [['mu', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]]);
    expect(() => readWeights(path)).toThrow(
      'got an .npz archive of NumPy arrays, expected a file written by torch.save.',
    );
  });

  test('an array in an archive that is none', () => {
    const array = encodeNpy({ dtype: 'uint8', shape: [1], data: Uint8Array.of(1) });
    expect(() => decodeNpy('x.npy', gzipSync(array))).toThrow(
      'x.npy: got a gzip stream, expected a NumPy array, which begins with \\x93NUMPY. Unpack it first (gunzip).',
    );
  });
});
