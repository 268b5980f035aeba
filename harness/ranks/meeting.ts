/**
 * @file Meeting of all ranks: rank 0 listens, the others connect, and each learns the addresses of all.
 *
 * The connections stay: by them ranks tell each other what is small and plain, and notice at once when one ends.
 */
import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { EngineError, UsageError, described, exitCodes, type HarnessError } from '../core/errors.ts';
import { freePort, hostPort, plainAddress, requirePrivate } from './address.ts';
import type { Team } from './team.ts';
import { Wire, type Member, type Message } from './wire.ts';
import type { World } from './world.ts';

export interface MeetingOptions {
  readonly world: World;
  /** How long ranks wait for each other. */
  readonly withinSeconds: number;
  /** Whether an address that the whole internet can reach may be used. */
  readonly allowPublic: boolean;
  readonly clock: Clock;
}

export interface Met {
  readonly team: Team;
  /** `host:port` of the gRPC server of every rank, which starts after the meeting. */
  readonly addresses: readonly string[];
}

/**
 * Waits until every rank has come.
 * @throws EngineError (exit code 75) naming the ranks that have not come in time, or a busy port; UsageError for contradictions
 */
export function meet(options: MeetingOptions): Promise<Met> {
  return options.world.rank === 0 ? new Hub(options).open() : new Spoke(options).open();
}

/** What both ends share: gathering by number, hearing, failing. */
abstract class Connected implements Team {
  readonly rank: number;
  readonly ranks: number;
  protected members: readonly Member[] = [];
  protected failure: HarnessError | undefined;
  private gathered = 0;
  private readonly waiting = new Map<number, (values: readonly unknown[]) => void>();
  private readonly heard: unknown[] = [];
  private readonly listeners: ((value: unknown) => void)[] = [];
  private readonly rejects = new Set<(why: Error) => void>();

  constructor({ rank, ranks }: World) {
    this.rank = rank;
    this.ranks = ranks;
  }

  readonly nameOf = (rank: number): string => {
    const member = this.members[rank];
    return member ? `rank ${rank} (process ${member.pid} on ${member.host})` : `rank ${rank}`;
  };

  gather<T>(about: string, value: T): Promise<readonly T[]> {
    const n = this.gathered++;
    return this.unlessFailed((done) => {
      this.waiting.set(n, done as (values: readonly unknown[]) => void);
      this.submit(n, about, value);
    });
  }

  hear(): Promise<unknown> {
    if (this.heard.length > 0) return Promise.resolve(this.heard.shift());
    return this.unlessFailed((done) => this.listeners.push(done));
  }

  giveUp(failure: HarnessError): void {
    this.failWith(failure);
  }

  async leave(): Promise<void> {
    await this.gather('the end', null);
    this.close();
  }

  abstract tell(value: unknown): void;
  abstract fail(why: string): void;
  protected abstract submit(n: number, about: string, value: unknown): void;
  protected abstract close(): void;

  protected settle(n: number, values: readonly unknown[]): void {
    this.waiting.get(n)?.(values);
    this.waiting.delete(n);
  }

  protected noteTold(value: unknown): void {
    const listener = this.listeners.shift();
    if (listener) listener(value);
    else this.heard.push(value);
  }

  /** Everything that waits and all that will be asked fails with this. */
  protected failWith(failure: HarnessError): void {
    if (this.failure) return;
    this.failure = failure;
    for (const reject of this.rejects) reject(failure);
  }

  private unlessFailed<T>(begin: (done: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.failure) {
        reject(this.failure);
        return;
      }
      this.rejects.add(reject);
      begin((value) => {
        this.rejects.delete(reject);
        resolve(value);
      });
    });
  }
}

/** Rank 0: the others are connected to it. */
class Hub extends Connected {
  private readonly options: MeetingOptions;
  private readonly server: Server;
  private readonly joined: (Member | undefined)[];
  private readonly wires: (Wire | undefined)[] = [];
  private readonly left = new Set<number>();
  private readonly open_ = new Map<number, { about: string; by: number; values: unknown[]; missing: number }>();
  private complete = (): void => undefined;

