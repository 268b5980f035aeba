/** @file A disk on which one operation fails, behind the door of harness/system, for one folder. */
import { join, sep } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { HostRandom } from '../../core/random.ts';
import { disk as nodeDisk, type Attempt, type Interference } from '../../system/disk.ts';
import { faults, type FaultKind } from './faults.ts';

/** What a killed process throws from every operation from then on: nothing that it still tries has any effect. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** A clock that moves by itself, so that a campaign has the same times whenever it is run. */
class CampaignClock implements Clock {
  private milliseconds = 0;
  private calendar = Date.UTC(2046, 0, 1);

  now(): number {
    this.milliseconds += 4_000;
    return this.milliseconds;
  }

  date(): Date {
    this.calendar += 1_000;
    return new Date(this.calendar);
  }

  /** An hour, on the calendar alone: the other clock never goes back. */
  turnBack(): void {
    this.calendar -= 3_600_000;
  }
}

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Strikes the so-manieth operation that it can strike. */
  readonly after: number;
}

export class FaultDisk {
  readonly clock = new CampaignClock();
  /** Names of the points that were passed. */
  readonly reached = new Set<string>();
  /** What was struck, where and in which operation; null as long as nothing was. */
  struck: string | null = null;
  /** A checkout beside the disk: nothing goes wrong there. */
  readonly code: string;
  private readonly folder: string;
  private readonly random: HostRandom;
  private fault: PlannedFault | null = null;
  private countdown = 0;
  private dead = false;
  private processes = 1;
  private operations = 0;
  /** Of open files of the campaign. */
  private readonly descriptors = new Set<number>();

  constructor(folder: string, code: string, random: HostRandom) {
    this.folder = folder;
    this.code = code;
    this.random = random;
  }

  /** A new process begins, with a fault that will strike it, or none. */
  begin(fault: PlannedFault | null): void {
    this.dead = false;
    this.processes += 1;
    this.fault = fault;
    this.countdown = fault?.after ?? 0;
    this.operations = 0;
    this.struck = null;
  }

  readonly interference: Interference = (attempt) => {
    const { operation, args } = attempt;
    try {
      const result = this.answer(attempt);
      if (operation === 'openSync' && this.isOurs(args)) this.descriptors.add(result as number);
      return result;
    } finally {
      if (operation === 'closeSync') this.descriptors.delete(args[0] as number);
    }
  };

  private answer(attempt: Attempt): unknown {
    const { place, operation, args, proceed } = attempt;
    if (place === 'lock' && operation === 'readFileSync' && /^\/proc\/\d+\/stat$/.test(String(args[0])))
      return this.processOf(String(proceed()));
    if (!this.isOurs(args)) return proceed();
    this.reached.add(`${place}.${operation}`);
    if (this.dead && operation === 'closeSync') proceed();
    if (this.dead) throw new Killed('killed');
    this.operations += 1;
    if (this.operations > mostOperations) throw new Error(`more than ${mostOperations} operations: no end in sight`);
    if (this.fault && faults[this.fault.kind].strikes(attempt)) {
      this.countdown -= 1;
      if (this.countdown < 0) return this.strike(this.fault, attempt);
    }
    // Flushing costs milliseconds and shows in nothing that this process can see.
    if (operation === 'fsyncSync') return undefined;
    // Readings that run at the same time would end in an order of their own, and no campaign would be the same again.
    return operation === 'readFile' ? promised(() => nodeDisk.readFileSync(args[0] as string)) : proceed();
  }

  kill(): never {
    this.dead = true;
    throw new Killed('killed');
  }

  /** Writes a part of what an operation was to write. @returns how many bytes */
  writeBeginning({ operation, args }: Attempt, random: HostRandom): number {
    if (operation === 'writeSync' || operation === 'write') {
      const [descriptor, bytes, offset, length, position] = args as [
        number,
        Uint8Array,
        number?,
        number?,
        (number | null)?,
      ];
      const part = 1 + random.below(Math.max(1, (length ?? bytes.byteLength) - 1));
      return nodeDisk.writeSync(descriptor, bytes, offset, part, position);
    }
    const [path, data] = args as [string, string];
    const bytes = Buffer.from(data);
    const part = bytes.subarray(0, random.below(bytes.length));
    if (operation === 'appendFileSync') nodeDisk.appendFileSync(path, part);
    else nodeDisk.writeFileSync(path, part);
    return part.length;
  }

  /** Changes the contents of a file that is there. */
  alter(path: string, change: (bytes: Buffer) => Buffer): void {
    if (!nodeDisk.statSync(path, { throwIfNoEntry: false })?.isFile()) return;
    nodeDisk.writeFileSync(path, change(nodeDisk.readFileSync(path)));
  }

  removeFolder(folder: string): void {
    if (this.isBelow(folder)) nodeDisk.rmSync(folder, { recursive: true, force: true });
  }

  private strike(fault: PlannedFault, attempt: Attempt): unknown {
    this.fault = null;
    const { place, operation, args } = attempt;
    const at = typeof args[0] === 'string' ? ` ${args[0].replace(this.folder, '.')}` : '';
    this.struck = `${fault.kind} at ${place}.${operation}${at}`;
    return faults[fault.kind].act(attempt, this, this.random);
  }

  /** The paths of the campaign, and the descriptors of files that were opened there. */
  private isOurs([first]: readonly unknown[]): boolean {
    if (typeof first === 'number') return this.descriptors.has(first);
    return typeof first === 'string' && (first === this.folder || this.isBelow(first));
  }

  private isBelow(path: string): boolean {
    return path.startsWith(join(this.folder, sep));
  }

  /** This process as the kernel would tell of it, had it been started anew: field 22 is when it began. */
  private processOf(stat: string): string {
    const end = stat.lastIndexOf(')') + 2;
    const fields = stat.slice(end).split(' ');
    fields[19] = String(this.processes);
    return stat.slice(0, end) + fields.join(' ');
  }
}

/** What a synchronous reading gives, as one that is waited for gives it. */
function promised<T>(read: () => T): Promise<T> {
  return new Promise((resolve) => resolve(read()));
}

/** An undisturbed run takes some hundreds. */
const mostOperations = 20_000;
