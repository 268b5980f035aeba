/** @file Section on committed weights: what the methods do once trained, as committed and on this machine. */
import { join } from 'node:path';
import { agreementOf, kindDifferences, type AgreementOutcome } from '../../../judge/studies/agreement.ts';
import type { Run } from '../../../results/run.ts';
import type { Result } from '../../../results/schema.ts';
import { readSampledHere, sampledHereFolder, type SampledHere } from '../../../results/origin/sampled-here.ts';
import { kindTolerance } from '../../../results/judgement.ts';
import { parseMetric } from '../../../score/metric.ts';
import { hashText, listText, percentText, samplerText, scoreText } from '../../words/numbers.ts';
import { qualifiedLabel } from '../../words/recipe-label.ts';
import type { GridEmbedder, GridImage } from './embed.ts';

export interface CommittedSection {
  /** What is absent or was refused, and cells that did not finish: one sentence each. */
  readonly lacking: readonly string[];
  readonly lead: string;
  readonly rows: readonly {
    readonly metric: string;
    readonly label: string;
    readonly series: number;
    readonly before: string;
    readonly here: string;
    readonly outcome: string;
    /** A class of the page: `good` where nothing is wrong. */
    readonly kind: 'good' | 'bad' | 'open';
  }[];
  readonly rule: string;
  readonly grids: readonly { readonly title: string; readonly images: readonly GridImage[] }[];
  readonly origins: readonly { readonly label: string; readonly text: string }[];
}

const outcomes: Readonly<Record<AgreementOutcome, { readonly text: string; readonly kind: 'good' | 'bad' | 'open' }>> =
  {
    equal: { text: 'equal', kind: 'good' },
    within: { text: 'within the tolerance', kind: 'good' },
    outside: { text: 'outside the tolerance', kind: 'bad' },
    'not comparable': { text: 'not comparable', kind: 'open' },
  };

/**
 * Null where the run was to sample no committed weights.
 * @throws ResultError when a file is missing, was edited, or belongs to another result
 */
export function committedSection(run: Run, embedder: GridEmbedder): CommittedSection | null {
  const sampled = readSampledHere(run.folder);
  if (!sampled) return null;
  const cells = sampled.cells.flatMap((cell, series) => {
    const { result, state } = cell.row;
    if (state !== 'done' || !result) return [];
    const { recipe } = result.plan;
    return [{ ...cell, here: result, series, label: qualifiedLabel(recipe.id, recipe.data.dataset, recipe.method) }];
  });
  const [first] = cells;
  return {
    lacking: lackingOf(sampled),
    lead: first ? leadOf(first.committed) : '',
    rows: cells.flatMap(({ committed, here, label, series }) =>
      agreementOf(committed, here).map(({ score, before, here: value, outcome, why, change }) => ({
        metric: `${parseMetric(score.metric).title}, ${samplerText(score.nfe)}`,
        label,
        series,
        before: scoreText(before),
        here: value === null ? '\u2013' : scoreText(value),
        outcome: [
          outcomes[outcome].text,
          ...(why === '' ? [] : [why]),
          ...(change === null || change === 0 ? [] : [percentText(change)]),
        ].join(', '),
        kind: outcomes[outcome].kind,
      })),
    ),
    rule: first ? ruleOf(cells) : '',
    grids: gridRows(cells, embedder),
    origins: cells.map(({ label, committed, weightsSha256 }) => ({ label, text: originOf(committed, weightsSha256) })),
  };
}

interface CommittedCell {
  readonly committed: Result;
  readonly here: Result;
  readonly committedFolder: string;
  readonly label: string;
  readonly series: number;
  readonly row: { readonly cell: string };
}

function lackingOf({ absent, refused, cells }: SampledHere): string[] {
  const ended = cells.filter(({ row }) => row.state !== 'done');
  return [
    ...(absent.length > 0
      ? [`No weights of ${listText(absent)} are committed: of them this report shows what a few steps give.`]
      : []),
    ...refused.map((why) => `Committed weights were refused: ${why}`),
    ...ended.map(({ row: { cell, state, result } }) => {
      const why = result?.failure ? `, ${result.failure.message}` : '';
      return `The committed weights of ${cell} could not be sampled here: ${state}${why}.`;
    }),
  ];
}

function leadOf({ plan, progress }: Result): string {
  return `Nothing in this section was trained by this command. The repository keeps the weights of a finished run at scale ${plan.scale.id}, ${progress.steps.toLocaleString('en-US')} steps of ${plan.asRun.batchImages} images; they were sampled and scored here, and what that run measured stands beside it. Everything below this section is of the run of a few steps, which proves that every stage works on this machine.`;
}

function ruleOf(cells: readonly CommittedCell[]): string {
  const differences = [...new Set(cells.flatMap(({ committed, here }) => kindDifferences(committed, here)))];
  return differences.length === 0
    ? 'Both machines are of one kind: the values must be equal.'
    : `The machines differ (${differences.join('; ')}): values may lie ${percentText(kindTolerance)} apart.`;
}

/** One row per sampler, the recipes side by side from the same latents, and real images once. */
function gridRows(cells: readonly CommittedCell[], embedder: GridEmbedder): CommittedSection['grids'] {
  const folder = sampledHereFolder('');
  const filesOf = (kind: 'samples' | 'real') =>
    cells.flatMap(({ here, row, label, series }) =>
      here.files.filter((file) => file.kind === kind).map((file) => ({ file, row, label, series })),
    );
  const samples = filesOf('samples');
  const [real] = filesOf('real');
  return [...new Set(samples.map(({ file }) => file.nfe!))].map((nfe, i) => ({
    title: samplerText(nfe),
    images: [
      ...samples
        .filter(({ file }) => file.nfe === nfe)
        .map(({ file, row, label, series }) =>
          embedder.embed(join(folder, row.cell, file.path), file, {
            label,
            series,
            alt: `${file.images} images generated here by the committed weights of ${label} in ${samplerText(nfe)}`,
            view: {
              ...{ group: `committed/${row.cell}/nfe${nfe}`, seed: 0, step: 0 },
              caption: `${label}, ${samplerText(nfe)}, committed weights sampled here`,
            },
          }),
        ),
      ...(real && i === 0
        ? [
            embedder.embed(join(folder, real.row.cell, real.file.path), real.file, {
              label: 'real',
              series: null,
              alt: `${real.file.images} real images that were held out, as drawn on this machine`,
              view: { group: 'committed/real', seed: 0, step: 0, caption: 'Real images that were held out' },
            }),
          ]
        : []),
    ],
  }));
}

function originOf({ recipe, seed, plan, provenance, machine }: Result, weightsSha256: string): string {
  const commit = provenance.commit === null ? 'a commit that is not known' : `commit ${hashText(provenance.commit)}`;
  const changed = provenance.dirty === true ? ', changed' : '';
  const commands = provenance.commands.map(({ line }) => line).join(' && ');
  return `${recipe.id} version ${recipe.version} (${hashText(recipe.fingerprint)}), seed ${seed}, scale ${plan.scale.id}, plan ${hashText(plan.fingerprint)}, ${commit}${changed}, weights sha256 ${hashText(weightsSha256)}, on ${machine.gpu?.model ?? machine.cpuModel}: ${commands}`;
}
