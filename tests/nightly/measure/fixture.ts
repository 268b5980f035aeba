/** @file A tiny nightly plan, answers of builds that need no engine, and a clock that is moved by hand. */
import type { Clock } from '../../../harness/core/clock.ts';
import type { ProbeAnswer, ProbeValue } from '../../../harness/nightly/measure/protocol.ts';
import type { NightlyPlan, PairedRow } from '../../../harness/nightly/row.ts';
import type { Machine } from '../../../harness/results/origin/machine.ts';

export const machine: Machine = {
  cpuModel: 'a processor',
  cores: 2,
  memoryBytes: 8e9,
  gpu: null,
  os: 'Linux',
  node: '20.20.2',
  tensorflow: '2.21.0',
  tfjs: '4.22.0',
  threads: { intraOp: 2, interOp: 2 },
  fingerprint: '1'.repeat(64),
};

const anywhere = { version: 1, quick: true, device: 'any' } as const;

/** One row of each kind, and one that needs a GPU. */
export const plan: NightlyPlan = {
  schema: 'consistency-harness/nightly-plan@1',
  gate: {
    alphaFirst: 0.01,
    alphaConfirm: 0.01,
    confidence: 0.95,
    fewestPairs: 7,
    mostPairs: 14,
    narrowEnough: 0.5,
    seed: 1,
  },
  rows: [
    {
      ...anywhere,
      id: 'hash',
      title: 'hash',
      group: 'fixed',
      budgetSeconds: 40,
      kind: 'exact',
      unit: 'sha256',
      better: 'equal',
      tolerance: 0,
    },
    {
      ...anywhere,
      id: 'nodes',
      title: 'nodes',
      group: 'fixed',
      budgetSeconds: 40,
      kind: 'count',
      unit: 'nodes',
      better: 'lower',
    },
    {
      ...anywhere,
      id: 'score',
      title: 'score',
      group: 'cells',
      quick: false,
      budgetSeconds: 40,
      kind: 'quality',
      unit: 'fd',
      better: 'lower',
      margin: 0.1,
      seeds: [1, 2],
    },
    {
      ...anywhere,
      id: 'step',
      title: 'step',
      group: 'steps',
      budgetSeconds: 100,
      kind: 'speed',
      unit: 'ms',
      better: 'lower',
      margin: 0.03,
    },
    {
      ...anywhere,
      id: 'memory',
      title: 'memory',
      group: 'steps',
      budgetSeconds: 100,
      kind: 'memory',
      unit: 'bytes',
      better: 'lower',
      margin: 0.05,
    },
    {
      ...anywhere,
      id: 'gpu-step',
      title: 'step of a GPU',
      group: 'gpu-steps',
      device: 'gpu',
      budgetSeconds: 100,
      kind: 'speed',
      unit: 'ms',
      better: 'lower',
      margin: 0.03,
    },
  ],
};

export const pairedRows = plan.rows.filter((row): row is PairedRow => row.group === 'steps');

export const values: Readonly<Record<string, Readonly<Record<string, ProbeValue>>>> = {
  machine: {},
  fixed: {
    hash: { kind: 'exact', sha256: 'a'.repeat(64), numbers: { loss: 1 } },
    nodes: { kind: 'count', value: 3, parts: { Add: 1, Mul: 2 } },
  },
  cells: { score: { kind: 'quality', score: 10 } },
  steps: { step: { kind: 'paired', value: 100 }, memory: { kind: 'paired', value: 1e6 } },
};

export function answer(rows: Readonly<Record<string, ProbeValue>>, of = machine, version = 1): ProbeAnswer {
  const versioned = Object.entries(rows).map(([id, value]) => [id, { version, value }] as const);
  return { protocol: 1, machine: of, rows: Object.fromEntries(versioned) };
}

/** A clock that moves when it is told to. */
export class HandClock implements Clock {
  private milliseconds = 0;
  now(): number {
    return this.milliseconds;
  }
  date(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.milliseconds);
  }
  pass(milliseconds: number): void {
    this.milliseconds += milliseconds;
  }
}
