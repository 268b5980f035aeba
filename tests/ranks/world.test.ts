/** @file Which rank a process is: by torchrun's variables, by Slurm's, and every contradiction named. */
import { describe, expect, it } from 'vitest';
import { isRank, worldOf } from '../../harness/ranks/world.ts';

const torchrun = {
  RANK: '3',
  WORLD_SIZE: '4',
  LOCAL_RANK: '1',
  LOCAL_WORLD_SIZE: '2',
  MASTER_ADDR: 'node1',
  MASTER_PORT: '29500',
};
const slurm = {
  SLURM_PROCID: '5',
  SLURM_NTASKS: '8',
  SLURM_LOCALID: '1',
  SLURM_STEP_TASKS_PER_NODE: '4(x2)',
  SLURM_LAUNCH_NODE_IPADDR: '10.0.0.7',
  SLURM_JOB_ID: '123456',
  SLURM_STEP_ID: '0',
};

describe('worldOf', () => {
  it('reads the variables of torchrun', () => {
    expect(worldOf(torchrun, 4)).toEqual({
      rank: 3,
      ranks: 4,
      localRank: 1,
      localRanks: 2,
      meeting: { host: 'node1', port: 29500 },
    });
  });

  it('reads those of srun, whose ranks meet at a port that follows from the job', () => {
    expect(worldOf(slurm, 8)).toEqual({
      rank: 5,
      ranks: 8,
      localRank: 1,
      localRanks: 4,
      meeting: { host: '10.0.0.7', port: 20_000 + (123_456 % 10_000) },
    });
    const named = { ...slurm, MASTER_ADDR: 'node9', MASTER_PORT: '4000' };
    expect(worldOf(named, 8).meeting).toEqual({ host: 'node9', port: 4000 });
  });

  it('takes the address that the others are told from CONSISTENCY_ADVERTISE', () => {
    expect(worldOf({ ...torchrun, CONSISTENCY_ADVERTISE: '10.1.1.1' }, 4).advertise).toBe('10.1.1.1');
  });

  it.each([
    [torchrun, 2, 'rank 3: WORLD_SIZE: got 4, expected 2, the number of --ranks'],
    [{ ...torchrun, RANK: '4' }, 4, 'RANK: got 4, expected a number below WORLD_SIZE, which is 4'],
    [{ ...torchrun, RANK: '-1' }, 4, 'RANK: got "-1", expected a whole number'],
    [{ ...torchrun, MASTER_PORT: '70000' }, 4, 'MASTER_PORT: got 70000, expected a port from 1 to 65535'],
    [
      { ...torchrun, MASTER_ADDR: undefined },
      4,
      'MASTER_ADDR: got nothing, expected the address of the machine of rank 0',
    ],
    [{ ...slurm, SLURM_LAUNCH_NODE_IPADDR: '' }, 8, 'SLURM_LAUNCH_NODE_IPADDR: got nothing'],
  ])('refuses what contradicts itself: %#', (environment, ranks, message) => {
    expect(() => worldOf(environment, ranks)).toThrow(message);
  });
});

describe('isRank', () => {
  it('is a process that torchrun or srun has started, and no other', () => {
    expect(isRank(torchrun, 4)).toBe(true);
    expect(isRank(slurm, 8)).toBe(true);
    // A batch job of one task is none.
    expect(isRank({ SLURM_PROCID: '0', SLURM_NTASKS: '1' }, 4)).toBe(false);
    expect(isRank({}, 4)).toBe(false);
  });
});
