/** @file Addresses of ranks: private networks by their RFCs, public ones only when asked for. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, hostPort, isPrivate, plainAddress, requirePrivate } from '../../harness/ranks/address.ts';

describe('isPrivate', () => {
  it.each([
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ])('%s is', (address) => {
    expect(isPrivate(address)).toBe(true);
  });
  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', '11.0.0.1'])('%s is not', (address) => {
    expect(isPrivate(address)).toBe(false);
  });
});

describe('requirePrivate', () => {
  it('refuses a public address unless it is allowed, and a name', () => {
    expect(() => requirePrivate('8.8.8.8', 'rank 1', false)).toThrow(
      'rank 1: got "8.8.8.8", expected an address of a private network: TensorFlow listens there without a password.',
    );
    expect(requirePrivate('8.8.8.8', 'rank 1', true)).toBe('8.8.8.8');
    expect(() => requirePrivate('node1', 'rank 1', true)).toThrow('expected an IP address');
  });
});

it('writes an IPv6 address in brackets, and IPv4 inside IPv6 as IPv4', () => {
  expect(hostPort('::1', 80)).toBe('[::1]:80');
  expect(hostPort('10.0.0.1', 80)).toBe('10.0.0.1:80');
  expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(plainAddress('fe80::1')).toBe('fe80::1');
});

it('finds a port on which a server can listen', async () => {
  const port = await freePort('127.0.0.1');
  await new Promise<void>((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
  expect(port).toBeGreaterThan(1023);
});
