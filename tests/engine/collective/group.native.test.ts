/** @file Joining a group: a port that is taken, and failures of collectives told by rank and address. */
import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { guarded, joinGroup } from '../../../harness/engine/collective/group.ts';
import { engineForTests } from '../engine-fixture.ts';

beforeAll(async () => {
  await engineForTests();
});

const group = { rank: 0, ranks: 2, timeoutSeconds: 30 };
const addressOf = (rank: number) => `10.0.0.${rank}:4000`;
const failing = (message: string) => () => {
  throw new Error(message);
};

describe('guarded', () => {
  it('names rank and address of the peer that TensorFlow names', () => {
    const said = 'Collective ops is aborted by: connection reset from remote target /job:worker/replica:0/task:1\nmore';
    expect(() => guarded(group, addressOf, failing(said))).toThrow(
      /^rank 1, 10\.0\.0\.1:4000: got no sign of life \(Collective ops is aborted by: .*\), expected every rank at work until all have ended\. Start the ranks again/,
    );
  });

  it('says that a rank took no part in time', () => {
    expect(() => guarded(group, addressOf, failing('Collective has timed out waiting for other workers'))).toThrow(
      'rank 0, waiting for the others: got no part of some rank within 30 s',
    );
  });

  it('passes on what has another cause', () => {
    expect(() => guarded(group, addressOf, failing('out of memory'))).toThrow(/^out of memory$/);
    expect(guarded(group, addressOf, () => 3)).toBe(3);
  });
});

describe('joinGroup', () => {
  it('names a port that another process uses', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '0.0.0.0', exclusive: true }, resolve));
    const { port } = server.address() as { port: number };
    const addresses = [`127.0.0.1:${port}`, '127.0.0.1:1'];
    expect(() => joinGroup({ addresses, rank: 0, timeoutSeconds: 5 })).toThrow(
      new RegExp(
        `^rank 0, 127\\.0\\.0\\.1:${port}: got no gRPC server there: .*, expected a free port of this machine`,
      ),
    );
    server.close();
  });
});
