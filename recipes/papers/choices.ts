/** @file Table of what the iCT paper says that each of its choices does, by section. */
import type { AblatedChange, PublishedEffect } from '../../harness/recipe/ablation.ts';

const recalled = (section: string, says: string): PublishedEffect => ({
  says,
  source: `Song & Dhariwal 2023, arXiv:2310.14189, ${section}`,
  confidence: 'memory',
});

export const publishedEffects: Readonly<Record<AblatedChange, PublishedEffect>> = {
  tuning: recalled('section 3.1', 'better: a noise embedding that is less sensitive improves FID slightly'),
  weighting: recalled('section 3.1', 'better, with squared l2: small noise levels are to count more'),
  teacher: recalled('section 3.2, figure 2a', 'better, by much: the teacher is to be the student itself'),
  distance: recalled(
    'section 3.3, figures 2b and 2c',
    'better than squared l2; as good as LPIPS once there are more intervals',
  ),
  curriculum: recalled('section 3.4', 'better: more intervals at the end, doubled at equal distances'),
  noise: recalled('section 3.5', 'better: low and middle noise levels drawn more often'),
};
