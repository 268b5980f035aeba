/** @file Formats a plan as text: published beside as run, five choices, stages, cost, deviations. */
import { formatBytes, formatCount, formatDuration, significant } from '../core/units.ts';
import { projectedLevel } from '../method/sampling.ts';
import { choiceNames, tuningNames } from '../recipe/diff.ts';
import type { Calibration, Cost } from './cost.ts';
import { drawsOf, lastGridLevels } from './resolve.ts';
import { Timetable, type StageSpan } from './timetable.ts';
import { tuningAsRun } from './tuning.ts';
import type { Plan } from './types.ts';

/** The whole plan for a terminal, without a final newline. */
export function planText(plan: Plan, cost: Cost, calibration?: Calibration): string {
  return [
    heading(plan),
    table('Recipe', [['', 'published', 'as run'], ...recipeRows(plan)]),
    table(
      'The five choices',
      choiceNames.map((choice) => [choice, optionText(plan.recipe.method[choice])]),
    ),
    ...(plan.weights ? [] : [table('Stages', stageRows(new Timetable(plan)))]),
    table('Cost', costRows(plan, cost, calibration)),
    list(
      'Deviations',
      plan.recipe.deviations.map(({ what, why }) => `${what} (${why})`),
    ),
  ].join('\n\n');
}

/** What the whole command costs: one line under the plans of its cells. */
export function commandText(costs: readonly Cost[], calibration?: Calibration): string {
  const sum = (part: (cost: Cost) => number): number => costs.reduce((total, cost) => total + part(cost), 0);
  const flop = sum(({ trainFlop, sampleFlop }) => trainFlop + sampleFlop);
  const disk = sum(({ bytes }) => bytes.checkpoint + bytes.samples) + (costs[0]?.bytes.dataset ?? 0);
  const seconds = calibration
    ? `, ${spanText(
        sum(({ deviceSeconds }) => deviceSeconds ?? 0),
        calibration,
      )} at that rate`
    : '';
  const cells = costs.length === 1 ? '1 cell' : `${costs.length} cells, one after the other`;
  return `Whole command: ${cells}, ${significant(flop, 3)} FLOP${seconds}, about ${formatBytes(disk)} on disk; scoring not counted.`;
}

function heading({ recipe, scale, seed, engine, weights, fingerprint }: Plan): string {
  const settings = [
    engine.device,
    engine.mode,
    engine.precision,
    ...(engine.xla ? ['xla'] : []),
    ...(engine.tf32 ? ['tf32'] : []),
    ...(engine.deterministic ? ['deterministic'] : ['not deterministic']),
    ...(engine.groupNorm === 'native' ? ['native group normalisation'] : []),
    ...(engine.recompute ? ['activations recomputed'] : []),
    `${engine.microBatchImages} images per pass`,
  ];
  return [
    `Plan ${fingerprint.slice(0, 12)}: ${recipe.id} (version ${recipe.version}) at scale ${scale.id}, seed ${seed}`,
    `  ${recipe.source}`,
    `  engine: ${settings.join(', ')}`,
    ...(weights
      ? [`  weights: ${weights.part} of ${weights.file}, sha256 ${weights.sha256.slice(0, 12)}; nothing is trained`]
      : []),
  ].join('\n');
}

/** Every number of `tuning` and the ends of the curriculum; equal columns say that the scale left it alone. */
function recipeRows({ recipe, asRun }: Plan): string[][] {
  const { tuning, method } = recipe;
  const used = tuningAsRun({ recipe, asRun });
  const rows = tuningNames.map((name) => [name, numberText(tuning[name]), numberText(used[name])]);
  const curriculum = (s0: number, s1: number): string => `${s0} to ${s1}`;
  return [
    ...rows,
    ['images trained on', formatCount(tuning.steps * tuning.batchImages), formatCount(asRun.steps * asRun.batchImages)],
    ['intervals', curriculum(method.curriculum.s0, method.curriculum.s1), curriculum(asRun.s0, asRun.s1)],
  ];
}

function optionText({ kind, ...parameters }: Readonly<{ kind: string }>): string {
  return [kind, ...Object.entries(parameters).map(([name, value]) => `${name} ${String(value)}`)].join(', ');
}

/** Stages of the doubling curriculum whole; of a long square-root one the first and last few. */
function stageRows(timetable: Timetable): string[][] {
  const spans = timetable.spans();
  const row = ({ N, firstStep, steps }: StageSpan): string[] => {
    const { muTeacher } = timetable.at(firstStep);
    const teacher = muTeacher === null ? 'teacher is the student' : `mu ${significant(muTeacher, 7)}`;
    return [`steps ${formatCount(firstStep)} to ${formatCount(firstStep + steps - 1)}`, `N ${N}`, teacher];
  };
  if (spans.length <= 12) return spans.map(row);
  const left = spans.length - 6;
  return [...spans.slice(0, 3).map(row), [`${left} more stages`, '', ''], ...spans.slice(-3).map(row)];
}

