/** @file Table of the nightly groups: what is measured in one process of a build. */
import type { Group } from '../work.ts';
import { commandGroup } from './command.ts';
import { countsGroup } from './counts.ts';
import { filesGroup } from './files.ts';
import { metricsGroup } from './metrics.ts';
import { qualityGroup } from './quality.ts';
import { fullGroup, smallGroup, twinGroup } from './step.ts';
import { trainingGroup } from './training.ts';

/** Groups are named in the rows of the plan. */
export const groups: Readonly<Record<string, Group>> = {
  /** Nothing but the machine: whether the build can be run at all. */
  machine: () => Promise.resolve({}),
  training: trainingGroup,
  files: filesGroup,
  counts: countsGroup,
  twin: twinGroup,
  small: smallGroup,
  full: fullGroup,
  metrics: metricsGroup,
  command: commandGroup,
  'quality-ct': qualityGroup('quality-ct'),
  'quality-ict': qualityGroup('quality-ict'),
};
