/** @file Requests for cells: what is run when little is said, and what is refused. */
import { expect, it } from 'vitest';
import { requestedPlans, type PlanRequest } from '../../harness/plan/request.ts';
import { catalogue } from '../../recipes/index.ts';
import type { Device } from '../../harness/core/device.ts';

const plain: PlanRequest = { precision: 'float32', engineMode: 'compiled' };
const cells = (...request: Parameters<typeof requestedPlans> extends [unknown, ...infer R] ? R : never): string[] =>
  requestedPlans(catalogue, ...request).map(({ recipe, scale, seed }) => `${recipe.id} ${scale.id} ${seed}`);

it('both methods are run at the smallest scale on a CPU, and with the usual seeds of an hour on a GPU', () => {
  expect(cells('cifar10', plain, 'cpu')).toEqual(['cifar10-ct smoke 0', 'cifar10-ict smoke 0']);
  expect(cells('cifar10', plain, 'gpu')).toEqual([
    'cifar10-ct hour 0',
    'cifar10-ct hour 1',
    'cifar10-ct hour 2',
    'cifar10-ict hour 0',
    'cifar10-ict hour 1',
    'cifar10-ict hour 2',
  ]);
});

it('what is named is run, recipe by recipe and seed by seed, the data set left out of the name or not', () => {
  const request = { ...plain, scale: 'twin', recipes: ['ict', 'shapes-ct'], seeds: [4, 7] };
  expect(cells('shapes', request, 'cpu')).toEqual([
    'shapes-ict twin 4',
    'shapes-ict twin 7',
    'shapes-ct twin 4',
    'shapes-ct twin 7',
  ]);
});

it('families name all their recipes, each once', () => {
  const run = (...recipes: string[]) =>
    cells('shapes', { ...plain, scale: 'ladder', recipes, seeds: [1] }, 'cpu').map((cell) => cell.split(' ')[0]);
  const rungs = ['tuning', 'weighting', 'teacher', 'distance'].map((change, i) => `shapes-ladder-${i + 1}-${change}`);
  const without = ['weighting', 'teacher', 'distance', 'curriculum', 'noise'].map(
    (choice) => `shapes-ict-without-${choice}`,
  );
  expect(run('ladder')).toEqual(['shapes-ct', ...rungs, 'shapes-ict-without-noise', 'shapes-ict']);
  expect(run('leave-one-out')).toEqual(['shapes-ict', ...without]);
  expect(run('ladder', 'leave-one-out', 'ct')).toEqual([...run('ladder'), ...without.slice(0, 4)]);
  expect(() => run('ladders')).toThrow('--recipes: got "ladders", expected a recipe of shapes. Did you mean "ladder"');
});

it('a name that is none is answered by the nearest ones', () => {
  expect(() => cells('shape', plain, 'cpu')).toThrow('data set: got "shape", expected a data set. Did you mean');
  expect(() => cells('shapes', { ...plain, scale: 'twins' }, 'cpu')).toThrow('--scale: got "twins"');
  expect(() => cells('shapes', { ...plain, recipes: ['icd'] }, 'cpu')).toThrow('--recipes: got "icd"');
});

it('given weights are scored by one recipe at the published number of samples on a GPU', () => {
  const recipes = [catalogue.recipes['cifar10-ct']!, catalogue.recipes['cifar10-ict']!];
  const given = { file: 'weights.pth', sha256: '0'.repeat(64), part: 'sampling-ema' } as const;
  expect(cells('cifar10', plain, 'gpu', { weights: { given, recipes: [recipes[0]!] } })).toEqual([
    'cifar10-ct paper 0',
  ]);
  expect(() => cells('cifar10', plain, 'gpu', { weights: { given, recipes } })).toThrow(
    '--recipes: got cifar10-ct, cifar10-ict, expected one recipe: that by which the weights were trained. Name one, such as cifar10-ct.',
  );
});

it('products of float32 are rounded to TensorFloat-32 on a GPU alone, and nowhere where that is refused', () => {
  const tf32 = (request: PlanRequest, device: Device) =>
    new Set(requestedPlans(catalogue, 'cifar10', request, device).map(({ engine }) => engine.tf32));
  expect([tf32(plain, 'cpu'), tf32(plain, 'gpu')]).toEqual([new Set([false]), new Set([true])]);
  // What commander makes of no option and of --no-tf32.
  expect([tf32({ ...plain, tf32: true }, 'cpu'), tf32({ ...plain, tf32: false }, 'gpu')]).toEqual([
    new Set([false]),
    new Set([false]),
  ]);
});

