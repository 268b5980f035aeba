/** @file Removing the engine, and a TensorFlow of one's own: which folders are touched and which are refused. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownTensorflow } from '../../../harness/engine/install/addon/own-tensorflow.ts';
import { removeEngine } from '../../../harness/engine/install/remove.ts';

let cache: string;
beforeEach(() => (cache = mkdtempSync(join(tmpdir(), 'folders-'))));
afterEach(() => rmSync(cache, { recursive: true }));

const put = (path: string, text = ''): void => {
  mkdirSync(dirname(join(cache, path)), { recursive: true });
  writeFileSync(join(cache, path), text);
};

describe('removing the engine', () => {
  const environment = (): NodeJS.ProcessEnv => ({ CONSISTENCY_CACHE: cache });
  const fill = (): void => {
    put('engine/tensorflow-2.21.0-cpu-0123abcd/tensorflow/lib.so', '12345');
    put('engine/tensorflow-2.21.0-gpu-0123abcd/addons/x/y.node', '123');
    put('engine/zig-0.17.1-0123abcd/ziglang/zig', '1');
    put('engine/zig-cache/o/1', '1');
    put('engine/own-0123abcd/addons/x/y.node', '1');
    put('engine/wheels/a.whl', '1234');
    put('engine/.staging-0123abcd/half', '1');
    put('engine/install.lock.dead-x/owner.json', '{}');
  };

  test('removes all of it and the folder, says how much', async () => {
    fill();
    const removed = await removeEngine({ environment: environment() });
    expect({ ...removed, names: [...removed.names].sort() }).toEqual({
      folder: join(cache, 'engine'),
      names: [
        'own-0123abcd',
        'tensorflow-2.21.0-cpu-0123abcd',
        'tensorflow-2.21.0-gpu-0123abcd',
        'wheels',
        'zig-0.17.1-0123abcd',
        'zig-cache',
      ],
      bytes: 15,
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  test('leaves what is not of the engine', async () => {
    fill();
    put('engine/thesis.tex', 'mine');
    put('engine/tensorflow-models/x', 'mine');
    await removeEngine({ environment: environment() });
    expect(readdirSync(join(cache, 'engine')).sort()).toEqual(['tensorflow-models', 'thesis.tex']);
  });

  test('of one device leaves the rest', async () => {
    fill();
    const removed = await removeEngine({ environment: environment(), device: 'gpu' });
    expect(removed.names).toEqual(['tensorflow-2.21.0-gpu-0123abcd']);
    expect(existsSync(join(cache, 'engine/tensorflow-2.21.0-cpu-0123abcd/tensorflow/lib.so'))).toBe(true);
  });

  test('that is not there removes and makes nothing', async () => {
    expect(await removeEngine({ environment: environment() })).toMatchObject({ names: [], bytes: 0 });
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe("a TensorFlow of one's own", () => {
  const files = [
    'own/libtensorflow_cc.so.2',
    'own/libtensorflow_framework.so.2',
    'own/include/tensorflow/c/eager/c_api.h',
  ];
  const named = (folder: string) => ownTensorflow(join(cache, 'engine'), { CONSISTENCY_TENSORFLOW: folder });
  const expected = 'expected the folder that holds libtensorflow_cc.so.2, libtensorflow_framework.so.2 and include/';
  const remedy =
    'Name what `python3 -c "import tensorflow as tf; print(tf.sysconfig.get_lib())"` prints for TensorFlow 2.21, or unset the variable to have the pinned one fetched';

  test('is used when the environment names one', () => {
    files.forEach((file) => put(file));
    expect(ownTensorflow(join(cache, 'engine'), {})).toBeUndefined();
    const place = named(join(cache, 'own'))!;
    const libraries = join(cache, 'own');
    expect(place.tensorflow).toEqual({ libraries, include: join(libraries, 'include'), runPath: libraries });
    expect(dirname(place.folder)).toBe(join(cache, 'engine'));
  });

  test('is the same through a link, and another addon when its library is replaced', () => {
    files.forEach((file) => put(file));
    symlinkSync(join(cache, 'own'), join(cache, 'link'));
    const before = named(join(cache, 'own'))!;
    expect(named(join(cache, 'link'))).toEqual(before);
    utimesSync(join(cache, files[0]!), 1000, 1000);
    const after = named(join(cache, 'own'))!;
    expect(after.folder).toBe(before.folder);
    expect(after.linkedTo).not.toEqual(before.linkedTo);
  });

  test('that is not there', () => {
    const folder = join(cache, 'own');
    expect(() => named(folder)).toThrow(
      `CONSISTENCY_TENSORFLOW=${folder}: got no such folder, ${expected}. ${remedy}.`,
    );
  });

  test.each([
    [1, 'libtensorflow_cc.so.2'],
    [2, 'libtensorflow_framework.so.2'],
    [3, 'include/tensorflow/c/eager/c_api.h'],
  ])('that lacks file %d', (i, missing) => {
    files.filter((_, at) => at !== i - 1).forEach((file) => put(file));
    const folder = join(cache, 'own');
    expect(() => named(folder)).toThrow(
      `CONSISTENCY_TENSORFLOW=${folder}: got a folder without ${missing}, ${expected}. ${remedy}.`,
    );
  });
});