function costRows(plan: Plan, cost: Cost, calibration?: Calibration): string[][] {
  const { asRun, weights } = plan;
  const { bytes, network } = cost;
  const flop = (value: number): string => `${significant(value, 3)} FLOP`;
  const points = asRun.curveSteps.length;
  const draws = drawsOf(plan);
  const samples = `${draws > 1 ? `${draws} draws of ` : ''}${formatCount(asRun.sampleImages)}`;
  return [
    ['network', `${formatCount(network.parameters)} parameters, ${significant(network.macs / 1e9, 4)} GMAC per image`],
    [
      'training',
      `${formatCount(cost.trainImages)} images at ${significant(cost.flopPerTrainImage / 1e9, 4)} GFLOP: ${flop(cost.trainFlop)}`,
    ],
    [
      'samples',
      weights
        ? `${samples}, one and two steps: ${flop(cost.sampleFlop)}`
        : `${samples} at the end and ${formatCount(asRun.curveImages)} at each of ${points} points, one and two steps: ${flop(cost.sampleFlop)}`,
    ],
    ['second level', secondLevelText(plan)],
    ['device time', timeText(cost, calibration)],
    ['memory', memoryText(plan, bytes)],
    [
      'disk',
      `data ${formatBytes(bytes.dataset)}, samples ${formatBytes(bytes.samples)}, ${formatBytes(bytes.checkpoint)} per checkpoint (every ${formatCount(asRun.checkpointEverySteps)} steps)`,
    ],
  ];
}

function secondLevelText(plan: Plan): string {
  const { levels, sampling } = plan.recipe;
  if (sampling.midSigma === null) return 'searched at the end; its samples are not counted';
  const { sigma, index, N } = projectedLevel(sampling.midSigma, lastGridLevels(plan), levels);
  return `${significant(sigma, 6)}, index ${index} of the ${N} levels of the last grid: the nearest to the published ${sampling.midSigma}`;
}

function memoryText({ engine, weights }: Plan, bytes: Cost['bytes']): string {
  const where =
    engine.device === 'cpu' ? `in the process, ${formatBytes(bytes.runtime)} before it begins` : 'on the device';
  const held = `weights ${formatBytes(bytes.parameters)}`;
  if (weights) return `about ${formatBytes(bytes.peak)} ${where}: ${held}`;
  const state = `moments ${formatBytes(bytes.optimizer)}, averages ${formatBytes(bytes.samplingEma + bytes.teacher)}`;
  const gradients = `gradients ${formatBytes(bytes.gradients)} and activations about ${formatBytes(bytes.activations)}`;
  return `about ${formatBytes(bytes.peak)} ${where}: ${held}, ${state}; then ${gradients}, or ${formatBytes(bytes.update)} for the update`;
}

function timeText({ deviceSeconds }: Cost, calibration?: Calibration): string {
  if (deviceSeconds === null || !calibration) return 'unknown: the engine was not measured';
  return `${spanText(deviceSeconds, calibration)} for training and sampling at ${rateText(calibration)}; scoring not counted`;
}

/** `34.6 TFLOP/s (25.0 to 48.0), an estimate for A100 SXM 80 GB` */
export function rateText({ flopsPerSecond, device, basis, measured }: Calibration): string {
  const tera = (rate: number): string => significant(rate / 1e12, 3);
  const rate = `${tera(flopsPerSecond)} TFLOP/s`;
  switch (basis?.kind) {
    case undefined:
      return `${rate} measured on ${device}${measured === undefined ? '' : `, ${measured.slice(0, 10)}`}`;
    case 'estimated':
      return `${rate} (${tera(basis.low)} to ${tera(basis.high)}), an estimate for ${device}`;
    case 'given':
      return `${rate}, as given`;
  }
}

/** `about 43 min (31 min to 1 h)` where the rate is an estimate, else `43 min`. */
function spanText(seconds: number, { flopsPerSecond, basis }: Calibration): string {
  if (basis?.kind !== 'estimated') return formatDuration(seconds);
  const at = (rate: number): string => formatDuration((seconds * flopsPerSecond) / rate);
  return `about ${formatDuration(seconds)} (${at(basis.high)} to ${at(basis.low)})`;
}

function numberText(value: number | null): string {
  if (value === null) return 'none';
  return Math.abs(value) >= 1000 ? value.toLocaleString('en-US') : String(value);
}

/** Columns: the first to the left, of three columns the others to the right. */
function table(title: string, rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const isNumeric = rows[0]?.[1] === 'published';
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        isNumeric && column > 0 ? cell.padStart(widths[column]! + 2) : cell.padEnd(widths[column]! + 2),
      )
      .join('')
      .trimEnd();
  return [title, ...rows.map((row) => `  ${line(row)}`)].join('\n');
}

function list(title: string, items: readonly string[]): string {
  return [title, ...items.map((item) => `  - ${item}`)].join('\n');
}
