/** @file Runs campaigns, seed after seed; counts how they ended and which points of I/O they passed. */
import { points } from '../../system/disk.ts';
import type { Recipe } from '../../recipe/types.ts';
import { campaignPlans, runCampaign, undisturbed, type Campaign, type CampaignEnd } from './campaign.ts';
import { useHostTensors } from './host-tensors.ts';

export interface Campaigns {
  readonly proof: 'faults';
  readonly firstSeed: number;
  readonly ends: Readonly<Record<CampaignEnd | 'wrong', number>>;
  /** Faults that struck, by kind. */
  readonly struck: Readonly<Record<string, number>>;
  /** `files/atomic-file.renameSync` ...: points that a campaign passed, and those that none did. */
  readonly reached: readonly string[];
  readonly unreached: readonly string[];
  readonly wrong: readonly Campaign[];
}

export interface CampaignsRequest {
  readonly recipes: readonly Recipe[];
  readonly campaigns: number;
  readonly firstSeed: number;
  readonly onDone?: (done: number) => void;
}

/** A process that has loaded the engine must not call it. */
export async function runCampaigns({ recipes, campaigns, firstSeed, onDone }: CampaignsRequest): Promise<Campaigns> {
  useHostTensors();
  const plans = campaignPlans(recipes);
  const straight = await undisturbed(plans);
  const passed = new Set(straight.points);
  const ends = { finished: 0, refused: 0, wrong: 0 };
  const struck: Record<string, number> = {};
  const wrong: Campaign[] = [];
  for (let i = 0; i < campaigns; i++) {
    const campaign = await runCampaign(firstSeed + i, plans, straight, (reached) =>
      reached.forEach((one) => passed.add(one)),
    );
    ends[campaign.end] += 1;
    for (const one of campaign.struck) {
      const [kind] = one.split(' at ') as [string];
      struck[kind] = (struck[kind] ?? 0) + 1;
    }
    if (campaign.end === 'wrong') wrong.push(campaign);
    onDone?.(i + 1);
  }
  const known = knownPoints();
  const reached = known.filter((one) => passed.has(one));
  return {
    proof: 'faults',
    firstSeed,
    ends,
    struck,
    reached,
    unreached: known.filter((one) => !passed.has(one)),
    wrong,
  };
}

export function campaignsText({ ends, struck, reached, unreached, wrong }: Campaigns): string {
  const total = ends.finished + ends.refused + ends.wrong;
  const kinds = Object.entries(struck).map(([kind, count]) => `${kind} ${count}`);
  return [
    `faults: ${total} campaigns, ${kinds.join(', ')}`,
    `finished as undisturbed ${ends.finished}, refused with file and remedy ${ends.refused}, wrong ${ends.wrong}`,
    `points of input and output: ${reached.length} of ${reached.length + unreached.length} reached; the others are ${unreached.join(', ')}`,
    ...wrong.flatMap(({ seed, struck: faults, why }) => [
      `seed ${seed}: ${faults.join('; then ')}`,
      `  ${why ?? ''}`,
      `  again with: npm run verify -- faults --campaigns 1 --seed ${seed}`,
    ]),
  ].join('\n');
}

function knownPoints(): string[] {
  return Object.entries(points).flatMap(([place, operations]) => operations.map((one) => `${place}.${one}`));
}
