/** @file Words for each verdict, in the report and inside the page. */
import type { OrderKind } from '../../judge/order.ts';
import type { Verdict } from '../../judge/verdict.ts';

const words: Readonly<Record<Verdict['kind'] | OrderKind, string>> = {
  reproduced: 'reproduced',
  'evaluation-reproduced': 'evaluation reproduced',
  worse: 'worse',
  'better-audit': 'better: audit',
  unstable: 'unstable',
  inconclusive: 'inconclusive',
  'not-attempted': 'not attempted',
  'scaled-recipe': 'scaled recipe',
  holds: 'holds',
  reversed: 'reversed',
};

/** The word for a kind of verdict. */
export function kindText(kind: Verdict['kind'] | OrderKind): string {
  return words[kind];
}

/** The words for a verdict on a claim; of weights that were not trained here they say that the evaluation alone was repeated. */
export function verdictText(verdict: Verdict): string {
  if (verdict.kind === 'inconclusive') return `inconclusive (n = ${verdict.seeds})`;
  const isWorse = verdict.kind === 'worse' || verdict.kind === 'better-audit';
  return isWorse && verdict.measured.of === 'evaluation'
    ? `evaluation ${kindText(verdict.kind)}`
    : kindText(verdict.kind);
}
