/** @file Messages between ranks: one JSON object per line over TCP. */
import type { Socket } from 'node:net';

/** What ranks say to each other at the meeting and after it. */
export type Message =
  | {
      readonly type: 'hello';
      readonly rank: number;
      readonly ranks: number;
      readonly member: Member;
    }
  | { readonly type: 'welcome'; readonly members: readonly Member[] }
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'value'; readonly n: number; readonly about: string; readonly value: unknown }
  | { readonly type: 'values'; readonly n: number; readonly values: readonly unknown[] }
  | { readonly type: 'told'; readonly value: unknown }
  | { readonly type: 'failed'; readonly why: string }
  | { readonly type: 'leaving' };

/** A rank as the others know it. */
export interface Member {
  /** `host:port` of its gRPC server. */
  readonly address: string;
  readonly host: string;
  readonly pid: number;
}

/** A connection that carries messages. */
export class Wire {
  private readonly socket: Socket;
  private rest = '';

  /** @param onEnd told once, when the other side is gone */
  constructor(socket: Socket, onMessage: (message: Message) => void, onEnd: () => void) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (this.rest + text).split('\n');
      this.rest = lines.pop()!;
      for (const line of lines) {
        const message = parsed(line);
        if (message) onMessage(message);
        else socket.destroy();
      }
    });
    // A connection that breaks ends as one that is closed does.
    socket.on('error', () => undefined);
    socket.once('close', onEnd);
  }

  /** Hands the message to the system at once: the caller may be busy with a step right afterwards. */
  send(message: Message): void {
    if (!this.socket.destroyed) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Closes when all that was sent has gone out. */
  end(): void {
    this.socket.end();
  }
}

/** Null for what is no message: somebody else has connected. */
function parsed(line: string): Message | null {
  try {
    const value = JSON.parse(line) as { readonly type?: unknown } | null;
    return typeof value?.type === 'string' ? (value as Message) : null;
  } catch {
    return null;
  }
}