  constructor(options: MeetingOptions) {
    super(options.world);
    this.options = options;
    this.joined = Array.from({ length: options.world.ranks }, () => undefined);
    this.server = createServer((socket) => this.receive(socket));
  }

  async open(): Promise<Met> {
    const { world, withinSeconds, allowPublic } = this.options;
    const { host, port } = world.meeting;
    const address = requirePrivate(world.advertise ?? (await addressOf(host)), 'MASTER_ADDR', allowPublic);
    const all = new Promise<void>((done) => (this.complete = done));
    await this.listen(await addressOf(host), port);
    this.joined[0] = await ownMember(address);
    if (world.ranks === 1) this.complete();
    const failed = new Promise<never>((_, reject) => (this.onFailure = reject));
    const stop = new AbortController();
    const late = pause(withinSeconds * 1000, undefined, { signal: stop.signal }).then(() => {
      throw this.missing(address, port);
    });
    late.catch(() => undefined);
    try {
      await Promise.race([all, failed, late]);
    } catch (thrown) {
      this.refuseAll((thrown as Error).message);
      throw thrown;
    } finally {
      stop.abort();
    }
    this.members = this.joined as Member[];
    for (const wire of this.wires) wire?.send({ type: 'welcome', members: this.members });
    return { team: this, addresses: this.members.map((member) => member.address) };
  }

  override tell(value: unknown): void {
    for (const wire of this.wires) wire?.send({ type: 'told', value });
  }

  override fail(why: string): void {
    for (const wire of this.wires) wire?.send({ type: 'failed', why: `${this.nameOf(0)}: ${why}` });
    this.close();
  }

  protected override submit(n: number, about: string, value: unknown): void {
    this.note(0, n, about, value);
  }

  protected override close(): void {
    for (let rank = 1; rank < this.ranks; rank++) this.left.add(rank);
    for (const wire of this.wires) wire?.end();
    this.server.close();
  }

  protected override failWith(failure: HarnessError): void {
    super.failWith(failure);
    this.onFailure(failure);
  }

  private onFailure: (failure: Error) => void = () => undefined;

