/**
 * @file All-reduce by a ring over TCP in plain TypeScript: the baseline of `npm run bench -- all-reduce`.
 *
 * Source: Patarasu & Yuan, Journal of Parallel and Distributed Computing 69 (2009): n - 1 steps that add parts, n - 1 that hand them on.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { Team } from '../../ranks/team.ts';

/** The connections of a rank to its neighbours in the ring. */
export class Ring {
  private readonly team: Team;
  private readonly next: Socket;
  private readonly previous: Socket;

  private constructor(team: Team, next: Socket, previous: Socket) {
    this.team = team;
    this.next = next;
    this.previous = previous;
  }

  /** @param host by which the others reach this rank */
  static async open(team: Team, host: string): Promise<Ring> {
    const server = createServer();
    const incoming = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
    const { port } = server.address() as { port: number };
    const places = await team.gather('the ring', { host, port });
    const next = connect(places[(team.rank + 1) % team.ranks]!);
    const [previous] = await Promise.all([incoming, new Promise((resolve) => next.once('connect', resolve))]);
    server.close();
    for (const socket of [next, previous]) socket.setNoDelay(true);
    previous.pause();
    return new Ring(team, next, previous);
  }

  /** Replaces x by its sum over the ranks. */
  async allReduce(x: Float32Array<ArrayBuffer>): Promise<void> {
    const { rank, ranks } = this.team;
    const share = Math.ceil(x.length / ranks);
    const part = (i: number) =>
      x.subarray(((i + 2 * ranks) % ranks) * share, Math.min(x.length, (((i + 2 * ranks) % ranks) + 1) * share));
    for (let step = 0; step < ranks - 1; step++) {
      const into = part(rank - step - 1);
      const got = new Float32Array(into.length);
      await this.exchange(part(rank - step), got);
      for (let i = 0; i < into.length; i++) into[i]! += got[i]!;
    }
    for (let step = 0; step < ranks - 1; step++) await this.exchange(part(rank - step + 1), part(rank - step));
  }

  close(): void {
    this.next.destroy();
    this.previous.destroy();
  }

  private async exchange(out: Float32Array, into: Float32Array): Promise<void> {
    const sent = new Promise<void>((resolve, reject) =>
      this.next.write(bytesOf(out), (error) => (error ? reject(error) : resolve())),
    );
    await Promise.all([sent, this.fill(bytesOf(into))]);
  }

  private fill(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      let at = 0;
      const take = (piece: Buffer): void => {
        const wanted = piece.subarray(0, bytes.length - at);
        bytes.set(wanted, at);
        at += wanted.length;
        if (at < bytes.length) return;
        this.previous.off('data', take);
        this.previous.pause();
        if (wanted.length < piece.length) this.previous.unshift(piece.subarray(wanted.length));
        resolve();
      };
      this.previous.on('data', take);
      this.previous.resume();
    });
  }
}

function bytesOf(x: Float32Array): Uint8Array {
  return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
}
