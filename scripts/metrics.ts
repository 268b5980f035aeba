/** @file Command `npm run metrics -- score|reference`: scores images; makes and compares references. */
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readText } from '../harness/system/files/input-file.ts';
import { requireOutputFile } from '../harness/system/files/output-file.ts';
import { systemClock } from '../harness/core/clock.ts';
import { standardError } from '../harness/system/progress.ts';
import { openEngine } from '../harness/engine/open.ts';
import type { ExtractorOutput } from '../harness/metrics/features/extractor.ts';
import { openImages, type ScoredImages } from '../harness/metrics/features/images.ts';
import { Inception2015, publishedWidths } from '../harness/metrics/features/inception/inception-2015.ts';
import { fetchPublishedGraph, readGraph } from '../harness/metrics/features/inception/weights.ts';
import { passImages, scoreNamed, usualPassImages, type OpenedWorkplace } from '../harness/metrics/named-score.ts';
import { torchFidelityKid } from '../harness/metrics/values/kid.ts';
import { engineAlgebra } from '../harness/metrics/linalg/engine.ts';
import { typescriptAlgebra } from '../harness/metrics/linalg/typescript.ts';
import { differenceText, referenceText, scoreText } from '../harness/metrics/print.ts';
import { referenceDifference } from '../harness/metrics/reference/difference.ts';
import { readReference, referenceBytes } from '../harness/metrics/reference/reference.ts';
import { buildReference } from '../harness/metrics/image-scorer.ts';
import { runCommand } from '../harness/cli/command.ts';
import { deviceOption } from '../harness/cli/device-option.ts';
import type { DeviceChoice } from '../harness/core/device.ts';
import { quantisations, type Quantisation } from '../harness/core/quantisation.ts';

interface ExtractorOptions {
  readonly graph?: string;
  readonly batch: number;
  readonly device: DeviceChoice;
  readonly limit?: number;
  readonly json?: true;
}

interface ScoreOptions extends ExtractorOptions {
  readonly reference: string;
  readonly referenceImages?: string;
  readonly clamp?: true;
  readonly nfe?: number;
  readonly quantisation?: Quantisation;
  readonly seed: number;
}

interface BuildOptions extends ExtractorOptions {
  readonly out: string;
  readonly id: string;
}

const command = new Command('npm run metrics --').description(
  'Measures images by the features of the 2015 Inception network.',
);

withExtractor(command.command('score'))
  .description('FID and all that the reference allows, each with what it was measured with')
  .argument('<images>', 'an .npz of uint8 images [N, height, width, 3], or a folder of PNG or JPEG')
  .requiredOption('--reference <npz>', 'statistics of EDM, clean-fid, OpenAI, or of `reference build`')
  .option('--reference-images <path>', 'images for KID, precision and recall, where the reference holds none')
  .option('--clamp', 'compute the FID of too few images, and state how many eigenvalues were taken as zero')
  .option('--nfe <number>', 'network evaluations per image, for the name of the column', count)
  .addOption(new Option('--quantisation <how>', 'how the images became uint8').choices(quantisations))
  .option('--seed <number>', 'names the subsets of FD-infinity', wholeNumber, 0)
  .action(async (images: string, options: ScoreOptions) => {
    const { reference, referenceImages, limit, seed, nfe = null, quantisation = null } = options;
    const scored = await scoreNamed(
      { images, reference, referenceImages, limit },
      { algebra: engineAlgebra, whenSingular: options.clamp ? 'clamp' : 'refuse', kid: torchFidelityKid, seed },
      (outputs, sources) => open(options, outputs, sources),
    );
    console.log(options.json ? JSON.stringify({ nfe, quantisation, ...scored }, null, 2) : scoreText(scored, nfe));
  });

const reference = command.command('reference').description('reference statistics in .npz');

withExtractor(reference.command('build'))
  .description('makes statistics of images, with where they come from inside the file')
  .argument('<images>', 'an .npz of uint8 images, or a folder of PNG or JPEG')
  .requiredOption('--out <npz>', 'the file to write')
  .requiredOption('--id <name>', 'its name in every result, such as cifar10-train')
  .action(async (images: string, options: BuildOptions) => {
    // Before the images are looked at, which may take hours.
    const inputs = [images, ...(options.graph === undefined ? [] : [options.graph])];
    requireOutputFile(options.out, inputs, referenceBytes(publishedWidths.features));
    const source = await openImages(images);
    const { workplace, device } = await open(options, ['spatial'], [source]);
    try {
      const { out: target, id, limit } = options;
      const request = { images: source, target, id, software: software(), limit };
      const provenance = await buildReference(request, { algebra: engineAlgebra, device }, workplace);
      console.log(
        options.json
          ? JSON.stringify(provenance, null, 2)
          : `${options.out}: statistics of ${provenance.images} images`,
      );
    } finally {
      workplace.extractor.close();
    }
  });

reference
  .command('show')
  .description('what a file holds and where it comes from')
  .argument('<npz>')
  .option('--json', 'print one JSON document')
  .action(async (path: string, options: { json?: true }) => {
    const { pool, spatial, ...rest } = await readReference(path);
    const widths = { features: pool.mean.length, spatialFeatures: spatial?.mean.length ?? null };
    console.log(
      options.json ? JSON.stringify({ ...rest, ...widths }, null, 2) : referenceText({ pool, spatial, ...rest }),
    );
  });

reference
  .command('diff')
  .description('how two files differ, in origin and in distance')
  .argument('<first>')
  .argument('<second>')
  .addOption(deviceOption())
  .option('--json', 'print one JSON document')
  .action(async (first: string, second: string, options: { device: DeviceChoice; json?: true }) => {
    const [one, other] = [await readReference(first), await readReference(second)];
    // Below this width plain TypeScript takes less than loading the engine does.
    const large = one.pool.mean.length > 256;
    if (large) await openEngine({ device: options.device, output: standardError(), tf32: false });
    const difference = referenceDifference(one, other, large ? engineAlgebra : typescriptAlgebra);
    console.log(options.json ? JSON.stringify(difference, null, 2) : differenceText(difference));
  });

function withExtractor(subcommand: Command): Command {
  return subcommand
    .option('--graph <file>', 'classify_image_graph_def.pb or the archive with it (default: downloaded once)')
    .option('--batch <images>', 'images per pass', count, usualPassImages)
    .option('--limit <images>', 'at most so many images, from the first on', count)
    .addOption(deviceOption())
    .option('--json', 'print one JSON document');
}

/** The graph may have to be downloaded: everything else is checked before. */
async function open(
  options: ExtractorOptions,
  outputs: readonly ExtractorOutput[],
  sources: readonly ScoredImages[],
): Promise<OpenedWorkplace> {
  const batchImages = passImages(options.batch, sources);
  const output = standardError();
  const fetch = { output, clock: systemClock };
  const graph = options.graph === undefined ? await fetchPublishedGraph(fetch) : await readGraph(options.graph);
  // TensorFloat-32 would alter features in the fourth digit.
  const { device } = await openEngine({ device: options.device, output, tf32: false });
  const extractor = new Inception2015(graph.where, graph.bytes, { batchImages, outputs });
  return { workplace: { extractor, output, clock: systemClock }, device };
}

function software(): string {
  const text = readText(join(import.meta.dirname, '../package.json'));
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  return `${name} ${version}`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

function count(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Expected at least 1.');
  return value;
}

await runCommand(command);
