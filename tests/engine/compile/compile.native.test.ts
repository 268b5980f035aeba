/** @file Compiled functions: the meaning of `jax.jit`, refusals in words, and nothing left behind. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../../harness/engine/compile/compile.ts';
import { compileCarried } from '../../../harness/engine/compile/carried.ts';
import type { Engine } from '../../../harness/engine/load.ts';
import { randomKey, randomNormal, randomUniform } from '../../../harness/engine/operations/random.ts';
import { HostRandom } from '../../../harness/core/random.ts';
import { isOutOfMemory } from '../../../harness/core/out-of-memory.ts';
import { engineForTests } from '../engine-fixture.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await engineForTests();
});

const values = (t: tf.Tensor): number[] => Array.from(t.dataSync());

describe('compile', () => {
  it('returns what the plain function returns, as a tree of the same structure', () => {
    const plain = (x: tf.Tensor, options: { scale: number }) => ({
      doubled: [tf.mul(x, options.scale)],
      sum: tf.sum(x),
    });
    const x = tf.tensor1d([1, 2, 3]);
    const result = compile(plain)(x, { scale: 2 });
    expect(values(result.doubled[0]!)).toEqual([2, 4, 6]);
    expect(values(result.sum)).toEqual([6]);
  });

  it('traces once per signature: shapes, dtypes and static leaves', () => {
    const f = compile((x: tf.Tensor, n: number) => tf.mul(x, n));
    f(tf.ones([2]), 3);
    f(tf.zeros([2]), 3);
    expect(f.traces()).toHaveLength(1);
    f(tf.ones([3]), 3);
    f(tf.ones([2]), 4);
    f(tf.ones([2], 'int32'), 3);
    expect(f.traces()).toHaveLength(4);
  });

  it('captures tensors from outside by reference, so a later value of a variable is seen', () => {
    const constant = tf.tensor1d([10, 20]);
    const f = compile((x: tf.Tensor) => tf.add(x, constant));
    expect(values(f(tf.ones([2])))).toEqual([11, 21]);
    expect(values(f(tf.zeros([2])))).toEqual([10, 20]);
  });

  it('differentiates inside: gradients of a convolution equal those computed op by op to the bit', () => {
    const x = tf.tensor4d(
      Float32Array.from({ length: 2 * 6 * 6 * 3 }, (_, i) => Math.sin(i)),
      [2, 6, 6, 3],
    );
    const w = tf.tensor4d(
      Float32Array.from({ length: 3 * 3 * 3 * 4 }, (_, i) => Math.cos(3 * i)),
      [3, 3, 3, 4],
    );
    const gradients = (a: tf.Tensor, b: tf.Tensor) => {
      const f = (c: tf.Tensor, d: tf.Tensor) =>
        tf.mean(tf.square(tf.conv2d(c as tf.Tensor4D, d as tf.Tensor4D, 1, 'same')));
      return tf.valueAndGrads(f)([a, b]).grads;
    };
    const compiled = compile(gradients)(x, w);
    gradients(x, w).forEach((gradient, i) => expect(values(compiled[i]!)).toEqual(values(gradient)));
  });

  it('draws the same device random numbers compiled and op by op', () => {
    const key = randomKey(5, 'noise', 3);
    const draw = (k: tf.Tensor1D) => randomNormal([3, 5], k);
    expect(values(compile(draw)(key))).toEqual(values(draw(key)));
  });

  it('has one node for reshapes of reshapes, and none for reshapes and casts to what a tensor already is', () => {
    const nodesOf = (f: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]) => {
      const compiled = compile(f);
      const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      const [got, wanted] = [compiled(x), f(x)].map((result) => [result].flat().map((t) => [t.shape, values(t)]));
      expect(got).toEqual(wanted);
      return compiled.traces()[0]!.nodes;
    };
    const [product, reshape, shape] = [1, 1, 1];
    expect(nodesOf((x) => tf.mul(x, x))).toBe(product);
    expect(nodesOf((x) => tf.cast(tf.reshape(tf.mul(x, x), [2, 3]), 'float32'))).toBe(product + shape);
    const back = (x: tf.Tensor) => tf.reshape(tf.reshape(tf.mul(x, x), [3, 2]), [2, 3]);
    expect(nodesOf(back)).toBe(product + reshape + 2 * shape);
    expect(nodesOf((x) => tf.reshape(back(x), [3, 2]))).toBe(product + reshape + 2 * shape);
    const twice = (x: tf.Tensor) => tf.reshape(tf.reshape(tf.mul(x, x), [3, 2]), [6]);
    expect(nodesOf(twice)).toBe(product + 2 * reshape + 2 * shape);
    const cast = 1;
    expect(nodesOf((x) => tf.cast(tf.mul(x, x), 'int32'))).toBe(product + cast);
  });

  it('returns arguments as they are, more than once too', () => {
    const x = tf.tensor1d([1, 2]);
    const [first, second] = compile((t: tf.Tensor) => [tf.reshape(t, [2]), t])(x);
    expect([values(first!), values(second!)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('refuses to read a value while tracing', () => {
    const f = compile((x: tf.Tensor) => tf.mul(x, x.dataSync()[0]!));
    expect(() => f(tf.ones([2]))).toThrow(
      "compile: got a read of a tensor's value (dataSync, arraySync, data, print), expected operations only: the function is being traced, there are no values yet. Return the tensor and read it outside, or compute with operations.",
    );
  });

  it('refuses host random numbers, which would be the same at every call', () => {
    expect(() => compile(() => tf.randomNormal([2]))()).toThrow(
      'compile: got host random numbers (tf.randomNormal, tf.dropout ...), expected numbers made on the device: host ones would be the same at every call. Use randomNormal or randomUniform of harness/engine/ops.ts with a key.',
    );
    expect(() => Math.random()).not.toThrow();
  });

  it('refuses side effects and gives the variable its value back', () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const f = compile((x: tf.Tensor) => {
      variable.assign(x as tf.Tensor1D);
      return x;
    });
    expect(() => f(tf.zeros([2]))).toThrow(
      'compile: got a variable that was assigned inside the function, expected no side effects. Take the value as an argument and return the new one.',
    );
    expect(values(variable)).toEqual([1, 2]);
    variable.dispose();
  });

  it('refuses a shape that depends on data', () => {
    const where = (x: tf.Tensor) =>
      (tf.backend() as unknown as { where(x: tf.Tensor): tf.Tensor }).where(tf.greater(x, 0));
    expect(() => compile(where)(tf.ones([4]))).toThrow(/compile|trace/);
  });

  it('refuses nesting and calls inside gradients', () => {
    const inner = compile((x: tf.Tensor) => tf.square(x));
    inner(tf.ones([2]));
    expect(() => compile((x: tf.Tensor) => inner(x))(tf.ones([2]))).toThrow(
      'compile: got a compiled function called while another is traced, expected no nesting. Call the plain function inside, and compile the outermost one.',
    );
    expect(() => tf.grad((x: tf.Tensor) => inner(x))(tf.ones([2]))).toThrow(
      'compile: got a compiled function called inside a gradient, expected the gradient inside the compiled function. Compile the function that calls tf.grads.',
    );
  });

  it('passes on what the function throws and works afterwards', () => {
    expect(() => compile((x: tf.Tensor) => tf.matMul(x as tf.Tensor2D, tf.ones([3, 3])))(tf.ones([4, 4]))).toThrow(
      /4.*3/,
    );
    expect(values(compile((x: tf.Tensor) => tf.sum(x))(tf.ones([4])))).toEqual([4]);
  });

  it('fails in words that are known as too little memory, and works afterwards', () => {
    const huge = compile((x: tf.Tensor) => tf.sum(tf.add(tf.tile(x, [2 ** 15, 2 ** 15]), 1)));
    const x = tf.ones([2 ** 5, 2 ** 15]);
    let thrown: unknown;
    try {
      huge(x);
    } catch (error) {
      thrown = error;
    }
    expect(isOutOfMemory(thrown)).toBe(true);
    expect(isOutOfMemory(new Error('Incompatible shapes: [2] vs. [3]'))).toBe(false);
    const small = compile((y: tf.Tensor) => tf.add(y, 1));
    expect(small(tf.scalar(1)).dataSync()[0]).toBe(2);
  });

  it('leaves no handle behind over many calls', () => {
    const f = compile((x: tf.Tensor) => tf.mul(x, 2));
    const call = () => tf.dispose([f(tf.ones([3]))]);
    tf.tidy(call);
    const before = engine.binding.getNumOfTensors();
    for (let i = 0; i < 200; i++) tf.tidy(call);
    expect(engine.binding.getNumOfTensors()).toBe(before);
  });

  it('says that a captured tensor was disposed of', () => {
    const captured = tf.ones([2]);
    const f = compile((x: tf.Tensor) => tf.add(x, captured), { name: 'uses_captured' });
    f(tf.ones([2]));
    captured.dispose();
    expect(() => f(tf.ones([2]))).toThrow(/^uses_captured_\d+: got a captured tensor that was disposed of, expected/);
  });

  it('can be removed from TensorFlow and traced again', () => {
    const f = compile((x: tf.Tensor) => tf.neg(x));
    f(tf.ones([2]));
    f.dispose();
    expect(f.traces()).toHaveLength(0);
    expect(values(f(tf.ones([2])))).toEqual([-1, -1]);
  });
});

describe('compileCarried', () => {
  interface State {
    readonly weight: tf.Tensor;
    readonly steps: tf.Tensor;
  }
  const step = (state: State, x: tf.Tensor): readonly [State, tf.Tensor] => {
    const { value, grad } = tf.valueAndGrad((w: tf.Tensor) => tf.mean(tf.square(tf.sub(tf.mul(w, 3), x))))(
      state.weight,
    );
    return [{ weight: tf.sub(state.weight, tf.mul(grad, 0.01)), steps: tf.add(state.steps, 1) }, value];
  };
  const initial = (): State => ({ weight: tf.tensor1d([1, -2, 0.5]), steps: tf.scalar(0) });

  it('moves the state on as the plain step does, to the bit', () => {
    const modes = (['compiled', 'eager'] as const).map((mode) => {
      const run = compileCarried(step, initial(), { mode });
      const losses = Array.from({ length: 5 }, (_, i) => values(run.run(tf.fill([3], i)))[0]);
      const state = run.read();
      const end = [losses, values(state.weight), values(state.steps)];
      run.dispose();
      return end;
    });
    expect(modes[0]).toEqual(modes[1]);
    expect(modes[0]![2]).toEqual([5]);
  });

  it('goes on from a written state', () => {
    const run = compileCarried(step, initial());
    run.run(tf.zeros([3]));
    const middle = run.read();
    const end = values(run.run(tf.zeros([3])));
    run.write(middle);
    expect(values(run.run(tf.zeros([3])))).toEqual(end);
    run.dispose();
  });

  it('makes at most ten handles per step and keeps their number constant', () => {
    const run = compileCarried(step, initial());
    tf.tidy(() => void run.run(tf.zeros([3])));
    const alive = engine.binding.getNumOfTensors();
    const made = engine.binding.handlesMade();
    for (let i = 0; i < 100; i++) tf.tidy(() => void run.run(tf.zeros([3])));
    expect(engine.binding.getNumOfTensors()).toBe(alive);
    expect((engine.binding.handlesMade() - made) / 100).toBeLessThanOrEqual(10);
    run.dispose();
  });

  it('refuses a step that returns a state of another shape', () => {
    const run = compileCarried((s: { a: tf.Tensor }) => [{ a: tf.concat([s.a, s.a]) }, s.a] as const, {
      a: tf.ones([2]),
    });
    expect(() => run.run()).toThrow(
      'compileCarried: got a state of structure {"a":float32[4]}, expected the structure it began with, {"a":float32[2]}. Return every tensor of the state with its shape and dtype.',
    );
  });
});

describe('device random numbers', () => {
  it('are the host generator bit for bit: the 23 low bits of each Philox word', () => {
    const host = new HostRandom(11, 'dropout', 2 ** 33 + 5);
    const expected = Array.from({ length: 20 }, () => (host.uint32() & 0x7fffff) / 2 ** 23);
    expect(values(randomUniform([4, 5], randomKey(11, 'dropout', 2 ** 33 + 5)))).toEqual(expected);
  });

  it('of a part of a batch are those of the whole batch', () => {
    const key = randomKey(0, 'noise', 1);
    const whole = values(randomNormal([6, 4], key));
    expect(values(randomNormal([2, 4], key, 4 * 4))).toEqual(whole.slice(16));
    expect(values(randomNormal([2, 4], randomKey(0, 'noise', 1, 4)))).toEqual(whole.slice(16));
  });
});
