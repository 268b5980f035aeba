/**
 * @file Judges all published numbers, ratios and orders by one run.
 *
 * Recipes that are another reading of a paper are judged too.
 */
import type { Claim, OrderClaim, RatioClaim, Reading } from '../recipe/claim.ts';
import type { Papers } from '../recipe/papers.ts';
import type { Run } from '../results/run.ts';
import { evidenceFor } from './evidence.ts';
import { judgeMeasuredOrder, judgeOrderWithPublished, type OrderVerdict } from './order.ts';
import { pairEvidence } from './paired-evidence.ts';
import { judgeRatio, type RatioVerdict } from './ratio.ts';
import { judgeClaim, verdictsBySeeds, type Evidence, type Verdict } from './verdict.ts';

export interface JudgedClaim {
  readonly claim: Claim;
  /** The recipe that is judged: the claim's own, or another reading of it. */
  readonly recipeId: string;
  readonly reading: Reading | null;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  /** The verdicts of the first two, three, ... planned seeds; empty where nothing was measured. */
  readonly bySeeds: ReturnType<typeof verdictsBySeeds>;
}

/** Every claim by the recipe that makes it, then by each other reading of that recipe, in the order of the papers. */
export function judgedClaims(run: Run, { claims, readings }: Pick<Papers, 'claims' | 'readings'>): JudgedClaim[] {
  return claims.flatMap((claim) => [
    judgedBy(run, claim, claim.recipeId, null),
    ...readings
      .filter(({ of }) => of === claim.recipeId)
      .map((reading) => judgedBy(run, claim, reading.recipeId, reading)),
  ]);
}

function judgedBy(run: Run, claim: Claim, recipeId: string, reading: Reading | null): JudgedClaim {
  const { judgement } = run.registration;
  const evidence = evidenceFor(claim, run, recipeId);
  const bySeeds = evidence.kind === 'measured' ? verdictsBySeeds(claim, evidence, judgement) : [];
  return { claim, recipeId, reading, evidence, verdict: judgeClaim(claim, evidence, judgement), bySeeds };
}

export interface JudgedRatio {
  readonly claim: RatioClaim;
  readonly verdict: RatioVerdict;
}

export function judgedRatios(run: Run, { claims, ratios }: Pick<Papers, 'claims' | 'ratios'>): JudgedRatio[] {
  const named = new Map(claims.map((claim) => [claim.id, claim]));
  return ratios.map((claim) => {
    const [over, under] = [named.get(claim.over)!, named.get(claim.under)!];
    const evidence = pairEvidence(evidenceFor(over, run), evidenceFor(under, run));
    return { claim, verdict: judgeRatio(claim, over.metric, evidence, run.registration.judgement) };
  });
}

export interface JudgedOrder {
  readonly claim: OrderClaim;
  readonly verdict: OrderVerdict;
}

export function judgedOrders(
  run: Run,
  { claims, orders, otherWorks }: Pick<Papers, 'claims' | 'orders' | 'otherWorks'>,
): JudgedOrder[] {
  const own = new Map(claims.map((claim) => [claim.id, claim]));
  const { judgement } = run.registration;
  const published = (id: string): number => otherWorks.find((number) => number.id === id)!.value;
  return orders.map((claim) => {
    const [better, worse] = [own.get(claim.better), own.get(claim.worse)];
    const { better: direction } = (better ?? worse)!;
    if (better && worse) {
      const evidence = pairEvidence(evidenceFor(better, run), evidenceFor(worse, run));
      return { claim, verdict: judgeMeasuredOrder(evidence, direction, judgement) };
    }
    const evidence = evidenceFor((better ?? worse)!, run);
    const number = published(better ? claim.worse : claim.better);
    const sides = { better: direction, measuredIsBetter: better !== undefined };
    return { claim, verdict: judgeOrderWithPublished(evidence, number, sides, judgement) };
  });
}
