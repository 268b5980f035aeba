/** @file Renders a chart description as inline SVG with a text alternative. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export interface ChartText {
  /** One line: what the chart is. */
  readonly title: string;
  /** What a reader who cannot see it should know. */
  readonly description: string;
}

/** The part of an element that is used here; the harness is compiled without the types of a browser. */
interface Element {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
}

/** An SVG as text: coloured by the page's custom properties, scaled by its `viewBox`, the same bytes for the same input. */
export function chartSvg(options: Plot.PlotOptions, { title, description }: ChartText): string {
  const page: unknown = parseHTML('<!doctype html><html><body></body></html>');
  const { document } = page as { readonly document: unknown };
  const drawn: unknown = Plot.plot({ ...options, document, style: { background: 'none', fontSize: '12px' } });
  const chart = drawn as Element;
  // An image hides what is inside it, and links are there to be reached.
  chart.setAttribute('role', chart.outerHTML.includes('<a ') ? 'group' : 'img');
  chart.setAttribute('aria-label', `${title}. ${description}`);
  return shortNumbers(unnamedMarks(chart.outerHTML));
}

/** Marks of a chart have no role: a name on them is forbidden (WAI-ARIA 1.2, 5.2.8.6), and the chart itself has one. */
function unnamedMarks(svg: string): string {
  return svg.replace(/(<g [^>]*?) ?aria-label="[^"]*"/g, '$1');
}

/** Coordinates to a hundredth of a pixel: smaller, and free of the last bits in which two versions of Node may differ. */
function shortNumbers(svg: string): string {
  return svg.replace(/ (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|r|dx|dy|width|height)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
  );
}
