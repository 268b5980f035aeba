/**
 * @file Measured process of `npm run bench -- all-reduce | scaling`: a rank, or the process beside them.
 *
 * Started by the command with the variables of torchrun; the first prints what was measured as one JSON line.
 */
import { Command } from 'commander';
import { timeAllReduce } from '../../harness/bench/ranks/all-reduce.ts';
import type { AllReduceJob, ScalingJob } from '../../harness/bench/ranks/protocol.ts';
import { timeScaling } from '../../harness/bench/ranks/scaling.ts';
import type { Turns } from '../../harness/bench/ranks/turns.ts';
import { runCommand } from '../../harness/cli/command.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { joinGroup, openEngine, stopWatching, watchGroup, type Group } from '../../harness/engine/engine.ts';
import { engineSettings } from '../../harness/plan/engine-settings.ts';
import { resolvePlan } from '../../harness/plan/resolve.ts';
import { endWithLauncher } from '../../harness/ranks/launch.ts';
import { meet } from '../../harness/ranks/meeting.ts';
import type { Team } from '../../harness/ranks/team.ts';
import { worldOf } from '../../harness/ranks/world.ts';
import { openDistance } from '../../harness/run/cell/distance.ts';
import { standardError } from '../../harness/system/progress.ts';
import { benchSizes, type BenchSizeName } from '../../recipes/bench.ts';

const waitSeconds = 300;

const command = new Command('ranks-probe').argument('<job>', 'JSON').action(async (text: string) => {
  endWithLauncher();
  const job = JSON.parse(text) as AllReduceJob | ScalingJob;
  const processes = job.task === 'scaling' ? job.ranks + 1 : job.ranks;
  const world = worldOf(process.env, processes);
  const isRank = world.rank < job.ranks;
  const threads = isRank ? Math.max(1, Math.floor(job.threads / job.ranks)) : job.threads;
  await openEngine({ device: 'cpu', threads, deterministic: true, output: standardError() });
  const { team, addresses } = await meet({ world, withinSeconds: waitSeconds, allowPublic: false, clock: systemClock });
  const group = isRank
    ? joinGroup({ addresses: addresses.slice(0, job.ranks), rank: world.rank, timeoutSeconds: waitSeconds })
    : null;
  await team.gather('joined', null);
  if (group) watchGroup(group);
  const turns = await measured(job, team, group);
  await team.gather('measured', null);
  if (group) stopWatching();
  await team.leave();
  if (world.rank === 0) console.log(JSON.stringify(turns));
});

async function measured(job: AllReduceJob | ScalingJob, team: Team, group: Group | null): Promise<Turns> {
  const { rounds } = job;
  if (job.task === 'all-reduce')
    return timeAllReduce(team, group!, { numbers: job.bytes / 4, rounds, host: '127.0.0.1', clock: systemClock });
  const { recipe, scale } = benchSizes[job.size as BenchSizeName];
  const batchImages = recipe.tuning.batchImages;
  const engine = engineSettings(batchImages / job.ranks, { device: 'cpu' }, recipe);
  const alone = engineSettings(batchImages, { device: 'cpu' }, recipe);
  const plan = resolvePlan({ recipe, scale, seed: 0, engine: group ? engine : alone });
  const distance = await openDistance(plan, standardError());
  return timeScaling(team, { plan, distance, group, rounds, steps: job.steps, clock: systemClock });
}

await runCommand(command);
