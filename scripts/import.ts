/**
 * @file Command `npm run import -- <file>`: converts a checkpoint of the authors to safetensors.
 *
 * Every tensor is checked by name and shape.
 */
import { basename, dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { UsageError } from '../harness/core/errors.ts';
import { sha256OfFile } from '../harness/system/files/file-hash.ts';
import { requireOutputFile } from '../harness/system/files/output-file.ts';
import { suggestion } from '../harness/core/suggest.ts';
import { formatBytes, formatCount } from '../harness/core/units.ts';
import { importWeights } from '../harness/network/weights/recipes-of.ts';
import { readWeights } from '../harness/network/weights/read.ts';
import type { Recipe } from '../harness/recipe/types.ts';
import { weightsParts, type WeightsPart } from '../harness/recipe/weights-part.ts';
import { recipes } from '../recipes/index.ts';
import { runCommand } from '../harness/cli/command.ts';

interface Options {
  readonly out?: string;
  readonly recipe?: string;
  readonly part: WeightsPart;
}

const command = new Command('npm run import --')
  .description(
    'Turns a checkpoint (a PyTorch state dict of openai/consistency_models, or a flax checkpoint of openai/consistency_models_cifar10) into ' +
      "this project's safetensors. Nothing inside the file is run.",
  )
  .argument('<file>', 'the checkpoint, such as ct_imagenet64.pt or checkpoint_74')
  .option('--out <safetensors>', 'where to write (default: beside the checkpoint)')
  .option('--recipe <id>', 'the recipe whose network the file must hold (default: the nearest)')
  .addOption(
    new Option('--part <name>', 'which weights of a training state').choices(weightsParts).default('sampling-ema'),
  )
  .action(async (path: string, options: Options) => {
    const tried = candidates(options.recipe);
    const out =
      options.out ?? join(dirname(path), `${basename(path).replace(/\.(pth?|safetensors)$/, '')}.weights.safetensors`);
    requireOutputFile(out, [path]);
    const file = readWeights(path, options.part);
    const sourceSha256 = await sha256OfFile(path);
    const imported = importWeights(file, tried, out, {
      source: basename(path),
      sourceSha256,
      format: file.format,
      part: options.part,
    });
    const [first] = imported.recipes;
    const dataset = first === undefined ? '' : recipes[first]!.data.dataset;
    console.log(`${basename(path)}: ${file.format}, sha256 ${sourceSha256}`);
    for (const remark of imported.remarks) console.log(remark);
    console.log(`network of ${shortList(imported.recipes)}`);
    console.log(
      `${formatCount(imported.parameters)} numbers in ${imported.tensors} tensors, all finite: ${out} (${formatBytes(4 * imported.parameters)})`,
    );
    console.log(`Score them with: npm run reproduce ${dataset} -- --weights ${out}`);
  });

/** Every rung of a ladder has the network of one of its ends: a few names say it. */
function shortList(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(', ');
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

function candidates(id: string | undefined): Recipe[] {
  if (id === undefined) return Object.values(recipes);
  const recipe = Object.hasOwn(recipes, id) ? recipes[id] : undefined;
  if (recipe) return [recipe];
  throw new UsageError({
    where: '--recipe',
    got: id,
    expected: 'the id of a recipe',
    remedy: suggestion(id, Object.keys(recipes)),
  });
}

await runCommand(command);
