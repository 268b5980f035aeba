/** @file The bytes of a ServerDef: one written out by hand from the field numbers of the published messages. */
import { expect, it } from 'vitest';
import { serverDef, taskName } from '../../../harness/engine/collective/server-def.ts';

const text = (value: string) => [...Buffer.from(value)];

it('is the message of tensorflow_server.proto', () => {
  const leader = '/job:worker/replica:0/task:0';
  expect(taskName(0)).toBe(leader);
  const task = (i: number, address: string) => [
    0x12,
    4 + address.length,
    0x08,
    i,
    0x12,
    address.length,
    ...text(address),
  ];
  const job = [0x0a, 6, ...text('worker'), ...task(0, 'a:1'), ...task(1, 'b:22')];
  const cluster = [0x0a, job.length, ...job];
  const experimental = [0x0a, leader.length, ...text(leader)];
  const session = [0x82, 0x01, experimental.length, ...experimental];
  const expected = [
    ...[0x0a, cluster.length, ...cluster],
    ...[0x12, 6, ...text('worker')],
    ...[0x18, 1],
    ...[0x22, session.length, ...session],
    ...[0x2a, 4, ...text('grpc')],
  ];
  expect([...serverDef(['a:1', 'b:22'], 1)]).toEqual(expected);
});

it('counts more bytes than one digit holds', () => {
  const long = 'x'.repeat(200);
  const bytes = [...serverDef([long], 0)];
  // 200 is 72 + 128: c8 01.
  expect(bytes.join().includes([0x12, 0xc8, 0x01, 120, 120].join())).toBe(true);
});