  private listen(address: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) => reject(unusable(address, port, error)));
      this.server.listen({ host: address, port, exclusive: true }, resolve);
    });
  }

  private receive(socket: Socket): void {
    let rank: number | undefined;
    const wire = new Wire(
      socket,
      (message) => {
        if (message.type === 'hello') rank ??= this.welcome(wire, message);
        else if (rank !== undefined) this.take(rank, message);
      },
      () => {
        if (rank !== undefined && !this.left.has(rank)) this.lose(rank, 'its connection ended');
      },
    );
  }

  /** @returns the rank that has come, undefined where it is refused */
  private welcome(wire: Wire, { rank, ranks, member }: Extract<Message, { type: 'hello' }>): number | undefined {
    const who = `rank ${rank} (process ${member.pid} on ${member.host})`;
    const refuse = (why: string): void => {
      wire.send({ type: 'refused', why });
      wire.end();
    };
    if (ranks !== this.ranks) {
      const why = `${who}: got ${ranks} ranks, expected ${this.ranks} as rank 0 has. Give --ranks the same number everywhere.`;
      this.failWith(
        new UsageError({
          where: who,
          got: described(`${ranks} ranks`),
          expected: `${this.ranks}, as rank 0 has`,
          remedy: 'Give --ranks the same number everywhere',
        }),
      );
      refuse(why);
      return undefined;
    }
    if (this.joined[rank] !== undefined || rank >= this.ranks) {
      refuse(
        `${who}: got a rank that has come already, expected ${this.ranks} processes numbered from 0. Start as many as --ranks says.`,
      );
      return undefined;
    }
    this.joined[rank] = member;
    this.wires[rank] = wire;
    if (this.joined.every((one) => one !== undefined)) this.complete();
    return rank;
  }

  private take(rank: number, message: Message): void {
    if (message.type === 'value') this.note(rank, message.n, message.about, message.value);
    if (message.type === 'leaving') this.left.add(rank);
    if (message.type === 'failed') {
      this.left.add(rank);
      this.lose(rank, message.why);
    }
  }

  private note(rank: number, n: number, about: string, value: unknown): void {
    const open = this.open_.get(n) ?? { about, by: rank, values: [], missing: this.ranks };
    this.open_.set(n, open);
    if (open.about !== about) {
      this.end(
        `${this.nameOf(rank)} is at "${about}", ${this.nameOf(open.by)} at "${open.about}"`,
        new EngineError({
          where: this.nameOf(rank),
          got: about,
          expected: `"${open.about}", where ${this.nameOf(open.by)} is`,
          remedy: 'Start every rank from the same checkout, plan and checkpoints',
        }),
      );
      return;
    }
    open.values[rank] = value;
    open.missing -= 1;
    if (open.missing > 0) return;
    this.open_.delete(n);
    for (const wire of this.wires) wire?.send({ type: 'values', n, values: open.values });
    this.settle(n, open.values);
  }

  private lose(rank: number, why: string): void {
    this.end(`${this.nameOf(rank)}: ${why}`, lost(this.nameOf(rank), why));
  }

  private end(why: string, failure: HarnessError): void {
    for (const wire of this.wires) wire?.send({ type: 'failed', why });
    this.failWith(failure);
  }

  private refuseAll(why: string): void {
    for (const wire of this.wires) wire?.send({ type: 'refused', why });
    this.close();
  }

  private missing(address: string, port: number): EngineError {
    const late = this.joined.flatMap((member, rank) => (member ? [] : [rank]));
    return new EngineError(
      {
        where: 'ranks',
        got: described(
          `no rank ${late.join(', ')} within ${this.options.withinSeconds} s at ${hostPort(address, port)}`,
        ),
        expected: `all ${this.ranks}`,
        remedy: `Start every rank; check that each reaches that address, and that ${this.options.world.meeting.host} means it everywhere`,
      },
      { exitCode: exitCodes.transient },
    );
  }
}

/** Every other rank. */
class Spoke extends Connected {
  private readonly options: MeetingOptions;
  private wire: Wire | undefined;
  private left = false;

  constructor(options: MeetingOptions) {
    super(options.world);
    this.options = options;
  }

  async open(): Promise<Met> {
    const { world, withinSeconds, allowPublic, clock } = this.options;
    const { host, port } = world.meeting;
    const address = await addressOf(host);
    // Rank 0 answers when all have come: somewhat later than it would say that one is missing.
    const deadline = clock.now() + withinSeconds * 1000;
    const socket = await reached({ address, port, name: host, rank: world.rank, deadline, withinSeconds, clock });
    const own = plainAddress(socket.localAddress ?? '');
    const advertised = requirePrivate(world.advertise ?? own, `rank ${world.rank}`, allowPublic);
    const member = await ownMember(advertised);
    const members = await new Promise<readonly Member[]>((resolve, reject) => {
      this.wire = new Wire(
        socket,
        (message) => {
          if (message.type === 'welcome') resolve(message.members);
          else if (message.type === 'refused') reject(refused(message.why));
          else this.take(message);
        },
        () => {
          const failure = lost('rank 0', 'its connection ended');
          reject(failure);
          if (!this.left) this.failWith(failure);
        },
      );
      this.wire.send({ type: 'hello', rank: world.rank, ranks: world.ranks, member });
    });
    this.members = members;
    return { team: this, addresses: members.map((one) => one.address) };
  }

  override tell(): never {
    throw new Error('only rank 0 tells');
  }

