/** @file Tests an addon in a child process, which must train a convolution to known losses. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EngineError, described } from '../../../core/errors.ts';
import type { InstallContext } from '../context.ts';
import { gpuFault, unusedGpu } from '../machine/gpu-reason.ts';
import { runGuarded, type Ended } from '../../../system/process/guarded-process.ts';
import type { Proof } from '../manifest.ts';
import type { Device } from '../../../core/device.ts';

export interface ProofQuestion {
  readonly addon: string;
  readonly device: Device;
}

/** What the child answers: the proof, or why there is none. */
export type ProofAnswer =
  | { readonly kind: 'proof'; readonly proof: Proof }
  | { readonly kind: 'gpu-unused' }
  | { readonly kind: 'failed'; readonly message: string };

type ProofContext = Pick<InstallContext, 'environment' | 'output' | 'signal'>;

/** The losses of proof-child.ts in exact arithmetic. */
const losses = [1, 1 / 4, 1 / 16] as const;
/** Sums of 36 float32 products, three steps long: some ten roundings of 6e-8 each. */
const lossTolerance = 1e-5;

const projectFolder = resolve(import.meta.dirname, '..', '..', '..', '..');

/**
 * Runs the addon. With `gpuSign` it must use the GPU of which that is the sign.
 * @throws EngineError that names what is missing: a symbol, an instruction of the processor, a library of the GPU (exit code 69); or the
 *   wrong numbers
 */
export async function proveAddon(addon: string, gpuSign: string | undefined, context: ProofContext): Promise<Proof> {
  const device = gpuSign === undefined ? 'cpu' : 'gpu';
  const ended = await runProof({ addon, device }, context);
  if (context.environment.CONSISTENCY_VERBOSE) context.output.write(ended.errors);
  const answer = answerOf(ended);
  const fault = gpuSign === undefined ? undefined : gpuFault(gpuSign, ended.errors);
  if (answer === undefined) throw fault ?? died(addon, ended);
  if (answer.kind === 'gpu-unused') throw unusedGpu(gpuSign ?? device, ended.errors, context.environment);
  if (answer.kind === 'failed') throw refused(addon, answer.message);
  const { proof } = answer;
  for (const got of [proof.eagerLosses, proof.tracedLosses]) {
    if (losses.every((loss, i) => Math.abs(got[i]! - loss) <= lossTolerance * loss)) continue;
    throw new EngineError({
      where: addon,
      got: described(`losses ${got.join(', ')} on the ${proof.device}`),
      expected: losses.join(', '),
      remedy: 'Do not trust this machine with numbers: check its memory, and for a GPU its driver',
    });
  }
  return proof;
}

function runProof(question: ProofQuestion, { environment, signal }: ProofContext): Promise<Ended> {
  const require = createRequire(import.meta.url);
  const tsx = pathToFileURL(require.resolve('tsx')).href;
  const child = join(import.meta.dirname, 'proof-child.ts');
  // The GPU's missing libraries are named in TensorFlow's own messages only.
  const talk = question.device === 'gpu' ? { CONSISTENCY_VERBOSE: '1', TF_CPP_VMODULE: 'dso_loader=1' } : {};
  // Every symbol is looked up when the addon is loaded, so that an older TensorFlow fails here and not at some later step.
  return runGuarded([process.execPath, '--import', tsx, child, JSON.stringify(question)], {
    environment: { ...environment, ...talk, LD_BIND_NOW: '1' },
    signal,
    folder: projectFolder,
  });
}

function answerOf({ code, output }: Ended): ProofAnswer | undefined {
  const line = output.trim().split('\n').at(-1) ?? '';
  return code === 0 && line.startsWith('{') ? (JSON.parse(line) as ProofAnswer) : undefined;
}

function died(addon: string, { code, signal, errors }: Ended): EngineError {
  if (signal === 'SIGILL') {
    return new EngineError({
      where: addon,
      got: described('an instruction that this processor does not have (SIGILL)'),
      expected: 'a processor with AVX, for which TensorFlow is compiled',
      remedy: 'Use another machine, or name a TensorFlow built for this one with CONSISTENCY_TENSORFLOW',
    });
  }
  const said = errors.trim().split('\n').at(-1) ?? '';
  return new EngineError(
    {
      where: addon,
      got: described(`the end of its first run by ${signal ?? `exit code ${code}`} (${said.slice(0, 120)})`),
      expected: 'a trained convolution',
      remedy: 'Run `npm run engine -- install` with CONSISTENCY_VERBOSE=1 and report what it prints',
    },
    { cause: new Error(errors) },
  );
}

function refused(addon: string, message: string): EngineError {
  const [, symbol] = /undefined symbol: (\w+)/.exec(message) ?? [];
  if (symbol !== undefined) {
    return new EngineError({
      where: addon,
      got: described(`a TensorFlow without the function ${symbol}`),
      expected: 'one of version 2.21, whose C interface the addon calls',
      remedy: 'Name another TensorFlow with CONSISTENCY_TENSORFLOW, or unset it to have the pinned one fetched',
    });
  }
  return new EngineError({
    where: addon,
    got: described(message.slice(0, 180)),
    expected: 'a trained convolution',
    remedy: 'Run `npm run engine -- remove`, then start again',
  });
}