it('pass size and XLA are those that a check measured, unless they are asked for', () => {
  const settings = (request: Partial<PlanRequest>, passImages: number | null = 256) => {
    const measured = { xla: true, passImages };
    const asked = { ...plain, ...request, recipes: ['ict'], seeds: [0], scale: 'paper' };
    const [plan] = requestedPlans(catalogue, 'cifar10', asked, 'gpu', { deviceBytes: 80 * 2 ** 30, measured });
    return [plan!.engine.xla, plan!.engine.microBatchImages];
  };
  // The batch is 1,024.
  expect(settings({})).toEqual([true, 256]);
  expect(settings({}, 32)).toEqual([true, 32]);
  expect(settings({}, null)).toEqual([true, 128]);
  expect(settings({ xla: false, microBatch: 64 })).toEqual([false, 64]);
  expect(settings({ engineMode: 'eager' }, 16)).toEqual([false, 16]);
});

it('ranks share the batch of the recipe: the pass is cut to what a rank has, and XLA is left out', () => {
  const of = (request: Partial<PlanRequest>) =>
    requestedPlans(
      catalogue,
      'cifar10',
      { ...plain, recipes: ['ict'], scale: 'paper', seeds: [0], ...request },
      'gpu',
      {
        measured: { xla: true, passImages: 128 },
      },
    )[0]!;
  expect(of({}).engine).toMatchObject({ microBatchImages: 128, xla: true });
  const many = of({ ranks: 16 });
  expect(many.asRun.batchImages).toBe(1024);
  expect(many.engine).toMatchObject({ microBatchImages: 64, xla: false });
  // The same plan, whoever computes it: a checkpoint goes on at another number of ranks.
  expect(of({ ranks: 2, microBatch: 64, xla: false }).fingerprint).toBe(many.fingerprint);
  expect(of({ ranks: 4, reduction: 'fast' }).engine).toMatchObject({ reduction: 'fast', ranks: 4 });
  expect(of({ ranks: 4, reduction: 'fast' }).fingerprint).not.toBe(of({ ranks: 2, reduction: 'fast' }).fingerprint);
});

it('group normalisation is part of the plan, and native only where there is such an operation', () => {
  const of = (request: Partial<PlanRequest>, device: Device) =>
    requestedPlans(catalogue, 'shapes', { ...plain, recipes: ['ict'], seeds: [0], ...request }, device)[0]!;
  expect(of({}, 'cpu').engine.groupNorm).toBe('native');
  expect(of({ groupNorm: 'native' }, 'cpu').fingerprint).toBe(of({}, 'cpu').fingerprint);
  expect(of({ groupNorm: 'plain' }, 'cpu').engine.groupNorm).toBeUndefined();
  expect(of({ groupNorm: 'plain' }, 'cpu').fingerprint).not.toBe(of({}, 'cpu').fingerprint);
  // Also where XLA was not asked for, but a check found it quicker.
  const asked = { ...plain, recipes: ['ict'], seeds: [0], groupNorm: 'native' } as const;
  const measured = { xla: true, passImages: 64 };
  const byCheck = () => requestedPlans(catalogue, 'shapes', asked, 'cpu', { measured });
  for (const refused of [
    byCheck,
    () => of({ groupNorm: 'native' }, 'gpu'),
    () => of({ groupNorm: 'native', xla: true }, 'cpu'),
  ]) {
    expect(refused).toThrow(
      '--group-norm: got "native", expected plain: the native operation is for a CPU, and not for XLA. Leave --group-norm out.',
    );
  }
});

it('refuses ranks that cannot share a batch', () => {
  const of = (request: Partial<PlanRequest>) => () =>
    requestedPlans(catalogue, 'cifar10', { ...plain, recipes: ['ict'], scale: 'paper', ...request }, 'cpu');
  expect(of({ ranks: 3 })).toThrow(
    "--ranks: got 3, expected a number that divides the 1024 images of a batch: its size is the recipe's, whoever computes it. Choose another number of ranks, or a smaller --micro-batch.",
  );
  expect(of({ ranks: 16, microBatch: 128 })).toThrow('divides the passes of 128 among the 1024 images of a batch');
});
