/** @file Charts of quality and loss against training images: one thin line per seed, a bold mean. */
import * as Plot from '@observablehq/plot';
import { cellFolderName } from '../../results/registration.ts';
import { parseMetric } from '../../score/metric.ts';
import { scoreKey, type ScoreCurve } from '../../score/score.ts';
import { meanOf } from '../../judge/statistics.ts';
import { cellAnchor, resultsOf, type RecipeContext, type ReportContext } from './context.ts';
import { imagesText, parameterText, samplerText, scoreText } from '../words/numbers.ts';
import { chartSvg } from '../page/plot.ts';

export interface CurveFigure {
  readonly title: string;
  readonly caption: string;
  readonly chart: string;
  /** The same as a table: one row per point, one value per recipe. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface CurvePoint {
  readonly recipe: RecipeContext;
  readonly seed: number;
  readonly images: number;
  readonly value: number;
}

/** One figure per metric and sampler that was followed through training. */
export function qualityCurves(context: ReportContext): CurveFigure[] {
  const all = context.recipes.flatMap((recipe) =>
    resultsOf(context, recipe.id).flatMap((result) =>
      result.curves.map((curve) => ({ recipe, seed: result.seed, curve })),
    ),
  );
  return [...new Set(all.map(({ curve }) => scoreKey(curve)))].map((key) => {
    const mine = all.filter(({ curve }) => scoreKey(curve) === key);
    const points = mine.flatMap(({ recipe, seed, curve }) =>
      curve.points.map(({ images, value }): CurvePoint => ({ recipe, seed, images, value })),
    );
    return qualityFigure(context, mine[0]!.curve, points);
  });
}

/** One figure per recipe: losses of different distances share no axis. */
export function lossCurves(context: ReportContext): CurveFigure[] {
  return context.recipes.flatMap((recipe) => {
    const points = resultsOf(context, recipe.id).flatMap((result) =>
      result.loss.map(({ images, loss }): CurvePoint => ({ recipe, seed: result.seed, images, value: loss })),
    );
    return points.length > 0 ? [lossFigure(context, recipe, points)] : [];
  });
}

function qualityFigure(context: ReportContext, curve: ScoreCurve, points: readonly CurvePoint[]): CurveFigure {
  const { title, better } = parseMetric(curve.metric);
  const means = meanPoints(context.recipes, points);
  const samples = parameterText(curve.identity.samples);
  const floor = curve.floor ? ` Real against real reads ${scoreText(curve.floor.value)} at this count.` : '';
  const images = [...new Set(points.map((point) => point.images))].sort((a, b) => a - b);
  const described = context.recipes
    .map(({ id, label }) => {
      const own = means.filter(({ recipe }) => recipe.id === id);
      const [first, last] = [own[0], own[own.length - 1]];
      if (!first || !last) return `${label}: no point`;
      return `${label} goes from ${scoreText(first.value)} at ${imagesText(first.images)} images to ${scoreText(last.value)} at ${imagesText(last.images)}`;
    })
    .join('; ');
  return {
    title: `${title}, ${samplerText(curve.nfe)}`,
    caption: `Each point from ${samples} samples; ${better} is better.${floor}`,
    chart: chartSvg(
      {
        ...frame,
        // Room for the names at the ends of the lines, about 7.5 pixels a letter.
        marginRight: 14 + Math.ceil(7.5 * Math.max(...context.recipes.map(({ label }) => label.length))),
        x: imagesAxis,
        y: { type: 'log', label: title, domain: logDomain(points) },
        marks: [
          ...axes(points),
          ...seedLines(context.recipes, points, 1),
          Plot.line(means, { x: 'images', y: 'value', z: recipeId, stroke: recipeColour, strokeWidth: 2.25 }),
          Plot.dot(points, {
            x: 'images',
            y: 'value',
            r: 2,
            fill: recipeColour,
            fillOpacity: 0.55,
            href: ({ recipe, seed }: CurvePoint) => `#${cellAnchor({ cell: cellFolderName(recipe.id, seed) })}`,
            title: ({ recipe, seed, images: at, value }: CurvePoint) =>
              `${recipe.label}, seed ${seed}, ${imagesText(at)} images: ${scoreText(value)}`,
          }),
          ...endLabels(context.recipes, points),
        ],
      },
      { title: `${title} with ${samplerText(curve.nfe)} against training images`, description: described },
    ),
    head: ['training images', ...context.recipes.map(({ label }) => `${label}, mean`), 'seeds'],
    rows: images.map((at) => {
      const here = points.filter((point) => point.images === at);
      const own = (id: string): readonly CurvePoint[] => here.filter(({ recipe }) => recipe.id === id);
      const counts = context.recipes.map(({ id }) => own(id).length);
      return [
        parameterText(at),
        ...context.recipes.map(({ id }) => {
          const values = own(id).map(({ value }) => value);
          return values.length > 0 ? scoreText(meanOf(values)) : '\u2013';
        }),
        new Set(counts).size === 1 ? String(counts[0]) : counts.join(', '),
      ];
    }),
  };
}

function lossFigure(context: ReportContext, recipe: RecipeContext, points: readonly CurvePoint[]): CurveFigure {
  const first = resultsOf(context, recipe.id).find(({ loss }) => loss.length > 0)!;
  const stages = first.loss.filter(({ levels }, i) => i > 0 && levels !== first.loss[i - 1]!.levels);
  // A curriculum that changes at almost every point would be a fence, not a mark.
  const marks = stages.length <= 12 ? stages.map(({ images, levels }) => ({ images, label: `N ${levels}` })) : [];
  const ends = points.filter(({ images }, i) => points[i + 1] === undefined || points[i + 1]!.images < images);
  const levels = [first.loss[0]!.levels, first.loss[first.loss.length - 1]!.levels];
  return {
    title: recipe.label,
    caption: `Mean loss between points. Noise levels N from ${parameterText(levels[0]!)} to ${parameterText(levels[1]!)}${marks.length > 0 ? ', each change marked' : ''}.`,
    chart: chartSvg(
      {
        ...frame,
        x: imagesAxis,
        y: { type: 'log', label: 'loss', domain: logDomain(points) },
        marks: [
          ...axes(points),
          Plot.ruleX(marks, { x: 'images', stroke: 'var(--faint)', strokeDasharray: '2,3' }),
          Plot.text(marks, {
            x: 'images',
            text: 'label',
            frameAnchor: 'top',
            dy: -4,
            fontSize: 10,
            fill: 'var(--muted)',
          }),
          ...seedLines([recipe], points, 1),
        ],
      },
      {
        title: `Training loss of ${recipe.label} against training images`,
        description: `Ends at ${ends.map(({ seed, value }) => `${scoreText(value)} for seed ${seed}`).join(', ')}`,
      },
    ),
    head: ['seed', 'first point', 'last point'],
    rows: ends.map(({ seed, value }) => {
      const start = points.find((point) => point.seed === seed)!;
      return [String(seed), scoreText(start.value), scoreText(value)];
    }),
  };
}

const frame = { width: 440, height: 280, marginLeft: 50, marginRight: 16, marginTop: 26, marginBottom: 36 } as const;
const imagesAxis = { label: 'training images', ticks: 5, tickFormat: imagesText, zero: true } as const;
const recipeId = ({ recipe }: CurvePoint): string => recipe.id;
const recipeColour = ({ recipe }: CurvePoint): string => recipe.colour;

function axes(points: readonly CurvePoint[]): Plot.Markish[] {
  const ticks = logTicks(...logDomain(points));
  return [
    Plot.gridY(ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
    Plot.axisY(ticks, { tickSize: 0, text: (value: number) => value.toLocaleString('en-US'), labelArrow: 'none' }),
    Plot.axisX({ tickSize: 3, ticks: 5, tickFormat: imagesText, labelArrow: 'none' }),
  ];
}

/** From the smallest to the largest value with a margin on the logarithmic axis. */
function logDomain(points: readonly CurvePoint[]): [number, number] {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max((high / low) ** 0.06, 1.02);
  return [low / margin, high * margin];
}

/** Round numbers of a logarithmic axis: three per decade, more over a short range, only the decades over a long one. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades > 3.5 ? [1] : decades > 0.9 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const ticks: number[] = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** decade).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

function seedLines(recipes: readonly RecipeContext[], points: readonly CurvePoint[], width: number): Plot.Markish[] {
  return recipes.map(({ id, colour }) =>
    Plot.line(
      points.filter(({ recipe }) => recipe.id === id),
      { x: 'images', y: 'value', z: 'seed', stroke: colour, strokeWidth: width, strokeOpacity: 0.6 },
    ),
  );
}

function meanPoints(recipes: readonly RecipeContext[], points: readonly CurvePoint[]): CurvePoint[] {
  return recipes.flatMap((recipe) => {
    const own = points.filter((point) => point.recipe.id === recipe.id);
    const seeds = new Set(own.map(({ seed }) => seed)).size;
    return (
      [...new Set(own.map(({ images }) => images))]
        .sort((a, b) => a - b)
        .map((images) => own.filter((point) => point.images === images))
        // A mean over fewer seeds than elsewhere would jump where a run ended early.
        .filter((here) => here.length === seeds)
        .map((here) => ({ ...here[0]!, value: meanOf(here.map(({ value }) => value)) }))
    );
  });
}

/** The name of each recipe at the end of its line, moved apart where two would overlap. */
function endLabels(recipes: readonly RecipeContext[], points: readonly CurvePoint[]): Plot.Markish[] {
  const values = points.map(({ value }) => value);
  const height = frame.height - frame.marginTop - frame.marginBottom;
  const perLog = height / Math.max(1e-9, Math.log(Math.max(...values) / Math.min(...values)));
  const last = recipes
    .flatMap((recipe) => {
      const own = points.filter((point) => point.recipe.id === recipe.id);
      const images = Math.max(...own.map((point) => point.images));
      const ends = own.filter((point) => point.images === images);
      return ends.length > 0 ? [{ ...ends[0]!, value: meanOf(ends.map(({ value }) => value)) }] : [];
    })
    .sort((a, b) => b.value - a.value);
  let above = -Infinity;
  return last.map((point) => {
    const wanted = -perLog * Math.log(point.value);
    const placed = Math.max(wanted, above + 13);
    above = placed;
    return Plot.text([point], {
      x: 'images',
      y: 'value',
      text: ({ recipe }: CurvePoint) => recipe.label,
      fill: point.recipe.colour,
      textAnchor: 'start',
      dx: 7,
      dy: Math.round(placed - wanted),
      fontWeight: 600,
    });
  });
}
