/** @file The command line and the job file of every process of a benchmark. */
import { join } from 'node:path';
import { writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { writePlan } from '../../plan/plan-file.ts';
import type { Plan } from '../../plan/types.ts';
import { peerJob, type OwnJob, type PeerJob } from './job.ts';
import { privateEnvironment } from '../peers/peers-environment.ts';
import type { BenchRequest } from '../request.ts';
import type { SubjectCommand } from './subject-process.ts';
import { isPeer, ownBase, type OwnSpec, type PeerSpec, type SubjectSpec } from './subjects.ts';

export type MemoryFormat = PeerJob['memoryFormat'];

export class SubjectCommands {
  private readonly request: BenchRequest;
  /** Where jobs and inputs lie. */
  private readonly folder: string;
  private jobs = 0;

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
    return this.own(spec.name, this.request.task, spec.settings, inputs);
  }

  /** Of the process that prepares and measures the peak. */
  device(): SubjectCommand {
    return this.own('device', 'device', ownBase.settings, '');
  }

  private own(name: string, task: OwnJob['task'], settings: OwnSpec['settings'], inputs: string): SubjectCommand {
    const { workload, device, threads, graph, ownProcess } = this.request;
    const path = this.jobPath();
    const plan = `${path}.plan.json`;
    if (workload) writePlan(plan, workload.planOf(settings));
    const job: OwnJob = {
      task,
      device,
      threads,
      ...(workload && { plan, inputs: join(this.folder, inputs), sampleImages: workload.sampleImages }),
      ...(graph !== undefined && { graph }),
    };
    writeJsonAtomically(path, job);
    const [program, ...args] = ownProcess;
    return { name, program, args: [...args, path], environment: process.env };
  }

  private peer({ name, framework, script }: PeerSpec, memoryFormat: MemoryFormat, inputs: string): SubjectCommand {
    const { task, threads, peers, workload } = this.request;
    const path = this.jobPath();
    const plan: Plan = workload!.planOf(ownBase.settings);
    const own = { framework, memoryFormat, threads, inputs: join(this.folder, inputs) };
    writeJsonAtomically(path, peerJob(plan, { task: task === 'step' ? 'step' : 'sample', ...own }));
    // A cache that an earlier process filled would make the first call look short.
    const caches = Object.fromEntries(
      ['TORCHINDUCTOR_CACHE_DIR', 'TRITON_CACHE_DIR'].map((variable) => [variable, `${path}.${variable}`]),
    );
    return {
      name,
      program: peers!.python,
      args: [join(peers!.scripts, script), path],
      environment: { ...privateEnvironment(process.env), ...caches },
    };
  }

  private jobPath(): string {
    return join(this.folder, `job${this.jobs++}.json`);
  }
}
