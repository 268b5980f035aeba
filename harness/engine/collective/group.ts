/**
 * @file Joins a group of processes that reduce tensors together, watches them, and leaves.
 *
 * TensorFlow's own collective runtime: gRPC between hosts, rings on CPUs, NCCL on GPUs.
 */
import { EngineError, described, exitCodes } from '../../core/errors.ts';
import { backend } from '../binding.ts';
import { serverDef, taskName } from './server-def.ts';

/** A group of ranks as the operations of this room see it. */
export interface Group {
  readonly rank: number;
  readonly ranks: number;
  /** After which a collective fails that a rank does not take part in. */
  readonly timeoutSeconds: number;
}

export interface GroupPlace {
  /** `host:port` of every rank, in their order. */
  readonly addresses: readonly string[];
  readonly rank: number;
  readonly timeoutSeconds: number;
}

/** How the others are watched. A process that is stopped or busy answers late; one that died, never. */
const everyMs = 500;
const answerMs = 3_000;
const misses = 2;

/**
 * Starts the gRPC server of this process and joins the others. Called once, before the first tensor is made: it renames the devices.
 * The server listens on every interface of the machine, without a password: TensorFlow has no other way.
 * @throws EngineError (exit code 75) when the port is taken
 */
export function joinGroup({ addresses, rank, timeoutSeconds }: GroupPlace): Group {
  try {
    backend().binding.enableCollectives(serverDef(addresses, rank));
  } catch (thrown) {
    throw new EngineError(
      {
        where: `rank ${rank}, ${addresses[rank]!}`,
        got: described(`no gRPC server there: ${(thrown as Error).message.split('\n')[0]!}`),
        expected: 'a free port of this machine',
        remedy: 'Start again: another port is taken then',
      },
      { cause: thrown, exitCode: exitCodes.transient },
    );
  }
  return { rank, ranks: addresses.length, timeoutSeconds };
}

/**
 * Watches the other ranks from now on: one that gives no sign of life ends every collective that waits for it. To be called when all have
 * joined, and `stopWatching` before the first leaves.
 */
export function watchGroup({ rank, ranks }: Group): void {
  const others = Array.from({ length: ranks }, (_, i) => i).filter((other) => other !== rank);
  backend().binding.watchPeers(others.map(taskName), everyMs, answerMs, misses);
}

export function stopWatching(): void {
  backend().binding.unwatchPeers();
}

/** The rank that the watch has found lost; null while none is. @param addressOf a rank */
export function lostPeer(addressOf: (rank: number) => string): EngineError | null {
  const said = backend().binding.lostPeer();
  return said === '' ? null : unanswering(said, addressOf);
}

/**
 * Calls `work`, in which collectives run; where one fails, says of which rank.
 * @param addressOf a rank
 * @throws EngineError (exit code 75) for a rank that was lost or took no part within the time limit; what else `work` throws
 */
export function guarded<T>(group: Group, addressOf: (rank: number) => string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown instanceof EngineError) throw thrown;
    const lost = lostPeer(addressOf);
    if (lost) throw lost;
    if (/Collective ops is aborted|task:\d/.test(thrown.message)) throw unanswering(thrown.message, addressOf, thrown);
    if (/timed out|DEADLINE_EXCEEDED/i.test(thrown.message)) {
      const got = `no part of some rank within ${group.timeoutSeconds} s`;
      throw lostRank(`rank ${group.rank}, waiting for the others`, got, thrown);
    }
    throw thrown;
  }
}

/** @param said by TensorFlow, which names tasks */
function unanswering(said: string, addressOf: (rank: number) => string, cause?: Error): EngineError {
  const named = /task:(\d+)/.exec(said)?.[1];
  const where = named === undefined ? 'another rank' : `rank ${named}, ${addressOf(Number(named))}`;
  return lostRank(where, `no sign of life (${firstLine(said)})`, cause);
}

function lostRank(where: string, got: string, cause?: Error): EngineError {
  return new EngineError(
    {
      where,
      got: described(got),
      expected: 'every rank at work until all have ended',
      remedy: 'Start the ranks again: they go on from the last checkpoint',
    },
    { ...(cause && { cause }), exitCode: exitCodes.transient },
  );
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.slice(0, 160);
}
