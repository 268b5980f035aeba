/** @file Table of what the iCT paper says that each of its choices does, by where it is known from. */
import type { AblatedChange, PublishedEffect } from '../../harness/recipe/ablation.ts';

const paper = 'Song & Dhariwal 2023, arXiv:2310.14189';

/** Told by notes on the paper and by its reviews; the paper has curves, and the sections that hold them are recalled. */
const quoted = (figures: string, says: string): PublishedEffect => ({
  says,
  source: `${paper}, by third-party notes on it and its reviews on OpenReview; curves in ${figures} of the paper, as recalled`,
  confidence: 'quoted',
});

export const publishedEffects: Readonly<Record<AblatedChange, PublishedEffect>> = {
  tuning: quoted(
    'section 3.1',
    'better, with squared l2: a less sensitive noise embedding, dropout and the weighting together',
  ),
  weighting: quoted(
    'section 3.1',
    'better, with squared l2: together with noise embedding and dropout; small noise levels are to count more',
  ),
  teacher: quoted(
    'section 3.2',
    'better: the teacher is to be the student itself, which the limit of many intervals asks for',
  ),
  distance: quoted('section 3.3', 'better than squared l2; about as good as LPIPS, by little and depending on c'),
  curriculum: quoted('section 3.4', 'better: more intervals at the end, up to about 1280'),
  noise: {
    says: 'better: low and middle noise levels drawn more often',
    source: `${paper}, section 3.5`,
    confidence: 'memory',
  },
};
