/** @file What the results of every cell say, whatever it did and however it ended. */
import type { Stream } from '../core/random.ts';
import { peakResidentBytes } from '../system/resident-memory.ts';
import type { Warning } from '../core/warnings.ts';
import { engineFacts } from '../engine/facts.ts';
import type { Engine } from '../engine/load.ts';
import { costOf } from '../plan/cost.ts';
import type { Plan } from '../plan/types.ts';
import { collectMachine } from '../results/machine.ts';
import { collectProvenance } from '../results/provenance.ts';
import { streamTable } from '../results/random-streams.ts';
import type { Result } from '../results/schema.ts';
import type { Score } from '../score/score.ts';
import { standardWarnings } from '../results/standard-warnings.ts';
import type { Scorer } from '../evaluate/scorer.ts';

export interface DraftParts {
  readonly plan: Plan;
  readonly engine: Engine;
  /** Root of the checkout, for provenance. */
  readonly root: string;
  /** The command line that runs this cell (again). */
  readonly command: string;
  readonly loss: Result['loss'];
  readonly scores: readonly Score[];
  readonly warnings: readonly Warning[];
}

export function draftOf({ plan, engine, root, command, loss, scores, warnings }: DraftParts) {
  const provenance = collectProvenance(root, [{ purpose: 'run this cell', line: command }]);
  return {
    plan,
    loss,
    memory: {
      estimatedBytes: Math.round(costOf(plan).bytes.peak),
      peakResidentBytes: peakResidentBytes(),
      peakDeviceBytes: null,
    },
    machine: collectMachine(engineFacts(engine)),
    provenance,
    scores,
    warnings: [...standardWarnings({ plan, provenance, scores }), ...warnings],
    streams: streamTable(plan.seed, usedStreams(plan)),
  };
}

/** Without a metric the second level cannot be searched where none is published. */
export function searchWarnings({ recipe }: Plan, scorer: Scorer | null): Warning[] {
  if (recipe.sampling.midSigma !== null || scorer) return [];
  return [
    {
      kind: 'metric-missing',
      metric: 'two-step samples',
      why: 'their second noise level is not published and is searched by the metric, which is missing',
    },
  ];
}

/** Every stream a cell draws from. */
function usedStreams({ recipe, weights }: Plan): Stream[] {
  const training: Stream[] = ['init', 'data-order', 'flip', 'level', 'noise', 'dropout'];
  const searched: Stream[] = recipe.sampling.midSigma === null ? ['search-latent', 'search-noise'] : [];
  const labels: Stream[] = recipe.network.kind === 'adm' && recipe.network.classes !== null ? ['sample-label'] : [];
  return [...(weights ? [] : training), 'sample-latent', 'sample-noise', ...labels, ...searched];
}
