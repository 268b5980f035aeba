/** @file The word for each verdict, on paper and inside the page. */
import type { Verdict } from '../../judge/verdict.ts';

/** The word for a verdict. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'reproduced':
      return 'reproduced';
    case 'worse':
      return 'worse';
    case 'better-audit':
      return 'better: audit';
    case 'inconclusive':
      return `inconclusive (n = ${verdict.seeds})`;
    case 'not-attempted':
      return 'not attempted';
    case 'scaled-recipe':
      return 'scaled recipe';
  }
}
