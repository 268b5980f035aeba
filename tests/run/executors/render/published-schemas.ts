/**
 * @file The parts of published schemas that rendered files use, strict: a key that is not named here is refused.
 *
 * Job: Kubernetes 1.34, API `batch/v1` (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/), with the rules that its
 * API server adds (names of RFC 1123, indexed jobs, sorted exit codes without 0).
 * Task: SkyPilot 0.14.1, `get_task_schema`, `get_resources_schema` and `get_storage_schema` of sky/utils/schemas.py
 * (https://docs.skypilot.co/en/stable/reference/yaml-spec.html).
 */
import { z } from 'zod';

const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const int32 = z.int32().nonnegative();

const exitCodes = z
  .array(z.int32().min(1))
  .min(1)
  .max(255)
  .refine((codes) => codes.every((code, i) => i === 0 || code > codes[i - 1]!), 'must ascend');

const rule = z.union([
  z.strictObject({
    action: z.enum(['FailJob', 'FailIndex', 'Ignore', 'Count']),
    onExitCodes: z.strictObject({ containerName: label, operator: z.enum(['In', 'NotIn']), values: exitCodes }),
  }),
  z.strictObject({
    action: z.enum(['FailJob', 'FailIndex', 'Ignore', 'Count']),
    onPodConditions: z
      .array(z.strictObject({ type: z.string(), status: z.enum(['True', 'False', 'Unknown']) }))
      .max(20),
  }),
]);

const containerSchema = z.strictObject({
  name: label,
  image: z.string().min(1),
  workingDir: z.string().startsWith('/'),
  command: z.array(z.string()),
  resources: z.strictObject({ limits: z.record(z.string(), z.int()) }).exactOptional(),
  volumeMounts: z.array(z.strictObject({ name: label, mountPath: z.string().startsWith('/') })),
});

export const jobSchema = z
  .strictObject({
    apiVersion: z.literal('batch/v1'),
    kind: z.literal('Job'),
    metadata: z.strictObject({ name: label }),
    spec: z.strictObject({
      completionMode: z.enum(['NonIndexed', 'Indexed']),
      completions: int32,
      parallelism: int32,
      backoffLimitPerIndex: int32,
      maxFailedIndexes: int32,
      podFailurePolicy: z.strictObject({ rules: z.array(rule).max(20) }),
      template: z.strictObject({
        spec: z.strictObject({
          // A pod failure policy, and limits per index, allow no other.
          restartPolicy: z.literal('Never'),
          terminationGracePeriodSeconds: z.int().nonnegative(),
          containers: z.array(containerSchema).min(1),
          volumes: z.array(
            z.strictObject({ name: label, persistentVolumeClaim: z.strictObject({ claimName: z.string().min(1) }) }),
          ),
        }),
      }),
    }),
  })
  .refine(({ spec }) => spec.maxFailedIndexes <= spec.completions, 'maxFailedIndexes: at most completions');

export const taskSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$/),
  resources: z.strictObject({
    accelerators: z
      .string()
      .regex(/^[\w-]+:\d+$/)
      .exactOptional(),
    use_spot: z.boolean(),
    image_id: z.string(),
    job_recovery: z.strictObject({
      max_restarts_on_errors: z.int().nonnegative(),
      recover_on_exit_codes: z.array(z.int().min(0).max(255)),
    }),
  }),
  envs: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().nullable()),
  workdir: z.string(),
  file_mounts: z.record(
    z.string(),
    z.strictObject({
      // A name that every store takes.
      name: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/),
      source: z.string(),
      mode: z.enum(['MOUNT', 'COPY', 'MOUNT_CACHED']),
    }),
  ),
  setup: z.string(),
  run: z.string(),
});
