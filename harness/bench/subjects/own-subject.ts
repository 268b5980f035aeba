/** @file Opens the benchmark subject that a job of this harness describes. */
import type { Clock } from '../../core/clock.ts';
import { measurePeaks } from '../../engine/engine.ts';
import { readPlan } from '../../plan/plan-file.ts';
import { featuresSubject } from './features-subject.ts';
import { calibrateFile } from '../score/calibrate.ts';
import { scoringSubject } from '../score/scoring-subject.ts';
import { writeSampleInputs, writeStepInputs } from '../inputs.ts';
import type { OwnJob, PlannedWork } from './job.ts';
import { sampleSubject } from './sample-subject.ts';
import type { Subject } from './serve.ts';
import { stepSubject } from './step-subject.ts';

/** @throws whatever reading plan, inputs or graph throws */
export async function openSubject(job: OwnJob, clock: Clock): Promise<Subject> {
  switch (job.task) {
    case 'step':
      return stepSubject(readPlan(job.plan), job.inputs);
    case 'sample':
      return sampleSubject(readPlan(job.plan), job.images, job.inputs);
    case 'features':
      return featuresSubject(job.graph);
    case 'score':
      return scoringSubject(job, clock);
    case 'calibrate':
      return { prepare: () => calibrateFile(job.graph, job.images) };
    case 'device':
      return {
        prepare: (folder) => {
          if (job.work) writeInputs(job.work, folder);
        },
        peak: () => measurePeaks(clock)[0]!.flopsPerSecond,
      };
  }
}

function writeInputs(work: PlannedWork, folder: string): void {
  const plan = readPlan(work.plan);
  if (work.task === 'step') writeStepInputs(plan, folder);
  else writeSampleInputs(plan, work.images, folder);
}
