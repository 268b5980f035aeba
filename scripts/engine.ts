/**
 * @file Command `npm run engine -- install|info|remove`: manages the native library.
 *
 * Every command that needs it installs it by itself.
 */
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { UsageError, described, exitCodes } from '../harness/core/errors.ts';
import { detectedDevice } from '../harness/engine/device.ts';
import { standardError } from '../harness/system/progress.ts';
import { formatBytes } from '../harness/core/units.ts';
import { engineInfo, infoLines } from '../harness/engine/facts/info.ts';
import { ensureEngine } from '../harness/engine/install/install.ts';
import { installFromBundle, makeEngineBundle } from '../harness/engine/install/from-bundle.ts';
import { removeEngine } from '../harness/engine/install/remove.ts';
import { runCommand } from '../harness/cli/command.ts';
import type { Device } from '../harness/core/device.ts';

interface Options {
  readonly gpu?: true;
  readonly cpu?: true;
  readonly json?: true;
}

const command = new Command('npm run engine --')
  .description('The native library (TensorFlow and the addon compiled for it), in the cache folder.')
  .addHelpText(
    'after',
    `
CONSISTENCY_CACHE       the cache folder (now \${XDG_CACHE_HOME:-~/.cache}/consistency-harness)
CONSISTENCY_TENSORFLOW  a TensorFlow of your own: the folder that tf.sysconfig.get_lib() prints
CONSISTENCY_VERBOSE=1   show TensorFlow's own messages
PYTHON, CXX             the Python (with pip) and the C++ compiler to use`,
  );

part('install', 'fetch, verify, compile and prove it, where that has not been done')
  .option('--from <bundle>', 'take the downloads from a bundle: no network is needed')
  .action(async (options: Options & { readonly from?: string }) => {
    const device = deviceOf(options);
    const engine =
      options.from === undefined
        ? await ensureEngine({ device: device ?? 'auto', forElsewhere: true }, standardError())
        : await installFromBundle(options.from, device, {}, standardError());
    const { proof } = engine.manifest.addon;
    const { device: installed, folder, addon } = engine;
    const summary = { device: installed, folder, addon, tensorflow: proof.tensorflowVersion, provenOn: proof.device };
    print(options, summary, [
      `TensorFlow ${proof.tensorflowVersion} for the ${installed.toUpperCase()} in ${folder}, proven on the ${proof.device.toUpperCase()}`,
    ]);
  });

part('bundle', 'fetch everything that an installation downloads, for machines without a network')
  .requiredOption('--out <file.tar or folder>', 'where it is written')
  .action(async (options: Options & { readonly out: string }) => {
    const { out } = options;
    const index = await makeEngineBundle(deviceOf(options) ?? 'cpu', out, {}, standardError());
    const bytes = index.files.reduce((sum, file) => sum + file.bytes, 0);
    print(options, { out, ...index }, [
      `${index.title}: ${index.files.length} files, ${formatBytes(bytes)} in ${out}. On the other machine: npm run engine -- install --from ${out}`,
    ]);
  });

part('info', 'read every file again, load it, and say what it is and whether the GPU is used').action(
  async (options: Options) => {
    const info = await engineInfo(deviceOf(options) ?? 'auto', standardError());
    print(options, info, infoLines(info));
  },
);

part('check', 'prove the device and measure it: driver, kernels, the step against the CPU, speed')
  .option('--quick', 'the smallest network alone: a minute, and rates that mean little')
  .option('--out [folder]', 'write page and record below this folder (default: reports/gpu)')
  .action(async (options: Options & { readonly quick?: true; readonly out?: string | true }) => {
    // What measures devices is large, and the other subcommands need nothing of it.
    const [{ committedChecks }, { keepCheck, requestedCheck, writeCheck }, { isSound }, { checkPage }] =
      await Promise.all([
        import('./bench/checked-device.ts'),
        import('./bench/check.ts'),
        import('../harness/bench/check/check.ts'),
        import('../harness/bench/check/print.ts'),
      ]);
    const { out } = options;
    const written = out === true ? committedChecks : out;
    if (options.quick && written !== undefined && resolve(written) === committedChecks) {
      throw new UsageError({
        where: '--quick',
        got: described('the folder of the committed checks to write into'),
        expected: 'a whole check there: plans take their rates and defaults from it',
        remedy: 'Leave --quick out, or name another folder with --out',
      });
    }
    const check = await requestedCheck(detectedDevice(deviceOf(options)), options.quick === true);
    print(options, check, [checkPage(check).trimEnd()]);
    // Rates of the quick check mean little, and a device that failed is not to be trained on: no plan takes anything from them.
    if (options.quick !== true && isSound(check)) keepCheck(check);
    if (written !== undefined) {
      const folder = writeCheck(check, written);
      standardError().write(`check: written to ${folder}\n`);
    }
    if (!isSound(check)) process.exitCode = exitCodes.failed;
  });

part('remove', 'remove it and unfinished downloads').action(async (options: Options) => {
  const device = deviceOf(options);
  const removed = await removeEngine(device === undefined ? {} : { device });
  const { folder, names, bytes } = removed;
  const line =
    names.length === 0
      ? `nothing to remove in ${folder}`
      : `removed ${formatBytes(bytes)} from ${folder}: ${names.join(', ')}`;
  print(options, removed, [line]);
});

await runCommand(command);

function part(name: string, description: string): Command {
  return command
    .command(name)
    .description(description)
    .addOption(new Option('--gpu', 'the one with CUDA 12').conflicts('cpu'))
    .addOption(new Option('--cpu', 'the one for the CPU, whatever the machine has'))
    .option('--json', 'print one JSON document in place of lines');
}

function deviceOf({ gpu, cpu }: Options): Device | undefined {
  if (gpu) return 'gpu';
  return cpu ? 'cpu' : undefined;
}

function print({ json }: Options, value: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(value, null, 2) : lines.join('\n'));
}
