/** @file Builds the command line and the job file of each benchmark process. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../core/hash.ts';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { namesIn } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { writePlan } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { peerJob, type OwnJob, type PeerJob, type PlannedWork } from './job.ts';
import { KeptCompilation } from '../peers/kept-compilation.ts';
import { privateEnvironment } from '../peers/peers-environment.ts';
import type { BenchRequest, NetworkWork } from '../request.ts';
import type { SubjectCommand } from './subject-process.ts';
import { isPeer, ownBase, type OwnSpec, type PeerSpec, type SubjectSpec } from './subjects.ts';

export type MemoryFormat = PeerJob['memoryFormat'];

export class SubjectCommands {
  private readonly request: BenchRequest;
  /** Where jobs and inputs lie. */
  private readonly folder: string;
  private jobs = 0;
  private plans = 0;

  constructor(request: BenchRequest, folder: string) {
    this.request = request;
    this.folder = folder;
  }

  /**
   * @param layout of PyTorch
   * @param inputs name of the file of common inputs
   */
  of(spec: SubjectSpec, layout: MemoryFormat, inputs: string): SubjectCommand {
    if (isPeer(spec)) return this.peer(spec, layout, inputs);
    return this.own(spec.name, this.jobOf(spec.settings, join(this.folder, inputs)));
  }

  /** Of the process that prepares and measures the peak. */
  device(): SubjectCommand {
    const { request } = this;
    const { device, threads } = request;
    const work = request.task === 'features' ? null : this.planned(request, ownBase.settings);
    return this.own('device', { task: 'device', device, threads, work });
  }

  private jobOf(settings: OwnSpec['settings'], inputs: string): OwnJob {
    const { request } = this;
    const { device, threads } = request;
    if (request.task === 'features') return { task: 'features', device, threads, graph: request.graph };
    return { ...this.planned(request, settings), device, threads, inputs };
  }

  /** Writes the plan. */
  private planned({ task, workload }: NetworkWork, settings: OwnSpec['settings']): PlannedWork {
    const plan = join(this.folder, `plan${this.plans++}.json`);
    writePlan(plan, workload.planOf(settings));
    return task === 'step' ? { task, plan } : { task, plan, images: workload.sampleImages };
  }

  private own(name: string, job: OwnJob): SubjectCommand {
    const path = this.jobPath();
    writeJsonAtomically(path, job);
    const [program, ...args] = this.request.ownProcess;
    return { name, program, args: [...args, path], environment: process.env };
  }

  private peer({ name, framework, script }: PeerSpec, memoryFormat: MemoryFormat, inputs: string): SubjectCommand {
    const { task, threads, peers, workload } = this.request;
    const path = this.jobPath();
    const plan: Plan = workload!.planOf(ownBase.settings);
    const own = { framework, memoryFormat, threads, inputs: join(this.folder, inputs) };
    const job = peerJob(plan, { task: task === 'step' ? 'step' : 'sample', ...own });
    writeJsonAtomically(path, job);
    const compilation =
      framework === 'torch-eager'
        ? undefined
        : new KeptCompilation(peers!.compiled, compilationKey(peers!, { ...job, inputs }));
    return {
      name,
      program: peers!.python,
      args: [join(peers!.scripts, script), path],
      environment: { ...privateEnvironment(process.env), ...compilation?.variables },
      ...(compilation && { compilation }),
    };
  }

  private jobPath(): string {
    return join(this.folder, `job${this.jobs++}.json`);
  }
}

/** @param job with the name of its inputs: those of the comparison have another program */
function compilationKey({ python, scripts }: NonNullable<BenchRequest['peers']>, job: PeerJob): object {
  const code = namesIn(scripts)
    .filter((name) => name.endsWith('.py') || name === 'requirements.txt')
    .map((name) => [name, sha256(readText(join(scripts, name)))] as const);
  return { python, code: Object.fromEntries(code), job, processor: cpus()[0]?.model ?? 'unknown' };
}
