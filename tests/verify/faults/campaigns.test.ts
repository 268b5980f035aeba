/** @file Two hundred campaigns of faults: each ends as an undisturbed run or in a refusal that names the file and the remedy. */
import { describe, expect, it } from 'vitest';
import { campaignPlans, runCampaign, undisturbed } from '../../../harness/verify/faults/campaign.ts';
import { campaignsText, runCampaigns } from '../../../harness/verify/faults/campaigns.ts';
import { faultKinds } from '../../../harness/verify/faults/faults.ts';
import { useHostTensors } from '../../../harness/verify/faults/host-tensors.ts';
import { recipes } from '../../../recipes/index.ts';

const both = [recipes['shapes-ct']!, recipes['shapes-ict']!];

describe('campaigns', () => {
  it('end as an undisturbed run or in a named refusal, whatever goes wrong', async () => {
    const campaigns = await runCampaigns({ recipes: both, campaigns: 200, firstSeed: 1 });
    expect(campaigns.wrong).toEqual([]);
    expect(campaigns.ends.finished + campaigns.ends.refused).toBe(200);
    // Faults that never strike would prove nothing.
    expect(Object.keys(campaigns.struck).sort()).toEqual([...faultKinds].sort());
    expect(campaigns.reached).toEqual(
      expect.arrayContaining([
        'event-log.appendFileSync',
        'files/atomic-file.renameSync',
        'files/place-once.linkSync',
        'files/open-file.readSync',
        'lock.renameSync',
        // A download, photographs and their packed set.
        'files/open-file.writeSync',
        'files/open-file.createReadStream',
        'files/content-ledger.readFile',
        'files/content-ledger.appendFileSync',
        'files/folder-walk.readdirSync',
        'files/files.rmSync',
        'files/files.rmdirSync',
        // The report and its publication.
        'files/output-file.writeSync',
        'files/files.copyFileSync',
        'files/files.cpSync',
        'files/files.renameSync',
      ]),
    );
    expect(campaigns.reached.length).toBeGreaterThanOrEqual(50);
    expect(campaignsText(campaigns)).toMatch(/^points of input and output: \d+ of \d+ reached/m);
  });

  it.each([
    ['a run', 7],
    ['its data', 6],
  ])('of one seed are the same again: %s', async (_, seed) => {
    useHostTensors();
    const plans = campaignPlans(both);
    const straight = await undisturbed(plans);
    const [first, second] = [await runCampaign(seed, plans, straight), await runCampaign(seed, plans, straight)];
    const kinds = ({ struck }: typeof first) => struck.map((one) => one.replaceAll(/[0-9a-f-]{36}|\.tmp-\d+-\d+/g, ''));
    expect(kinds(second)).toEqual(kinds(first));
    expect(second.end).toBe(first.end);
  });
});
