/** @file The meeting of ranks: who has come, what all say, who is lost; every refusal names its rank. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../harness/ranks/address.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { meet, type Met } from '../../harness/ranks/meeting.ts';
import { requireSame } from '../../harness/ranks/same.ts';

interface Change {
  readonly ranks?: number;
  readonly withinSeconds?: number;
  readonly host?: string;
  readonly advertise?: string;
}

/** The meeting of one of several ranks, all in this process. */
function joiner(port: number) {
  return (rank: number, { ranks = 2, withinSeconds = 10, host = '127.0.0.1', advertise }: Change = {}) =>
    meet({
      world: {
        rank,
        ranks,
        localRank: rank,
        localRanks: ranks,
        meeting: { host, port },
        ...(advertise !== undefined && { advertise }),
      },
      withinSeconds,
      allowPublic: false,
      clock: systemClock,
    });
}

async function joined(ranks: number, host = '127.0.0.1'): Promise<Met[]> {
  const join = joiner(await freePort(host));
  return Promise.all(Array.from({ length: ranks }, (_, rank) => join(rank, { ranks, host })));
}

async function leave(all: readonly Met[]): Promise<void> {
  await Promise.all(all.map(({ team }) => team.leave()));
}

const message = (thrown: unknown): string => (thrown as Error).message;

describe('a meeting', () => {
  it.each(['127.0.0.1', '::1'])('tells every rank the addresses of all, at %s', async (host) => {
    const all = await joined(3, host);
    const [{ addresses }] = all as [Met, ...Met[]];
    expect(new Set(addresses).size).toBe(3);
    for (const one of all) expect(one.addresses).toEqual(addresses);
    for (const address of addresses) expect(address.startsWith(host === '::1' ? '[::1]:' : '127.0.0.1:')).toBe(true);
    await leave(all);
  });

  it('waits for a rank 0 that comes last', async () => {
    const join = joiner(await freePort('127.0.0.1'));
    const later = join(1);
    await new Promise((wake) => setTimeout(wake, 300));
    await leave(await Promise.all([join(0), later]));
  });

  it('names the ranks that have not come in time', async () => {
    const port = await freePort('127.0.0.1');
    const join = joiner(port);
    const ends = await Promise.allSettled([
      join(0, { ranks: 3, withinSeconds: 0.5 }),
      join(1, { ranks: 3, withinSeconds: 5 }),
    ]);
    const [first, second] = ends.map((end) => message((end as PromiseRejectedResult).reason)) as [string, string];
    expect(first).toMatch(`ranks: got no rank 2 within 0.5 s at 127.0.0.1:${port}, expected all 3.`);
    expect(second).toContain('no rank 2 within 0.5 s');
  });

  it('says that there is no rank 0', async () => {
    const port = await freePort('127.0.0.1');
    await expect(joiner(port)(1, { withinSeconds: 0.3 })).rejects.toThrow(
      new RegExp(
        `^rank 1: got no rank 0 at 127\\.0\\.0\\.1:${port} within 0\\.3 s \\(.*\\), expected rank 0 to listen there`,
      ),
    );
  });

  it('refuses another number of ranks on both sides', async () => {
    const join = joiner(await freePort('127.0.0.1'));
    const ends = await Promise.allSettled([join(0, { ranks: 2 }), join(1, { ranks: 4 })]);
    for (const end of ends) {
      const said = message((end as PromiseRejectedResult).reason);
      expect(said).toMatch(/rank 1 \(process \d+ on \S+\): got 4 ranks, expected 2,? as rank 0 has/);
    }
  });

  it('refuses a rank that has come already, and goes on without it', async () => {
    const join = joiner(await freePort('127.0.0.1'));
    const first = join(0, { ranks: 3 });
    const second = join(1, { ranks: 3 });
    await new Promise((wake) => setTimeout(wake, 600));
    await expect(join(1, { ranks: 3 })).rejects.toThrow(
      'a rank that has come already, expected 3 processes numbered from 0',
    );
    await leave(await Promise.all([first, second, join(2, { ranks: 3 })]));
  });

  it('names a port that is taken, and an address that is not this machine’s', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await expect(joiner(port)(0)).rejects.toThrow(
      `rank 0, 127.0.0.1:${port}: got a port that another process uses, expected a free port`,
    );
    server.close();
    await expect(joiner(port)(0, { host: '192.0.2.1', advertise: '10.0.0.1' })).rejects.toThrow(
      'got an address that cannot be used (EADDRNOTAVAIL), expected an address of this machine',
    );
  });

  it('refuses to be told a public address', async () => {
    await expect(joiner(1)(0, { advertise: '8.8.8.8' })).rejects.toThrow('expected an address of a private network');
  });

  it('is not disturbed by somebody else who connects', async () => {
    const port = await freePort('127.0.0.1');
    const join = joiner(port);
    const first = join(0);
    const { connect } = await import('node:net');
    const stranger = connect(port, '127.0.0.1');
    await new Promise((resolve) => stranger.once('connect', resolve));
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => stranger.once('close', resolve));
    await leave(await Promise.all([first, join(1)]));
  });
});

describe('a team', () => {
  it('gathers the values of all ranks in their order, as often as asked', async () => {
    const all = await joined(3);
    for (let k = 0; k < 3; k++) {
      const values = await Promise.all(all.map(({ team }) => team.gather('k', team.rank + 10 * k)));
      for (const one of values) expect(one).toEqual([0, 1, 2].map((rank) => rank + 10 * k));
    }
    await leave(all);
  });

  it('hears what rank 0 tells, in order, also what was told before it listened', async () => {
    const all = await joined(2);
    const [first, second] = all.map(({ team }) => team) as [Met['team'], Met['team']];
    first.tell({ step: 1 });
    first.tell({ step: 2 });
    expect([await second.hear(), await second.hear()]).toEqual([{ step: 1 }, { step: 2 }]);
    await leave(all);
  });

  it('finds out ranks that are at different places of the program', async () => {
    const all = await joined(2);
    const ends = await Promise.allSettled(all.map(({ team }) => team.gather(`after step ${team.rank}`, null)));
    for (const end of ends) expect(message((end as PromiseRejectedResult).reason)).toMatch(/after step [01]/);
  });

  it('names a rank that says why it ends, to all others', async () => {
    const all = await joined(3);
    const waiting = [0, 2].map((rank) => all[rank]!.team.gather('x', null));
    const ends = Promise.allSettled(waiting);
    all[1]!.team.fail('the disk is full');
    for (const end of await ends) {
      const said = message((end as PromiseRejectedResult).reason);
      expect(said).toMatch(/rank 1 \(process \d+ on \S+\): got the disk is full|rank 1 .*the disk is full/);
      expect(said).toContain('they go on from the last checkpoint');
    }
    all[0]!.team.fail('as rank 1');
  });

  it('compares facts, and names rank, fact and both values', async () => {
    const all = await joined(2);
    const facts = [
      { plan: 'a'.repeat(64), code: '1' },
      { plan: 'b'.repeat(64), code: '1' },
    ];
    const ends = await Promise.allSettled(
      all.map(({ team }) => requireSame(team, 'before the first step', facts[team.rank]!)),
    );
    for (const end of ends) {
      expect(message((end as PromiseRejectedResult).reason)).toMatch(
        /^rank 1 \(process \d+ on \S+\), before the first step: got plan b{16}, expected a{16}, as rank 0 \(process/,
      );
    }
    await leave(all);
  });
});
