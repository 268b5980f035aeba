/**
 * @file View of the page: its contents as plain data, in page order.
 *
 * It is a function of the run and the claims alone.
 */
import { datasets } from '../../recipe/dataset.ts';
import type { Papers } from '../../recipe/papers.ts';
import {
  amendmentTexts,
  deviationRows,
  engineRows,
  machineTables,
  noteViews,
  streamRows,
} from '../sections/setting.ts';
import { cellRows, commitText } from '../sections/cells.ts';
import { claimTable } from '../sections/claims.ts';
import { otherWorkRows, publishedMachineRows } from '../sections/other-works.ts';
import { powerTable } from '../sections/power.ts';
import { relationTable } from '../sections/relations.ts';
import { judgedClaims, judgedOrders, judgedRatios } from '../../judge/papers.ts';
import { contributionSection, type ContributionSection } from '../sections/choices/contributions.ts';
import { leakageTable } from '../sections/choices/leakage.ts';
import { conformanceMap } from '../sections/conformance.ts';
import { reportContext, type ReportContext } from '../sections/context.ts';
import { resourceRows, throughputChart, throughputMethods, throughputRows } from '../sections/cost.ts';
import { lossCurves, qualityCurves } from '../sections/curves.ts';
import { headlineCards, ledgerSentence, scaleSentence } from '../sections/headline.ts';
import { choiceRows, tuningRows } from '../sections/choices/method.ts';
import { hashText, listText } from '../words/numbers.ts';
import { pageScript, rejudgeData } from './rejudge.ts';
import { committedSection } from '../sections/samples/committed.ts';
import { GridEmbedder } from '../sections/samples/embed.ts';
import { sampleGrids } from '../sections/samples/grids.ts';
import { scoreTables } from '../sections/scores.ts';
import type { Run } from '../../results/run.ts';

export type ReportView = ReturnType<typeof reportView>;

/** @throws ResultError when a sample grid was changed since the run was read */
export function reportView(run: Run, papers: Papers) {
  const context = reportContext(run);
  const claims = judgedClaims(run, papers);
  const { registration } = run;
  const embedder = new GridEmbedder(run.folder);
  // First, since it stands first: grids beyond the size limit of the page are those further down.
  const committed = committedSection(run, embedder);
  const grids = sampleGrids(context, embedder);
  const contributions = contributionSection(context, papers);
  return {
    title: titleOf(context, contributions),
    name: registration.name,
    scaleSentence: scaleSentence(context),
    ledgerSentence: ledgerSentence(context),
    incomplete: run.ledger.some(({ state }) => state !== 'done'),
    unfinished: cellRows(context).filter(({ state }) => state !== 'done'),
    facts: headFacts(context),
    recipes: context.recipes.map(({ label, series }) => ({ label, series })),
    committed,
    cards: headlineCards(context),
    grids: grids.seeds.map((seed, i) => ({ ...seed, open: i === 0 })),
    real: grids.real,
    curves: qualityCurves(context),
    losses: lossCurves(context),
    scores: scoreTables(context),
    contributions,
    leakage: leakageTable(context),
    choices: choiceRows(context),
    tuning: tuningRows(context),
    throughput: throughputRows(context),
    throughputMethods: throughputMethods(context),
    throughputChart: throughputChart(context),
    resources: resourceRows(context),
    conformance: conformanceMap(papers.clauses),
    claims: claimTable(context, claims),
    relations: relationTable(context, judgedRatios(run, papers), judgedOrders(run, papers)),
    otherWorks: otherWorkRows(context, papers.otherWorks),
    publishedMachines: publishedMachineRows(context, papers.machines),
    power: powerTable(context),
    deviations: deviationRows(context),
    notes: noteViews(context),
    machines: machineTables(context),
    engine: engineRows(context),
    seeds: context.seeds.map(String),
    streams: streamRows(context),
    cells: cellRows(context),
    command: registration.command,
    amendments: amendmentTexts(context),
    registration: { short: hashText(registration.fingerprint), full: registration.fingerprint },
    judgement: {
      margin: String(100 * registration.judgement.relativeMargin),
      levels: confidenceLevels(registration.judgement.confidence),
    },
    rejudge: rejudgeData(context, claims),
    script: pageScript(),
  };
}

/** `CT and iCT on shapes`; of an ablation `CT to iCT, choice by choice, on shapes`. */
export function titleOf(
  { recipes, dataset }: ReportContext,
  ablation: Pick<ContributionSection, 'from' | 'to'> | null,
): string {
  const labels = recipes.map(({ label }) => label);
  const several =
    labels.length > 3 ? `${labels[0]!} to ${labels[labels.length - 1]!} in ${labels.length} recipes` : listText(labels);
  const names = ablation ? `${ablation.from} to ${ablation.to}, choice by choice,` : several;
  return `${names} on ${datasets[dataset].title}`;
}

function headFacts({ run, seeds, recipes }: ReportContext): { readonly name: string; readonly value: string }[] {
  const { registration } = run;
  const results = run.ledger.flatMap(({ result }) => (result ? [result] : []));
  const commits = [...new Set(results.map(({ provenance }) => commitText(provenance)))];
  const devices = recipes.flatMap(({ sample }) =>
    sample ? [sample.machine.gpu?.model ?? `${sample.machine.cpuModel}, ${sample.machine.cores} cores`] : [],
  );
  return [
    { name: 'scale', value: registration.scale },
    { name: 'seeds', value: seeds.join(', ') },
    { name: 'device', value: [...new Set(devices)].join('; ') || '\u2013' },
    { name: 'commit', value: commits.join('; ') || '\u2013' },
    { name: 'registered as', value: hashText(registration.fingerprint) },
  ];
}

function confidenceLevels(
  registered: number,
): { readonly value: string; readonly text: string; readonly chosen: boolean }[] {
  const levels = [...new Set([0.5, 0.8, 0.9, 0.95, 0.99, 0.999, registered])].sort((a, b) => a - b);
  return levels.map((level) => ({
    value: String(level),
    text: `${Number((100 * level).toFixed(4))} %`,
    chosen: level === registered,
  }));
}
