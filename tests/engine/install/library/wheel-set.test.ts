/** @file The pinned sets: what is kept of which wheel, and when it is another folder. */
import { describe, expect, test } from 'vitest';
import { folderName, matchesWhole, wheelSet } from '../../../../harness/engine/install/library/wheel-set.ts';

describe('of a wheel for the CPU', () => {
  const { wanted } = wheelSet('cpu');

  test.each([
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/include/tensorflow/c/eager/c_api.h',
    'tensorflow/include/tsl/platform/ctstring_internal.h',
    'tensorflow/include/xla/tsl/c/tsl_status.h',
    'tensorflow/THIRD_PARTY_NOTICES.txt',
    'tensorflow_cpu-2.21.0.dist-info/licenses/LICENSE',
  ])('%s is kept', (name) => {
    expect(matchesWhole(wanted, name)).toBe(true);
  });

  test.each([
    'tensorflow/python/_pywrap_tensorflow_internal.so',
    'tensorflow/include/tensorflow/c/eager/parallel_device/parallel_device.h',
    'tensorflow/include/tensorflow/core/framework/op.h',
    'tensorflow_cpu-2.21.0.dist-info/RECORD',
    'nvidia/cudnn/lib/libcudnn.so.9',
  ])('%s is not', (name) => {
    expect(matchesWhole(wanted, name)).toBe(false);
  });
});

describe('of the wheels for a GPU', () => {
  const { wanted, programs, links } = wheelSet('gpu');

  test.each([
    'nvidia/cudnn/lib/libcudnn.so.9',
    'nvidia/cublas/lib/libcublasLt.so.12',
    'nvidia/cuda_nvcc/bin/ptxas',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
    'nvidia_cudnn_cu12-9.28.0.42.dist-info/License.txt',
  ])('%s is kept', (name) => {
    expect(matchesWhole(wanted, name)).toBe(true);
  });

  test.each([
    'nvidia/cusolver/lib/libcusolverMg.so.11',
    'nvidia/cufft/lib/libcufftw.so.11',
    'nvidia/cuda_nvrtc/lib/libnvrtc.alt.so.12',
    'nvidia/cublas/include/cublas.h',
  ])('%s is not', (name) => {
    expect(matchesWhole(wanted, name)).toBe(false);
  });

  test('the assembler is a program, and the loader finds cusolver beside cublas', () => {
    expect(matchesWhole(programs, 'nvidia/cuda_nvcc/bin/ptxas')).toBe(true);
    expect(matchesWhole(programs, 'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc')).toBe(false);
    expect(links).toEqual({ 'nvidia/cublas/lib/libcusolver.so.11': '../../cusolver/lib/libcusolver.so.11' });
  });
});

describe('every wheel', () => {
  test.each(['cpu', 'gpu', 'compiler'] as const)('of the set %s is pinned by version and sha256', (name) => {
    for (const { sha256, version } of wheelSet(name).requirements) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(version).toMatch(/^\d+(\.\d+)+$/);
    }
  });
});

describe('the folder of a set', () => {
  const set = wheelSet('cpu');

  test('says what it is', () => {
    expect(folderName(set)).toMatch(/^tensorflow-2\.21\.0-cpu-[0-9a-f]{8}$/);
  });

  test.each([
    ['another wheel', { requirements: [{ ...set.requirements[0]!, sha256: '0'.repeat(64) }] }],
    ['other files', { wanted: /tensorflow\/libtensorflow_cc\.so\.2/ }],
    ['a link', { links: { a: 'b' } }],
  ])('is another one for %s', (_, change) => {
    expect(folderName({ ...set, ...change })).not.toBe(folderName(set));
  });

  test('is the same for another guess of its size', () => {
    expect(folderName({ ...set, downloadBytes: 1, unpackedBytes: 1, title: 'x' })).toBe(folderName(set));
  });
});
