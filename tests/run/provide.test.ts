/** @file What a run is given is used or refused, before anything is fetched. */
import { expect, it } from 'vitest';
import { systemClock } from '../../harness/core/clock.ts';
import { provide } from '../../harness/run/provide.ts';
import { silence } from '../../harness/system/progress.ts';
import * as imagenet64 from '../../recipes/imagenet64.ts';
import { scales } from '../../recipes/scales.ts';
import { planOf } from '../plan/fixtures.ts';

const weights = { file: 'weights.pt', sha256: 'a'.repeat(64), part: 'sampling-ema' } as const;
const context = { output: silence, clock: systemClock, where: 'unknown' } as const;

it('images beside given weights are refused where nothing would read them', async () => {
  const plan = planOf({ recipe: imagenet64.ict, scale: scales.imagenet64.paper!, weights });
  await expect(provide(plan, { data: 'photographs' }, context)).rejects.toThrow(
    '--data: got "photographs", expected no images: at scale paper given weights are compared with the reference of ImageNet 64×64 alone. Leave --data out.',
  );
});