  override fail(why: string): void {
    this.left = true;
    this.wire?.send({ type: 'failed', why });
    this.wire?.end();
  }

  protected override submit(n: number, about: string, value: unknown): void {
    this.wire!.send({ type: 'value', n, about, value });
  }

  protected override close(): void {
    this.left = true;
    this.wire!.send({ type: 'leaving' });
    this.wire!.end();
  }

  private take(message: Message): void {
    if (message.type === 'values') this.settle(message.n, message.values);
    else if (message.type === 'told') this.noteTold(message.value);
    else if (message.type === 'failed') this.failWith(lost('the ranks', message.why));
  }
}

async function ownMember(address: string): Promise<Member> {
  return { address: hostPort(address, await freePort(address)), host: hostname(), pid: process.pid };
}

/** @throws UsageError for a name that means no address here */
async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (thrown) {
    throw new UsageError(
      {
        where: 'MASTER_ADDR',
        got: host,
        expected: 'the name or address of the machine of rank 0',
        remedy: 'Name its address',
      },
      { cause: thrown },
    );
  }
}

interface Reach {
  readonly address: string;
  readonly port: number;
  /** As the environment names the address. */
  readonly name: string;
  readonly rank: number;
  readonly deadline: number;
  readonly withinSeconds: number;
  readonly clock: Clock;
}

/** A connection to rank 0, which may not have begun to listen. @throws EngineError (exit code 75) when there is none in time */
async function reached(reach: Reach): Promise<Socket> {
  for (;;) {
    const socket = await tried(reach);
    if (!(socket instanceof Error)) return socket;
    if (reach.clock.now() >= reach.deadline) throw unreachable(reach, socket);
    await pause(200);
  }
}

function tried({ address, port, deadline, clock }: Reach): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const late = setTimeout(() => socket.destroy(new Error('no answer')), Math.max(0, deadline - clock.now()));
    const end = (result: Socket | Error): void => {
      clearTimeout(late);
      resolve(result);
    };
    socket.once('connect', () => end(socket));
    socket.once('error', end);
  });
}

function unreachable({ address, port, name, rank, withinSeconds }: Reach, cause: Error): EngineError {
  return new EngineError(
    {
      where: `rank ${rank}`,
      got: described(`no rank 0 at ${hostPort(address, port)} within ${withinSeconds} s (${cause.message})`),
      expected: `rank 0 to listen there: ${name} means ${address} on this machine`,
      remedy: 'Start rank 0, open the port between the machines, or name an address in MASTER_ADDR',
    },
    { cause, exitCode: exitCodes.transient },
  );
}

function unusable(address: string, port: number, cause: NodeJS.ErrnoException): EngineError {
  const busy = cause.code === 'EADDRINUSE';
  return new EngineError(
    {
      where: `rank 0, ${hostPort(address, port)}`,
      got: described(
        busy ? 'a port that another process uses' : `an address that cannot be used (${cause.code ?? cause.message})`,
      ),
      expected: busy ? 'a free port for the meeting of the ranks' : 'an address of this machine',
      remedy: busy ? 'Name another one in MASTER_PORT' : 'Name the machine of rank 0 in MASTER_ADDR',
    },
    { cause, exitCode: busy ? exitCodes.transient : exitCodes.badInput },
  );
}

function lost(who: string, why: string): EngineError {
  return new EngineError(
    {
      where: who,
      got: described(why),
      expected: 'every rank at work until all have ended',
      remedy: 'Start the ranks again: they go on from the last checkpoint',
    },
    { exitCode: exitCodes.transient },
  );
}

/** What rank 0 said, which is a whole message. */
function refused(why: string): EngineError {
  return new EngineError(
    {
      where: 'rank 0',
      got: described(`a refusal (${why.replace(/\.$/, '')})`),
      expected: 'every rank to be let in',
      remedy: 'Mend what it names, and start the ranks again',
    },
    { exitCode: exitCodes.transient },
  );
}
