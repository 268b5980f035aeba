/** @file Compares scores of the same weights on two machines: those of before, and those measured here. */
import { significant } from '../../core/units.ts';
import { kindTolerance } from '../../results/judgement.ts';
import type { Result } from '../../results/schema.ts';
import { identityDifferences } from '../../score/identity.ts';
import { scoreKey, type Score } from '../../score/score.ts';

/** `equal`: to the last bit. `within`: machines of other kinds, and no further apart than such may be. `outside`: anything else. */
export type AgreementOutcome = 'equal' | 'within' | 'outside' | 'not comparable';

export interface Agreement {
  readonly score: Score;
  readonly before: number;
  /** Null where it was not measured here. */
  readonly here: number | null;
  /** here / before - 1. */
  readonly change: number | null;
  readonly outcome: AgreementOutcome;
  /** Why they are not comparable; empty where they are. */
  readonly why: string;
}

/** What decides how numbers are rounded: equal in all of these, two results of the same weights are equal. */
export function kindDifferences(a: Result, b: Result): string[] {
  const [left, right] = [kindOf(a), kindOf(b)];
  return (Object.keys(left) as (keyof typeof left)[])
    .filter((key) => left[key] !== right[key])
    .map((key) => `${key} ${left[key]} against ${right[key]}`);
}

function kindOf({ machine, plan }: Result) {
  const { device, mode, precision, xla, tf32 } = plan.engine;
  return {
    device,
    processor: machine.cpuModel,
    cores: String(machine.cores),
    GPU: machine.gpu?.model ?? 'none',
    TensorFlow: machine.tensorflow,
    engine: [mode, precision, ...(xla ? ['XLA'] : []), ...(tf32 ? ['TF32'] : [])].join(', '),
  };
}

/** Every score of before with that of here: equal on a machine of the same kind, else no further apart than `kindTolerance`. */
export function agreementOf(before: Result, here: Result): Agreement[] {
  const sameKind = kindDifferences(before, here).length === 0;
  return before.scores.map((score) => {
    const again = here.scores.find((one) => scoreKey(one) === scoreKey(score));
    const shared = { score, before: score.value };
    if (!again) return { ...shared, here: null, change: null, outcome: 'not comparable', why: 'not measured here' };
    const change = again.value / score.value - 1;
    const measured = { ...shared, here: again.value, change };
    const device = (one: Score) => ({ ...one, identity: { ...one.identity, device: 'cpu' as const } });
    const differences = identityDifferences(device(score), device(again));
    if (score.sigmas.length !== again.sigmas.length || score.sigmas.some((sigma, i) => sigma !== again.sigmas[i]))
      differences.push(`levels ${score.sigmas.join(', ')} against ${again.sigmas.join(', ')}`);
    if (differences.length > 0) return { ...measured, outcome: 'not comparable', why: differences.join('; ') };
    return { ...measured, outcome: outcomeOf(change, sameKind), why: '' };
  });
}

function outcomeOf(change: number, sameKind: boolean): AgreementOutcome {
  if (change === 0) return 'equal';
  return !sameKind && Math.abs(change) <= kindTolerance ? 'within' : 'outside';
}

/** One line per cell whose weights were sampled again: each score as committed and here. */
export function agreementLine(cell: string, before: Result, here: Result): string {
  const scores = agreementOf(before, here).map(({ score, before: value, here: again, outcome }) => {
    const found = again === null ? '' : `, here ${significant(again, 4)}`;
    return `${scoreKey(score)} ${significant(value, 4)}${found}: ${outcome}`;
  });
  return `${cell} as committed: ${scores.join('; ')}`;
}
