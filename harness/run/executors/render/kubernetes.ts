/**
 * @file Describes the cells of a run as one Kubernetes Indexed Job.
 *
 * Its pod failure policy reads exit codes.
 */
import type { EngineSettings } from '../../../plan/types.ts';
import { shellWord } from '../../../core/shell.ts';
import { exitCodesWith } from '../contract.ts';

export interface JobOptions {
  /** Lowercase letters, digits and hyphens, at most 63. */
  readonly name: string;
  readonly device: EngineSettings['device'];
  readonly cells: number;
  /** Cells at once. */
  readonly jobs?: number;
  /** Processes of each cell, one per GPU of a node; absent: one. */
  readonly ranks?: number;
  /** Further attempts after a passing failure. */
  readonly retries: number;
  /** Folder with the checkout and the run, on a volume that every node can mount. */
  readonly checkout: string;
  /** The script that runs the cell of a number. */
  readonly script: string;
  readonly claim: string;
  readonly image: string;
}

/** Seconds from the request to stop until the pod is killed: a step and a checkpoint. */
const graceSeconds = 300;

/**
 * A `batch/v1` Job: index n is cell n. Exit codes: those with which a cell is never started again fail its index; a stop that was asked for,
 * and the loss of a node, are not counted; a passing failure is counted, up to `retries` per index. Needs Kubernetes 1.29 or newer
 * (`backoffLimitPerIndex`).
 */
export function kubernetesJob(options: JobOptions) {
  const { name, device, cells, jobs = cells, retries, checkout, script, claim, image, ranks = 1 } = options;
  const container = 'cell';
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completionMode: 'Indexed',
      completions: cells,
      parallelism: Math.min(jobs, cells),
      backoffLimitPerIndex: retries,
      maxFailedIndexes: cells,
      podFailurePolicy: {
        rules: [
          // The first rule that matches decides: a pod whose node is taken away may end with any code.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          onExitCodes('Ignore', container, exitCodesWith('at once')),
          onExitCodes('FailIndex', container, exitCodesWith('never')),
          onExitCodes('Count', container, exitCodesWith('after a pause')),
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: graceSeconds,
          containers: [
            {
              name: container,
              image,
              workingDir: checkout,
              // A shell that stayed in front would not pass signals on.
              command: ['sh', '-c', `exec sh ${shellWord(script)} "$JOB_COMPLETION_INDEX"`],
              ...(device === 'gpu' && { resources: { limits: { 'nvidia.com/gpu': ranks } } }),
              volumeMounts: [{ name: 'work', mountPath: checkout }],
            },
          ],
          volumes: [{ name: 'work', persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}

/** Kubernetes allows no rule about success. */
function onExitCodes(action: 'Ignore' | 'FailIndex' | 'Count', containerName: string, codes: readonly number[]) {
  const values = codes.filter((code) => code !== 0);
  return { action, onExitCodes: { containerName, operator: 'In', values } };
}
