/** @file Times the exchange of gradients between ranks: both reductions of training, beside a plain ring. */
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../../core/clock.ts';
import { compile } from '../../engine/compile/compile.ts';
import type { Group } from '../../engine/engine.ts';
import type { Team } from '../../ranks/team.ts';
import { reductions } from '../../plan/types.ts';
import { sumOverRanks, type PassSum } from '../../train/sum/rank-sum.ts';
import { Ring } from './ring.ts';
import { takeTurns, type Turns } from './turns.ts';

/** @throws Error when two ways give sums that differ by more than rounding */
export async function timeAllReduce(
  team: Team,
  group: Group,
  {
    numbers,
    rounds,
    host,
    clock,
  }: { readonly numbers: number; readonly rounds: number; readonly host: string; readonly clock: Clock },
): Promise<Turns> {
  const ring = await Ring.open(team, host);
  const values = Float32Array.from({ length: numbers }, (_, i) => Math.sin(i + team.rank));
  const own: PassSum = { loss: tf.scalar(team.rank), gradient: tf.tensor1d(values) };
  const sums = reductions.map((reduction) => {
    const sum = compile(
      (one: { readonly loss: tf.Tensor; readonly gradient: tf.Tensor }) => {
        const { loss, gradient } = sumOverRanks([one], team.ranks, { group, reduction });
        return { loss, gradient };
      },
      { name: `sum_${reduction}` },
    );
    return { name: reduction, call: () => sum({ ...own }) };
  });
  const ringed = values.slice();
  await ring.allReduce(ringed);
  for (const { name, call } of sums) requireEqual(name, call().gradient, ringed);
  const turns = await takeTurns(
    team,
    [
      ...sums.map(({ name, call }) => ({
        name,
        work: () => {
          const { loss, gradient } = call();
          // A value of the result has been read when all of it is there.
          tf.slice(gradient, numbers - 1, 1).dataSync();
          tf.dispose([loss, gradient]);
        },
      })),
      { name: 'ring', work: () => ring.allReduce(values.slice()) },
    ],
    { rounds, clock },
  );
  ring.close();
  return turns;
}

function requireEqual(name: string, tensor: tf.Tensor, expected: Float32Array): void {
  const got = tensor.dataSync();
  tensor.dispose();
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(got[i]! - expected[i]!) <= 1e-6))
      throw new Error(`${name}: number ${i} is ${got[i]}, the ring has ${expected[i]}`);
}
