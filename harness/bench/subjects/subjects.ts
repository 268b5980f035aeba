/**
 * @file Table of benchmark subjects: the modes of this harness and its peers.
 *
 * A subject that cannot run here is skipped with the reason.
 */
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/suggest.ts';
import type { HardwareFormats } from '../../engine/engine.ts';
import type { EngineSettings } from '../../plan/types.ts';
import type { BenchTask, PeerFramework } from './job.ts';
import type { Device } from '../../core/device.ts';

export interface OwnSpec {
  readonly id: 'float32' | 'eager' | 'bfloat16';
  readonly name: string;
  readonly settings: Pick<EngineSettings, 'mode' | 'precision'>;
}

export interface PeerSpec {
  readonly id: 'torch-eager' | 'torch-compile' | 'jax';
  readonly name: string;
  readonly framework: PeerFramework;
  /** Below the folder of the peers. */
  readonly script: string;
  /** The pinned package whose version it says. */
  readonly package: string;
}

export type SubjectSpec = OwnSpec | PeerSpec;

/** What the others are compared with. */
export const ownBase: OwnSpec = {
  id: 'float32',
  name: 'compiled float32',
  settings: { mode: 'compiled', precision: 'float32' },
};

const own: readonly OwnSpec[] = [
  ownBase,
  { id: 'eager', name: 'eager float32', settings: { mode: 'eager', precision: 'float32' } },
  { id: 'bfloat16', name: 'compiled bfloat16', settings: { mode: 'compiled', precision: 'bfloat16' } },
];

export const torchEager: PeerSpec = {
  id: 'torch-eager',
  name: 'PyTorch eager',
  framework: 'torch-eager',
  script: 'torch_peer.py',
  package: 'torch',
};

const peers: readonly PeerSpec[] = [
  torchEager,
  { id: 'torch-compile', name: 'torch.compile', framework: 'torch-compile', script: 'torch_peer.py', package: 'torch' },
  { id: 'jax', name: 'JAX jit', framework: 'jax', script: 'jax_peer.py', package: 'jax' },
];

export const subjectIds = [...own, ...peers].map(({ id }) => id);

export interface SubjectChoice {
  readonly task: BenchTask;
  readonly device: Device;
  readonly hardware: HardwareFormats;
  readonly peers: boolean;
  /** Ids; null: all. */
  readonly only: readonly string[] | null;
}

export interface ChosenSubjects {
  readonly specs: readonly SubjectSpec[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** @throws UsageError for a name that is none, or a choice that leaves nothing */
export function chooseSubjects({ task, device, hardware, peers: withPeers, only }: SubjectChoice): ChosenSubjects {
  const offered: readonly SubjectSpec[] = [
    ...(task === 'features' ? own.slice(0, 1) : own),
    ...(withPeers ? peers : []),
  ];
  for (const id of only ?? []) {
    if (offered.some((spec) => spec.id === id)) continue;
    const needsPeers = peers.some((spec) => spec.id === id) && !withPeers;
    throw new UsageError({
      where: '--only',
      got: id,
      expected: 'subjects of this benchmark',
      remedy: needsPeers
        ? 'Add --peers'
        : suggestion(
            id,
            offered.map((spec) => spec.id),
          ),
    });
  }
  const wanted = offered.filter(({ id }) => only === null || only.includes(id));
  const skipped = wanted.flatMap((spec) => {
    const why = reasonAgainst(spec, device, hardware);
    return why === null ? [] : [{ name: spec.name, why }];
  });
  const specs = wanted.filter(({ name }) => !skipped.some((one) => one.name === name));
  if (specs.length > 0) return { specs, skipped };
  throw new UsageError({
    where: '--only',
    got: (only ?? []).join(','),
    expected: 'a subject that can be measured here',
    remedy: skipped.map(({ name, why }) => `${name}: ${why}`).join('; '),
  });
}

function reasonAgainst({ id }: SubjectSpec, device: Device, hardware: HardwareFormats): string | null {
  if (id === 'bfloat16' && hardware.bfloat16 !== true) {
    return hardware.bfloat16 === false ? 'no bf16 instructions here' : 'whether there are bf16 instructions is unknown';
  }
  return id === 'jax' && device === 'gpu' ? 'the pinned JAX has no GPU part' : null;
}

export function isPeer(spec: SubjectSpec): spec is PeerSpec {
  return 'framework' in spec;
}
