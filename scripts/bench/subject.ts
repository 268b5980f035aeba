/**
 * @file Measured process of `npm run bench`: reads its job, loads the engine, answers questions on stdin.
 *
 * Started by the command.
 */
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { planOfJob, readOwnJob } from '../../harness/bench/subjects/job.ts';
import { openSubject } from '../../harness/bench/subjects/own-subject.ts';
import { serve } from '../../harness/bench/subjects/serve.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { standardError } from '../../harness/system/progress.ts';
import { openEngine } from '../../harness/engine/open.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { readPlan } from '../../harness/plan/plan-file.ts';
import { runCommand } from '../../harness/cli/command.ts';

const command = new Command('bench-subject').argument('<job>', 'the job file').action(async (path: string) => {
  const job = readOwnJob(path);
  const { device, threads } = job;
  const plan = planOfJob(job);
  // As a cell opens it, so that what is measured is what trains.
  const { tf32, deterministic } = plan === null ? engineSettings(1, { device }) : readPlan(plan).engine;
  const engine = await openEngine({ device, tf32, deterministic, threads, output: standardError() });
  const questions = createInterface({ input: process.stdin });
  const answer = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
  await serve(await openSubject(job, systemClock), { engine, clock: systemClock, questions, answer });
});

await runCommand(command);
