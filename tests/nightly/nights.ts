/** @file Nights made by hand for tests: a plan of one row of each kind, and what each delivers. */
import type { HistoryEntry } from '../../harness/nightly/history-entry.ts';
import type { Delivery, Night, Pair } from '../../harness/nightly/night.ts';
import type { Gate, NightlyRow } from '../../harness/nightly/row.ts';

export const gate: Gate = {
  alphaFirst: 0.005,
  alphaConfirm: 0.01,
  confidence: 0.95,
  fewestPairs: 8,
  mostPairs: 40,
  narrowEnough: 0.5,
  seed: 0,
};

const shared = { version: 1, title: 'a row', group: 'one', quick: true, budgetSeconds: 60, device: 'any' } as const;

export const rows = {
  hash: { ...shared, id: 'hash', kind: 'exact', unit: 'sha256', better: 'equal', tolerance: 1e-4 },
  nodes: { ...shared, id: 'nodes', kind: 'count', unit: 'nodes', better: 'lower' },
  step: { ...shared, id: 'step', kind: 'speed', unit: 'ms', better: 'lower', margin: 0.02 },
  memory: { ...shared, id: 'memory', kind: 'memory', unit: 'bytes', better: 'lower', margin: 0.05 },
  twin: { ...shared, id: 'twin', kind: 'quality', unit: 'fd', better: 'lower', margin: 0.1, seeds: [0, 1, 2] },
} as const satisfies Record<string, NightlyRow>;

/** The commit of a one-letter name. */
export const commitOf = (letter: string): string => letter.repeat(40);
export const hashOf = (letter: string): string => letter.repeat(64);

export function exact(letter: string, loss = 0.5, earlier: string | null = null): Delivery {
  const value = (sha: string) => ({ sha256: hashOf(sha), numbers: { loss } });
  return { kind: 'exact', tonight: value(letter), earlier: earlier === null ? null : value(earlier) };
}

export function count(parts: Record<string, number>, earlier: Record<string, number> | null = null): Delivery {
  const value = (of: Record<string, number>) => ({ value: Object.values(of).reduce((a, b) => a + b, 0), parts: of });
  return { kind: 'count', tonight: value(parts), earlier: earlier && value(earlier) };
}

/** Pairs whose ratio is `ratio` times one of a fixed symmetric scatter of +-1 %; without an earlier build where `alone`. */
export function pairs(ratio: number, { count: many = 20, alone = false, base = 100 } = {}): Pair[] {
  return Array.from({ length: many }, (_, i) => ({
    tonight: base * ratio * Math.exp(0.01 * Math.sin(2.4 * i + 0.3)),
    earlier: alone ? null : base,
    first: i % 2 ? 'tonight' : 'earlier',
  }));
}

export function paired(...stages: Pair[][]): Delivery {
  return { kind: 'paired', stages };
}

export function quality(tonight: readonly number[], earlier: readonly number[] | null): Delivery {
  const seeds = tonight.map((value, seed) => ({ seed, tonight: value, earlier: earlier ? earlier[seed]! : null }));
  return { kind: 'quality', seeds, missing: [] };
}

interface NightOptions {
  readonly commit?: string;
  readonly dirty?: boolean;
  /** Null: there was no earlier build. */
  readonly against?: string | null;
  readonly day?: number;
  readonly plan?: readonly NightlyRow[];
}

/** A night that plans the rows that it delivers, unless told otherwise. */
export function night(deliveries: Readonly<Record<string, Delivery>>, options: NightOptions = {}): Night {
  const { commit = 'b', dirty = false, against = 'a', day = 1 } = options;
  const known: Readonly<Record<string, NightlyRow>> = rows;
  const begun = `2026-03-${String(day).padStart(2, '0')}T02:00:00.000Z`;
  return {
    schema: 'consistency-harness/night@1',
    begun,
    ended: begun,
    plan: {
      schema: 'consistency-harness/nightly-plan@1',
      gate,
      rows: options.plan ?? Object.keys(deliveries).map((id) => known[id]!),
    },
    planSha256: hashOf('0'),
    quick: false,
    build: { commit: commitOf(commit), dirty },
    against:
      against === null
        ? { ref: null, why: 'none was asked for' }
        : { ref: 'main', build: { commit: commitOf(against), dirty: false } },
    machine: {
      cpuModel: 'a processor',
      cores: 2,
      memoryBytes: 2 ** 33,
      gpu: null,
      os: 'an operating system',
      node: '20.19.0',
      tensorflow: '2.21.0',
      tfjs: '4.22.0',
      threads: { intraOp: null, interOp: null },
      fingerprint: hashOf('f'),
    },
    foreignProcessorShare: 0.02,
    deliveries,
    walks: [],
  };
}

export function entry(of: Night): HistoryEntry {
  return { kind: 'night', at: of.ended, red: false, headline: 'as recorded', night: of };
}

export function acceptance(
  row: string,
  value: Extract<HistoryEntry, { kind: 'acceptance' }>['value'],
  commit = 'b',
): HistoryEntry {
  const at = '2026-03-20T09:00:00.000Z';
  return { kind: 'acceptance', at, row, version: 1, value, why: 'it is meant to', commit: commitOf(commit) };
}
