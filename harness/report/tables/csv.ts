/**
 * @file Writes results.csv: one row per score with its identity, one row per cell without scores.
 *
 * Fixed columns.
 */
import { stringify } from 'csv-stringify/sync';
import type { Result } from '../../results/schema.ts';
import { parseMetric } from '../../score/metric.ts';
import type { LedgerRow, Run } from '../../results/run.ts';
import type { ScoreIdentity } from '../../score/identity.ts';
import type { Floor } from '../../score/score.ts';

/** In this order in the file. Units stand in the names; an empty field is "does not apply" or "not measured". */
export const csvColumns = [
  'run',
  'dataset',
  'scale',
  'recipe',
  'recipeVersion',
  'seed',
  'state',
  'point',
  'step',
  'trainingImages',
  'metric',
  'better',
  'nfe',
  'sigmas',
  'draw',
  'value',
  'floor',
  'floorSamples',
  'samples',
  'weights',
  'quantisation',
  'extractor',
  'extractorSha256',
  'resize',
  'reference',
  'referenceSha256',
  'referenceImages',
  'featureBatchImages',
  'featureDtype',
  'featureDevice',
  'trainImagesPerSecond',
  'trainWaitingShare',
  'trainSeconds',
  'pauseSeconds',
  'programSeconds',
  'peakResidentBytes',
  'peakDeviceBytes',
  'precision',
  'device',
  'ranks',
  'cpuModel',
  'gpuModel',
  'tensorflow',
  'warnings',
  'planFingerprint',
  'recipeFingerprint',
  'machineFingerprint',
  'commit',
  'dirty',
  'resultSha256',
] as const;

type CsvRow = Readonly<Partial<Record<(typeof csvColumns)[number], string | number | boolean | null>>>;

/** The file's text: RFC 4180 with `\n`, booleans as `true` and `false`, formulas of spreadsheets disarmed. */
export function resultsCsv(run: Run): string {
  const rows = run.ledger.flatMap((row) => (row.result ? rowsOf(run, row, row.result) : [cellPart(run, row)]));
  return stringify(rows, {
    header: true,
    columns: [...csvColumns],
    cast: { boolean: (value) => (value ? 'true' : 'false') },
    escape_formulas: true,
    record_delimiter: '\n',
  });
}

function rowsOf(run: Run, row: LedgerRow, result: Result): CsvRow[] {
  const cell = { ...cellPart(run, row), ...resultPart(result) };
  const end = { point: 'end', step: result.progress.steps, trainingImages: result.progress.images };
  const scores = result.scores.flatMap((score) =>
    [score.value, ...score.redraws].map((value, draw): CsvRow => ({
      ...cell,
      ...end,
      ...measurePart(score),
      draw,
      value,
    })),
  );
  const curves = result.curves.flatMap((curve) =>
    curve.points.map(({ step, images, value }): CsvRow => ({
      ...cell,
      point: 'curve',
      step,
      trainingImages: images,
      ...measurePart(curve),
      draw: 0,
      value,
    })),
  );
  return scores.length + curves.length > 0 ? [...scores, ...curves] : [{ ...cell, ...end }];
}

function cellPart({ registration }: Run, { recipeId, seed, state, planFingerprint }: LedgerRow): CsvRow {
  const recipe = registration.recipes.find(({ id }) => id === recipeId)!;
  return {
    run: registration.name,
    dataset: registration.dataset,
    scale: registration.scale,
    recipe: recipeId,
    recipeVersion: recipe.version,
    seed,
    state,
    planFingerprint,
    recipeFingerprint: recipe.fingerprint,
  };
}

function resultPart(result: Result): CsvRow {
  const { plan, throughput, time, memory, machine, ranks, provenance, warnings, contentSha256 } = result;
  const training = throughput.find(({ what }) => what === 'train');
  return {
    trainImagesPerSecond: training?.imagesPerSecond ?? null,
    trainWaitingShare: training?.waitingShare ?? null,
    ...time,
    peakResidentBytes: memory.peakResidentBytes,
    peakDeviceBytes: memory.peakDeviceBytes,
    precision: plan.engine.precision,
    device: plan.engine.device,
    ranks: ranks ?? 1,
    cpuModel: machine.cpuModel,
    gpuModel: machine.gpu?.model ?? null,
    tensorflow: machine.tensorflow,
    warnings: [...new Set(warnings.map(({ kind }) => kind))].join(' '),
    machineFingerprint: machine.fingerprint,
    commit: provenance.commit,
    dirty: provenance.dirty,
    resultSha256: contentSha256,
  };
}

function measurePart(measured: {
  readonly metric: string;
  readonly nfe: number;
  readonly sigmas: readonly number[];
  readonly floor: Floor | null;
  readonly identity: ScoreIdentity;
}): CsvRow {
  const { metric, nfe, sigmas, floor, identity } = measured;
  return {
    metric,
    better: parseMetric(metric).better,
    nfe,
    sigmas: sigmas.join(' '),
    floor: floor?.value ?? null,
    floorSamples: floor?.samples ?? null,
    samples: identity.samples,
    weights: identity.weights,
    quantisation: identity.quantisation,
    extractor: identity.extractor,
    extractorSha256: identity.extractorSha256,
    resize: identity.resize,
    reference: identity.reference,
    referenceSha256: identity.referenceSha256,
    referenceImages: identity.referenceImages,
    featureBatchImages: identity.batchImages,
    featureDtype: identity.dtype,
    featureDevice: identity.device,
  };
}
