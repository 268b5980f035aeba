/**
 * @file One process of `npm run engine -- check`: computes under its job's settings and prints the answers.
 *
 * Started by it.
 */
import { probe, takePass, type PassJob, type ProbeJob } from '../../harness/bench/check/probe.ts';
import { runCommand } from '../../harness/cli/command.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { openEngine } from '../../harness/engine/engine.ts';
import { readPlan } from '../../harness/plan/plan-file.ts';
import { standardError } from '../../harness/system/progress.ts';
import { Command } from 'commander';

const command = new Command('check-probe').argument('<job>', 'as JSON').action(async (text: string) => {
  const job = JSON.parse(text) as ProbeJob | PassJob;
  const { device, tf32, deterministic } = job;
  const { tensorflowVersion } = await openEngine({ device, tf32, deterministic, output: standardError() });
  const answer =
    'pass' in job ? takePass(readPlan(job.pass), systemClock) : await probe(job, tensorflowVersion, systemClock);
  process.stdout.write(`\n${JSON.stringify(answer)}\n`);
});

await runCommand(command);
