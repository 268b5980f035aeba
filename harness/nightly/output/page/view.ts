/** @file View of a night's page: its contents as plain data, in page order. */
import { join } from 'node:path';
import { shellWord } from '../../../core/shell.ts';
import { formatBytes, formatDuration } from '../../../core/units.ts';
import { bundledScript } from '../../../report/page/bundle.ts';
import { hashText, intervalText, percentText, probabilityText } from '../../../report/words/numbers.ts';
import type { Delivery, Night } from '../../night.ts';
import type { Gate } from '../../row.ts';
import { rowVerdicts, type NightVerdict, type RowVerdict } from '../../verdict.ts';
import type { Past } from '../past.ts';
import {
  againstText,
  buildText,
  calibrationText,
  changeText,
  commitText,
  dayText,
  judgedRows,
  leftOutLines,
  redFirst,
  smallestFoundText,
  valueText,
  verdictText,
} from '../words.ts';
import type { RejudgeData } from './browser/rejudge.ts';
import { ratioFigure, trendFigure } from './charts.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
}

/** It is a function of the night, its verdict and what came before. */
export function nightView(night: Night, verdict: NightVerdict, past: Past) {
  const rows = redFirst(verdict.rows);
  const planned = night.plan.rows;
  return {
    title: `Night of ${dayText(night.begun)}: ${verdict.red ? 'red' : 'green'}`,
    name: 'nightly benchmarks',
    headline: verdict.headline,
    colour: verdict.red ? 'red' : 'green',
    calibration: calibrationText(past.calibration),
    facts: headFacts(night),
    red: rows.filter((row) => rowVerdicts[row.verdict].red).map((row) => redView(row, night)),
    rows: judgedRows(rows).map((row) => rowView(row, night, past)),
    leftOut: leftOutLines(rows),
    pairs: rows.flatMap((row) => {
      const plan = planned.find(({ id }) => id === row.id);
      const delivery = night.deliveries[row.id];
      const figure = plan && delivery ? ratioFigure(plan, delivery, row) : null;
      return figure ? [figure] : [];
    }),
    trends: planned.flatMap((row) => trendFigure(row, night, past) ?? []),
    earlierNights: past.nights.length,
    changePoints: past.changePoints.map(({ row, night: begun, commits, change }) => ({
      row,
      night: dayText(begun),
      change: changeText(change),
      commits: commits.map(commitText),
    })),
    vanished: rows.filter((row) => row.verdict === 'vanished').map(({ id, why }) => ({ id, why })),
    acceptances: past.acceptances.map(({ at, row, why, commit }) => ({
      at: dayText(at),
      row,
      why,
      commit: commitText(commit),
    })),
    machine: machineFacts(night),
    noise: noiseFacts(night, past),
    gate: gateFacts(night.plan.gate),
    plan: planned.map((row) => ({
      id: row.id,
      title: row.title,
      version: row.version,
      kind: row.kind,
      unit: row.unit,
      better: row.better,
      budget: formatDuration(row.budgetSeconds),
      limit: 'margin' in row ? percentText(row.margin) : row.kind === 'count' ? '0' : String(row.tolerance),
    })),
    planHash: { short: hashText(night.planSha256), full: night.planSha256 },
    commands: commandsOf(night, rows),
    alphas: { first: choices(night.plan.gate.alphaFirst), confirm: choices(night.plan.gate.alphaConfirm) },
    margins: [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2].map((value) => ({ value, text: percentText(value) })),
    rejudge: rejudgeData(night, verdict, past),
    script: bundledScript(join(import.meta.dirname, 'browser', 'rejudge.ts')),
  };
}

function headFacts(night: Night): Fact[] {
  const seconds = (Date.parse(night.ended) - Date.parse(night.begun)) / 1000;
  return [
    { name: 'build', value: buildText(night) },
    { name: 'against', value: againstText(night) },
    { name: 'length', value: `${night.quick ? 'quick' : 'whole'}, ${formatDuration(seconds)}` },
    { name: 'machine', value: `${night.machine.cpuModel}, ${night.machine.cores} cores` },
    { name: 'plan registered as', value: hashText(night.planSha256) },
  ];
}

function redView({ id, verdict, why, since }: RowVerdict, night: Night) {
  const walk = night.walks.find(({ row }) => row === id);
  return {
    id,
    kind: verdict,
    verdict: verdictText(verdict),
    why,
    since: since ? commitText(since) : '',
    walk: walk
      ? walk.commit
        ? `Walked back to ${commitText(walk.commit)}: ${walk.why}`
        : `Walked back to ${walk.between.length} commits, no further: ${walk.why}`
      : '',
  };
}

