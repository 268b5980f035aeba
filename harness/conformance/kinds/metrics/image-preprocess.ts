/**
 * @file Kind `image-preprocess`: decodes a photograph and makes it square as ADM and as EDM do.
 *
 * Both preprocessings start once from the file and once from given pixels.
 */
import { isRecord } from '../../../core/record.ts';
import { readInput } from '../../../system/files/input-file.ts';
import { preprocess } from '../../../data/preprocess.ts';
import { passOrderOf, type PassOrder } from '../../../data/resample/resample.ts';
import { decodeImage } from '../../../formats/raster.ts';
import type { RgbImage } from '../../../formats/image.ts';
import { configFile, configNumber, tensorOf, type ConformanceCase } from '../../case.ts';
import type { Produced, ShapedValues } from '../../judge/judge-values.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: convert };

async function convert(reference: ConformanceCase): Promise<Produced> {
  const size = configNumber(reference, 'size');
  const path = configFile(reference, 'file');
  const decoded = await decodeImage(path, readInput(path, 'an image'));
  const given = givenPixels(reference);
  const order = passOrder(reference);
  const square = async (image: RgbImage, how: 'adm' | 'edm'): Promise<ShapedValues> => ({
    shape: [size, size, 3],
    values: await preprocess(image, size, how, order),
  });
  return {
    values: {
      decoded_rgb: { shape: [decoded.height, decoded.width, 3], values: decoded.data },
      adm_64_from_decoded_rgb: await square(given, 'adm'),
      edm_64_from_decoded_rgb: await square(given, 'edm'),
      adm_64_from_file: await square(decoded, 'adm'),
      edm_64_from_file: await square(decoded, 'edm'),
    },
    against: {
      adm_64_from_decoded_rgb: 'adm_64',
      edm_64_from_decoded_rgb: 'edm_64',
      adm_64_from_file: 'adm_64',
      edm_64_from_file: 'edm_64',
    },
  };
}

function givenPixels(reference: ConformanceCase): RgbImage {
  const { shape, bytes } = tensorOf(reference, 'decoded_rgb');
  return { height: shape[0]!, width: shape[1]!, data: bytes };
}

/** The case says which Pillow made it: since version 13 the vertical pass comes first for some tall images. */
function passOrder(reference: ConformanceCase): PassOrder {
  const { origin } = reference.json;
  const version = isRecord(origin) && isRecord(origin.version) ? origin.version.pillow : undefined;
  return passOrderOf(String(version));
}
