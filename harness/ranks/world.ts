/**
 * @file Reads from the variables of torchrun or Slurm which rank this process is, and where ranks meet.
 *
 * `npm run cell -- <folder> --ranks <n>` without any of them starts the ranks itself, with torchrun's variables.
 */
import { UsageError, described } from '../core/errors.ts';

export interface World {
  readonly rank: number;
  readonly ranks: number;
  /** Number of this rank on its machine, and ranks there. */
  readonly localRank: number;
  readonly localRanks: number;
  /** Where rank 0 waits for the others. */
  readonly meeting: { readonly host: string; readonly port: number };
  /** The address by which the others reach this rank; absent: the one by which it reaches rank 0. */
  readonly advertise?: string;
}

/** Variables of torchrun, of this project, and of Slurm's srun. */
export type RankEnvironment = Readonly<Record<string, string | undefined>>;

/** Whether the environment makes this process a rank that somebody else has started. */
export function isRank(environment: RankEnvironment, ranks: number): boolean {
  if (environment.RANK !== undefined) return true;
  return ranks > 1 && Number(environment.SLURM_NTASKS ?? 1) > 1 && environment.SLURM_PROCID !== undefined;
}

/**
 * @param ranks as the command line says
 * @throws UsageError when the environment contradicts it or itself
 */
export function worldOf(environment: RankEnvironment, ranks: number): World {
  const slurm = environment.RANK === undefined;
  const names = slurm
    ? { rank: 'SLURM_PROCID', ranks: 'SLURM_NTASKS', localRank: 'SLURM_LOCALID' }
    : { rank: 'RANK', ranks: 'WORLD_SIZE', localRank: 'LOCAL_RANK' };
  const stated = natural(environment, names.ranks);
  const rank = natural(environment, names.rank);
  if (stated !== ranks) {
    throw new UsageError({
      where: `rank ${rank}: ${names.ranks}`,
      got: stated,
      expected: `${ranks}, the number of --ranks`,
      remedy: 'Start as many processes as --ranks says',
    });
  }
  if (rank >= ranks) {
    throw new UsageError({
      where: names.rank,
      got: rank,
      expected: `a number below ${names.ranks}, which is ${ranks}`,
      remedy: 'Number the processes from 0',
    });
  }
  const localRank = environment[names.localRank] === undefined ? 0 : natural(environment, names.localRank);
  const advertise = environment.CONSISTENCY_ADVERTISE;
  return {
    rank,
    ranks,
    localRank,
    localRanks: localRanksOf(environment, slurm),
    meeting: slurm ? slurmMeeting(environment) : torchMeeting(environment),
    ...(advertise !== undefined && advertise !== '' && { advertise }),
  };
}

function localRanksOf(environment: RankEnvironment, slurm: boolean): number {
  // Slurm writes "4(x2),1": tasks of each node.
  const text = slurm ? environment.SLURM_STEP_TASKS_PER_NODE : environment.LOCAL_WORLD_SIZE;
  const most = Math.max(1, ...(text ?? '1').split(',').map((part) => Number.parseInt(part, 10) || 1));
  return most;
}

function torchMeeting(environment: RankEnvironment): World['meeting'] {
  const host = environment.MASTER_ADDR ?? '';
  if (host === '') throw missing('MASTER_ADDR', 'the address of the machine of rank 0');
  return { host, port: portIn(environment, 'MASTER_PORT') };
}

/** Ports that no service has by custom and that the system gives to nobody. */
const slurmPorts = { first: 20_000, count: 10_000 };

function slurmMeeting(environment: RankEnvironment): World['meeting'] {
  const host = environment.MASTER_ADDR ?? environment.SLURM_LAUNCH_NODE_IPADDR ?? '';
  if (host === '') throw missing('SLURM_LAUNCH_NODE_IPADDR', 'the address of the first node, which srun sets');
  if (environment.MASTER_PORT !== undefined) return { host, port: portIn(environment, 'MASTER_PORT') };
  const job = natural(environment, 'SLURM_JOB_ID') + natural(environment, 'SLURM_STEP_ID');
  return { host, port: slurmPorts.first + (job % slurmPorts.count) };
}

function portIn(environment: RankEnvironment, name: string): number {
  const port = natural(environment, name);
  if (port >= 1 && port <= 65_535) return port;
  throw missing(name, 'a port from 1 to 65535', port);
}

function natural(environment: RankEnvironment, name: string): number {
  const text = environment[name];
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
  throw missing(name, 'a whole number', text);
}

function missing(name: string, expected: string, got?: unknown): UsageError {
  return new UsageError({
    where: name,
    got: got ?? described('nothing'),
    expected,
    remedy: 'Start the ranks by --ranks alone, by torchrun or by srun, which set it',
  });
}
