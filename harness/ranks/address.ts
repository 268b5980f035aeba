/** @file Addresses by which ranks reach each other: private ones, unless a public one is asked for. */
import { BlockList, createServer, isIP, isIPv6 } from 'node:net';
import { UsageError } from '../core/errors.ts';

/** Source: RFC 1918, RFC 6598 (100.64.0.0/10), RFC 4193 (fc00::/7), RFC 3927 and RFC 4291 (link-local, loopback). */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv6');

export function isPrivate(address: string): boolean {
  return privateNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * The address as the others are told it.
 * @throws UsageError for one that is none, and for a public one that was not allowed: whoever reaches the gRPC server controls the process
 */
export function requirePrivate(address: string, where: string, allowPublic: boolean): string {
  if (isIP(address) === 0) {
    throw new UsageError({
      where,
      got: address,
      expected: 'an IP address',
      remedy: 'Name the address of this machine in the network of the ranks, not a host name',
    });
  }
  if (allowPublic || isPrivate(address)) return address;
  throw new UsageError({
    where,
    got: address,
    expected: 'an address of a private network: TensorFlow listens there without a password',
    remedy: 'Set CONSISTENCY_ADVERTISE to a private address, or allow this one with --public-address behind a firewall',
  });
}

/** IPv4 inside IPv6 as IPv4: a server that listens for both sees its clients so. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A port that is free now on this machine. */
export function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: address, port: 0, exclusive: true }, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
