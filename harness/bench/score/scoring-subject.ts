/** @file Benchmark subject for scoring: the way of `npm run metrics -- score` from paths to values, by part. */
import * as tf from '@tensorflow/tfjs-core';
import type { Clock } from '../../core/clock.ts';
import { compile } from '../../engine/compile/compile.ts';
import { freeingAll } from '../../engine/ops.ts';
import { buildReference } from '../../metrics/image-scorer.ts';
import type { ExtractorOutput, FeatureExtractor } from '../../metrics/features/extractor.ts';
import { openImages, type ScoredImages } from '../../metrics/features/images.ts';
import { loadGraph } from '../../metrics/features/inception/frozen-graph.ts';
import { parseGraphDef } from '../../metrics/features/inception/graph-def.ts';
import { Inception2015 } from '../../metrics/features/inception/inception-2015.ts';
import { readGraph } from '../../metrics/features/inception/weights.ts';
import { engineAlgebra } from '../../metrics/linalg/engine.ts';
import { passImages, scoreNamed, usualPassImages } from '../../metrics/named-score.ts';
import { torchFidelityKid } from '../../metrics/values/kid.ts';
import { metricName, type MetricFamily } from '../../score/metric.ts';
import { peakResidentBytes } from '../../system/process/resident-memory.ts';
import { silence } from '../../system/progress.ts';
import type { ScoreJob } from '../subjects/job.ts';
import type { ScoringSubject } from '../subjects/serve.ts';
import { comparedMetrics } from '../../results/benchmark/score-benchmark.ts';

export function scoringSubject(job: ScoreJob, clock: Clock): ScoringSubject {
  const { images, reference, statistics, device } = job;
  const extractorOf = async (outputs: readonly ExtractorOutput[], sources: readonly ScoredImages[]) => {
    const { where, bytes } = await readGraph(job.graph);
    return new Inception2015(where, bytes, { batchImages: passImages(usualPassImages, sources), outputs });
  };
  return {
    prepare: async () => {
      const source = await openImages(reference);
      const extractor = await extractorOf([], [source]);
      const request = { images: source, target: statistics, id: 'bench-reference', software: 'bench' };
      await buildReference(request, { algebra: engineAlgebra, device }, { extractor, output: silence, clock });
      extractor.close();
    },
    features: async () => {
      const source = await openImages(job.squares);
      const extractor = await extractorOf([], [source]);
      const rows: number[][] = [];
      for await (const pixels of source.batches(extractor.imagesAtOnce)) {
        const { pool } = extractor.extract(pixels, source.height, source.width);
        for (let at = 0; at < pool.length; at += extractor.widths.pool)
          rows.push([...pool.subarray(at, at + extractor.widths.pool)]);
      }
      extractor.close();
      return rows;
    },
    score: async () => {
      const parts = new Parts(clock);
      const begun = clock.now();
      let families = begun;
      const familyMilliseconds = new Map<MetricFamily, number>();
      const { scores } = await scoreNamed(
        { images, reference: statistics, referenceImages: reference },
        {
          algebra: engineAlgebra,
          // Sets with fewer images than features are among those that may be asked for.
          whenSingular: 'clamp',
          kid: { ...torchFidelityKid, ...job.kid },
          seed: 0,
          onFamily: (family) => {
            const now = clock.now();
            familyMilliseconds.set(family, now - families);
            families = now;
          },
        },
        async (outputs, sources) => {
          const extractor = await parts.timed('load', () => extractorOf(outputs, sources));
          families = clock.now();
          return {
            workplace: { extractor: watched(extractor, parts, () => (families = clock.now())), output: silence, clock },
            device,
          };
        },
      );
      const milliseconds = clock.now() - begun;
      // Before anything is measured by itself.
      const residentBytes = peakResidentBytes();
      const values = Object.entries(comparedMetrics).flatMap(([name, family]) => {
        const found = scores.find(({ metric, identity }) => metric === metricName(family, identity.samples));
        return found === undefined ? [] : [[name, found.value] as const];
      });
      const compared: readonly MetricFamily[] = Object.values(comparedMetrics);
      const further = [...familyMilliseconds].filter(([family]) => !compared.includes(family));
      const sources = [await openImages(images), await openImages(reference)];
      const decode = await decoding(sources, clock);
      const resize = await resizing(job.graph, sources, clock);
      const { load = 0, network = 0 } = parts.milliseconds;
      const furtherMetrics = further.reduce((sum, [, duration]) => sum + duration, 0);
      return {
        milliseconds,
        parts: {
          load,
          decode,
          resize,
          network: Math.max(0, network - resize),
          statistics: Math.max(0, milliseconds - load - decode - network - furtherMetrics),
          furtherMetrics,
        },
        values: Object.fromEntries(values),
        residentBytes,
      };
    },
  };
}

class Parts {
  readonly milliseconds: Partial<Record<'load' | 'network', number>> = {};
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async timed<T>(part: 'load' | 'network', work: () => Promise<T>): Promise<T> {
    const begun = this.clock.now();
    const value = await work();
    this.add(part, this.clock.now() - begun);
    return value;
  }

  timedNow<T>(part: 'load' | 'network', work: () => T): T {
    const begun = this.clock.now();
    const value = work();
    this.add(part, this.clock.now() - begun);
    return value;
  }

  private add(part: 'load' | 'network', duration: number): void {
    this.milliseconds[part] = (this.milliseconds[part] ?? 0) + duration;
  }
}

/** The extractor, with its passes timed. @param after told after each pass: families are measured once the last one is done */
function watched(extractor: FeatureExtractor, parts: Parts, after: () => void): FeatureExtractor {
  return {
    identity: extractor.identity,
    widths: extractor.widths,
    batchImages: extractor.batchImages,
    imagesAtOnce: extractor.imagesAtOnce,
    outputs: extractor.outputs,
    extract: (pixels, height, width) => {
      const batch = parts.timedNow('network', () => extractor.extract(pixels, height, width));
      after();
      return batch;
    },
    close: () => extractor.close(),
  };
}

/** Reading and decoding have no thread of their own while scoring: by themselves they take as long as they took there. */
async function decoding(sources: readonly ScoredImages[], clock: Clock): Promise<number> {
  const begun = clock.now();
  for (const source of sources) {
    const batches = source.batches(usualPassImages)[Symbol.asyncIterator]();
    while (!(await batches.next()).done);
  }
  return clock.now() - begun;
}

/** The resize is a node of the graph: it is run by itself on one pass, and counted for all. */
async function resizing(path: string, sources: readonly ScoredImages[], clock: Clock): Promise<number> {
  const { where, bytes } = await readGraph(path);
  const graph = loadGraph(parseGraphDef(where, bytes), where);
  const resize = compile((batch: tf.Tensor) => tf.sum(graph.evaluate({ ExpandDims: batch }, ['Mul'])[0]!), {
    name: 'bench_resize',
  });
  const [{ height, width }] = sources as [ScoredImages];
  const shape: [number, number, number, number] = [passImages(usualPassImages, sources), height, width, 3];
  const once = () => {
    const begun = clock.now();
    freeingAll(() => void resize(tf.zeros(shape)).dataSync());
    return clock.now() - begun;
  };
  once();
  const shortest = Math.min(once(), once(), once());
  resize.dispose();
  graph.dispose();
  const passes = sources.reduce((sum, { count }) => sum + Math.ceil(count / shape[0]), 0);
  return passes * shortest;
}
