/** @file A package index on this machine with wheels of a test's own, which counts what it is asked for and can stall, fail or lie. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { zipSync, type Zippable } from 'fflate';
import { sha256 } from '../../../../harness/core/hash.ts';
import type { Requirement } from '../../../../harness/engine/install/library/wheel-set.ts';

export interface TestWheel {
  readonly requirement: Requirement;
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * A wheel that pip accepts, with the given members beside its metadata.
 * @param unrecorded members whose hashes are not in RECORD
 */
export function testWheel(
  name: string,
  members: Readonly<Record<string, string | Uint8Array>>,
  unrecorded: readonly string[] = [],
): TestWheel {
  const version = '1.0';
  const folder = `${name}-${version}.dist-info`;
  const metadata = {
    [`${folder}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${folder}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${folder}/licenses/LICENSE`]: `the licence of ${name}`,
  };
  const recorded = Object.entries({ ...members, ...metadata }).map(([path, content]) => {
    const field = path.includes(',') ? `"${path}"` : path;
    const hash = Buffer.from(sha256(content), 'hex').toString('base64url');
    return unrecorded.includes(path) ? `${field},,` : `${field},sha256=${hash},${Buffer.byteLength(content)}`;
  });
  const record = { [`${folder}/RECORD`]: `${[...recorded, `${folder}/RECORD,,`].join('\n')}\n` };
  const zippable: Zippable = {};
  for (const [path, content] of Object.entries({ ...members, ...metadata, ...record })) {
    zippable[path] = typeof content === 'string' ? Buffer.from(content) : content;
  }
  const bytes = zipSync(zippable, { mtime: new Date('2020-01-01T00:00:00Z') });
  return { requirement: { name, version, sha256: sha256(bytes) }, file: `${name}-${version}-py3-none-any.whl`, bytes };
}

export type Answer = (wheel: TestWheel, response: ServerResponse) => void;

export const whole: Answer = ({ bytes }, response) =>
  void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

/** Sends half of the file and then nothing. */
export const stall: Answer = ({ bytes }, response) => {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2));
};

export const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('no');

export class WheelIndex {
  /** How many times each wheel's file was asked for. */
  readonly asked = new Map<string, number>();
  /** How files are answered; by name of the package, otherwise whole. */
  readonly answers = new Map<string, Answer>();
  readonly wheels: readonly TestWheel[];
  private readonly server = createServer((request, response) => this.answer(request, response));

  constructor(wheels: readonly TestWheel[]) {
    this.wheels = wheels;
  }

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this.url();
  }

  url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/simple`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const [, kind, name] = (request.url ?? '').split('/');
    const wheel = this.wheels.find((one) => one.requirement.name === name || one.file === name);
    if (!wheel) return void response.writeHead(404).end();
    if (kind === 'simple') {
      const link = `<a href="/files/${wheel.file}">${wheel.file}</a>`;
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(`<!DOCTYPE html>${link}`);
    }
    const packageName = wheel.requirement.name;
    this.asked.set(packageName, (this.asked.get(packageName) ?? 0) + 1);
    (this.answers.get(packageName) ?? whole)(wheel, response);
  }
}