function rowView(row: RowVerdict, night: Night, past: Past) {
  const { id, verdict, why, couldHaveSeen } = row;
  const planned = night.plan.rows.find((one) => one.id === id);
  const delivery = night.deliveries[id];
  return {
    id,
    title: planned?.title ?? 'no longer planned',
    kind: planned?.kind ?? '',
    verdictKind: verdict,
    red: rowVerdicts[verdict].red,
    verdict: verdictText(verdict),
    change: row.change ? changeText(row.change.estimate) : '\u2013',
    interval: row.change ? intervalText(row.change.interval, changeText) : '',
    seen: couldHaveSeen === null ? '\u2013' : percentText(Number(couldHaveSeen.toPrecision(2))),
    found: past.calibration && id in past.calibration.smallestFound ? smallestFoundText(past.calibration, id) : '',
    values: planned && delivery ? valuesText(delivery, planned.unit) : '',
    why,
  };
}

/** What was delivered, in one line. */
function valuesText(delivery: Delivery, unit: string): string {
  switch (delivery.kind) {
    case 'exact': {
      const { tonight, earlier } = delivery;
      return earlier && earlier.sha256 !== tonight.sha256
        ? `${hashText(tonight.sha256)}, earlier ${hashText(earlier.sha256)}`
        : hashText(tonight.sha256);
    }
    case 'count': {
      const { tonight, earlier } = delivery;
      const now = valueText(tonight.value, unit);
      return earlier && earlier.value !== tonight.value ? `${now}, earlier ${valueText(earlier.value, unit)}` : now;
    }
    case 'quality':
      return `${delivery.seeds.length} seeds${delivery.missing.length > 0 ? `, ${delivery.missing.length} missing` : ''}`;
    case 'paired':
      return delivery.stages.map((stage) => `${stage.length}`).join(' and ') + ' pairs';
    case 'missing':
    case 'left-out':
      return '';
  }
}

function machineFacts({ machine }: Night): Fact[] {
  const { cpuModel, cores, memoryBytes, gpu, os, node, tensorflow, tfjs, threads } = machine;
  return [
    { name: 'processor', value: `${cpuModel}, ${cores} cores` },
    { name: 'memory', value: formatBytes(memoryBytes) },
    { name: 'GPU', value: gpu ? `${gpu.model}${gpu.driver ? `, driver ${gpu.driver}` : ''}` : 'none' },
    { name: 'system', value: os },
    { name: 'versions', value: `Node ${node}, TensorFlow ${tensorflow}, TensorFlow.js ${tfjs}` },
    { name: 'threads', value: `${threads.intraOp ?? 'all'} in an operation, ${threads.interOp ?? 'all'} between` },
    { name: 'fingerprint', value: machine.fingerprint },
  ];
}

function noiseFacts({ foreignProcessorShare }: Night, { calibration, nights }: Past): Fact[] {
  return [
    {
      name: 'other processes',
      value:
        foreignProcessorShare === null
          ? 'not known: the system does not tell'
          : `${percentText(Number(foreignProcessorShare.toPrecision(2)))} of all processors during the speed rows`,
    },
    { name: 'calibration', value: calibrationText(calibration) },
    { name: 'history', value: `${nights.length} earlier nights on this machine` },
  ];
}

function gateFacts(gate: Gate): Fact[] {
  return [
    { name: 'first stage', value: `signed-rank, one-sided, alpha ${gate.alphaFirst}` },
    { name: 'second stage', value: `the same on fresh processes, alpha ${gate.alphaConfirm}` },
    { name: 'interval', value: percentText(gate.confidence) },
    { name: 'pairs of a stage', value: `${gate.fewestPairs} to ${gate.mostPairs}` },
    { name: 'narrow enough', value: `${percentText(gate.narrowEnough)} of the margin on either side` },
    { name: 'seed', value: String(gate.seed) },
  ];
}

function commandsOf(night: Night, rows: readonly RowVerdict[]) {
  const { ref } = night.against;
  const again = `npm run nightly -- --against ${ref === null ? 'none' : shellWord(ref)}${night.quick ? ' --quick' : ''}`;
  const changed = rows.find(({ verdict }) => verdict === 'changed');
  return [
    { purpose: 'The night', line: again },
    ...(changed
      ? [{ purpose: 'Accept a change that is meant', line: `npm run nightly -- accept ${changed.id} --why "..."` }]
      : []),
    { purpose: 'What the gate is worth here', line: 'npm run nightly -- calibrate' },
  ];
}

/** Levels that a reader may choose; the registered one is among them. */
function choices(registered: number) {
  return [...new Set([0.0005, 0.001, 0.005, 0.01, 0.05, registered])]
    .sort((a, b) => a - b)
    .map((value) => ({ value, text: probabilityText(value), chosen: value === registered }));
}

function rejudgeData(night: Night, verdict: NightVerdict, { calibration }: Past): RejudgeData {
  return {
    gate: night.plan.gate,
    rows: night.plan.rows.flatMap((row) => {
      const delivery = night.deliveries[row.id];
      if ((row.kind !== 'speed' && row.kind !== 'memory') || delivery?.kind !== 'paired') return [];
      const judged = verdict.rows.find(({ id }) => id === row.id);
      if (!judged?.change) return [];
      const { id, margin } = row;
      const floor = calibration?.floors[id];
      return [
        {
          id,
          margin,
          ...(floor !== undefined && { floor }),
          tonight: verdictText(judged.verdict),
          stages: delivery.stages,
        },
      ];
    }),
  };
}
