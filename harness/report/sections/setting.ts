/**
 * @file Setting of the run: deviations, machines, random streams, amendments, commands.
 *
 * The commands start the run again.
 */
import { formatBytes } from '../../core/units.ts';
import type { Machine } from '../../results/origin/machine.ts';
import { cellAnchor, type ReportContext } from './context.ts';
import { hashText, listText, parameterText, percentText } from '../words/numbers.ts';

export interface DeviationRow {
  readonly what: string;
  readonly why: string;
  readonly source: string;
  readonly recipes: string;
}

export interface MachineTable {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly value: string }[];
}

export interface StreamRow {
  readonly stream: string;
  readonly keys: readonly string[];
}

export interface NoteView {
  readonly mark: string;
  readonly text: string;
  readonly cells: readonly { readonly text: string; readonly href: string }[];
  readonly everywhere: boolean;
}

/** Each declared deviation once, with the recipes that have it. */
export function deviationRows({ run, recipes }: ReportContext): DeviationRow[] {
  const found = new Map<string, { source: string; what: string; why: string; recipes: Set<string> }>();
  const add = (label: string, what: string, why: string, source: string): void => {
    const key = JSON.stringify([what, why]);
    const known = found.get(key) ?? { what, why, source, recipes: new Set() };
    known.recipes.add(label);
    found.set(key, known);
  };
  for (const { label, sample } of recipes) {
    for (const { what, why, source } of sample?.plan.recipe.deviations ?? []) add(label, what, why, source);
  }
  for (const { recipeId, result } of run.ledger) {
    const label = recipes.find(({ id }) => id === recipeId)!.label;
    for (const warning of result?.warnings ?? []) {
      if (warning.kind === 'declared-deviation') add(label, warning.what, warning.why, 'declared by the run');
    }
  }
  return [...found.values()].map(({ recipes: labels, ...row }) => ({ ...row, recipes: listText([...labels]) }));
}

/** Each distinct machine once, with the cells that ran on it. */
export function machineTables({ run }: ReportContext): MachineTable[] {
  const machines = new Map<string, { machine: Machine; cells: string[]; ranks: Set<number> }>();
  for (const { cell, result } of run.ledger) {
    if (!result) continue;
    const known = machines.get(result.machine.fingerprint) ?? {
      machine: result.machine,
      cells: [],
      ranks: new Set(),
    };
    known.cells.push(cell);
    known.ranks.add(result.ranks ?? 1);
    machines.set(result.machine.fingerprint, known);
  }
  const total = run.ledger.filter(({ result }) => result !== null).length;
  return [...machines.values()].map(({ machine, cells, ranks }) => ({
    title: cells.length === total ? 'All cells ran on this machine' : listText(cells),
    rows: [...machineRows(machine), ...ranksRow([...ranks])],
  }));
}

/** How many processes shared the batches of a cell; nothing where each cell was one. */
function ranksRow(ranks: readonly number[]): MachineTable['rows'] {
  if (ranks.every((count) => count === 1)) return [];
  const counts = [...ranks].sort((a, b) => a - b).map(String);
  return [{ name: 'processes per cell', value: `${listText(counts)}; each batch is shared by them` }];
}

function machineRows({ cpuModel, cores, memoryBytes, gpu, os, node, tensorflow, tfjs, threads, fingerprint }: Machine) {
  const gpuText = gpu
    ? [gpu.model, gpu.memoryBytes === null ? null : formatBytes(gpu.memoryBytes), gpu.driver && `driver ${gpu.driver}`]
        .filter(Boolean)
        .join(', ')
    : 'none used';
  return [
    { name: 'processor', value: `${cpuModel}, ${parameterText(cores)} cores` },
    { name: 'memory', value: formatBytes(memoryBytes) },
    { name: 'GPU', value: gpuText },
    { name: 'system', value: os },
    { name: 'Node.js', value: node },
    { name: 'TensorFlow', value: tensorflow },
    { name: 'TensorFlow.js', value: tfjs },
    {
      name: 'threads',
      value: `${threads.intraOp ?? 'default'} inside an operation, ${threads.interOp ?? 'default'} between operations`,
    },
    { name: 'fingerprint', value: hashText(fingerprint) },
  ];
}

/** How the engine ran, per distinct setting. */
export function engineRows({ recipes }: ReportContext): { readonly name: string; readonly value: string }[] {
  const settings = recipes.flatMap(({ label, sample }) => (sample ? [{ label, engine: sample.plan.engine }] : []));
  const texts = settings.map(({ label, engine }) => ({
    label,
    text: [
      engine.device === 'gpu' ? 'GPU' : 'CPU',
      `${engine.mode} step`,
      engine.precision,
      engine.xla ? 'XLA' : 'no XLA',
      engine.tf32 ? 'TF32' : 'no TF32',
      engine.deterministic ? 'deterministic operations' : 'operations not forced to be deterministic',
      `micro-batches of ${parameterText(engine.microBatchImages)}`,
      ...(engine.reduction === 'fast' ? [`gradients of ${engine.ranks!} processes added in no fixed order`] : []),
      ...(engine.groupNorm === 'native' ? ['native group normalisation'] : []),
      engine.recompute ? 'activations recomputed' : 'activations kept',
    ].join(', '),
  }));
  const distinct = [...new Set(texts.map(({ text }) => text))];
  return distinct.map((value) => ({
    name: listText(texts.filter(({ text }) => text === value).map(({ label }) => label)),
    value,
  }));
}

/** Streams by name with the key at each seed; CT and iCT at one seed share their keys, which is what pairs them. */
export function streamRows({ run, seeds }: ReportContext): StreamRow[] {
  const results = run.ledger.flatMap(({ result }) => (result ? [result] : []));
  const names = [...new Set(results.flatMap(({ streams }) => streams.map(({ stream }) => stream)))];
  return names.map((stream) => ({
    stream,
    keys: seeds.map((seed) => {
      const keys = results
        .filter((result) => result.seed === seed)
        .flatMap(({ streams }) => streams.filter((entry) => entry.stream === stream).map(({ key }) => key));
      return [...new Set(keys)].join(', ') || '\u2013';
    }),
  }));
}

export function noteViews({ notes, run, recipes }: ReportContext): NoteView[] {
  const written = run.ledger.filter(({ result }) => result !== null);
  return notes.map(({ mark, text, cells }) => ({
    mark,
    text,
    everywhere: cells.length === written.length,
    cells: written
      .filter(({ cell }) => cells.includes(cell))
      .map((row) => ({
        text: `${recipes.find(({ id }) => id === row.recipeId)!.label} seed ${row.seed}`,
        href: `#${cellAnchor(row)}`,
      })),
  }));
}

/** What was registered before, when it was changed after the run had begun. */
export function amendmentTexts({ run }: ReportContext): string[] {
  return run.registration.amendments.map(
    ({ why, recipes, seeds, judgement }) =>
      `Before: ${listText(recipes.map(({ id }) => id))} with seeds ${listText(seeds.map(String))}, confidence ${percentText(judgement.confidence)}, margin ${percentText(judgement.relativeMargin)}, at least ${judgement.minimumSeeds} seeds. Changed because: ${why}`,
  );
}
