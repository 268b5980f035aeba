/**
 * @file Digests of a run in its event log: bits of losses and gradient norms, hashes of tensors.
 *
 * Tensors are hashed after steps 1, 2, 4, 8 ... up to the first checkpoint and with every checkpoint. Two runs are compared by them
 * without their states.
 *
 * Hashes of tensors cost a copy of the state to the host, which a checkpoint needs anyway; the powers of two are few.
 */
import type { EventLog } from '../../system/event-log.ts';
import type { AsRun } from '../../plan/types.ts';
import type { TensorHashes } from '../../formats/content-hash.ts';
import type { TrainEvent } from '../events.ts';

/** Steps per line of the log. */
const stepsPerLine = 256;
/** Hexadecimal digits that are kept of a hash: 64 bits. */
const hashDigits = 16;

export class Digests {
  private readonly events: Pick<EventLog<TrainEvent>, 'append'>;
  private first = 0;
  private loss: number[] = [];
  private gradientNorm: number[] = [];

  constructor(events: Pick<EventLog<TrainEvent>, 'append'>) {
    this.events = events;
  }

  /** Notes the float32 loss and gradient norm of a step, which comes after the one that was noted before. */
  note(step: number, loss: number, gradientNorm: number): void {
    if (this.loss.length === 0) this.first = step;
    this.loss.push(loss);
    this.gradientNorm.push(gradientNorm);
    if (this.loss.length === stepsPerLine) this.write();
  }

  /** Writes what is noted and not yet written. */
  write(): void {
    if (this.loss.length === 0) return;
    const { first, loss, gradientNorm } = this;
    this.events.append({ event: 'digest', step: first, loss: bits(loss), gradientNorm: bits(gradientNorm) });
    this.loss = [];
    this.gradientNorm = [];
  }

  /** Writes the hashes of the state after a step. */
  tensors(step: number, hashes: TensorHashes): void {
    this.write();
    const short = [...hashes].map(([name, sha]) => [name, sha.slice(0, hashDigits)]);
    this.events.append({ event: 'tensors', step, sha256: Object.fromEntries(short) as Record<string, string> });
  }
}

/** Whether the tensors are hashed after a step that writes no checkpoint. */
export function tensorsDue(k: number, { checkpointEverySteps }: Pick<AsRun, 'checkpointEverySteps'>): boolean {
  return k < checkpointEverySteps && Number.isInteger(Math.log2(k));
}

/** Each number as the 8 hexadecimal digits of its float32 bits, most significant first. */
function bits(values: readonly number[]): string {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
}
