/**
 * @file Renders the page from its templates and a view; every outside value is escaped.
 *
 * Templates are read once and compiled strictly.
 */
import { filesBelow } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';
import { basename, join } from 'node:path';
import Handlebars from 'handlebars';
import { sha256 } from '../../core/hash.ts';
import type { ReportView } from './view.ts';

const folder = join(import.meta.dirname, 'templates');

/** Fills the page. The content policy forbids every request, so that the file is what it is without a network. */
export function renderPage(view: ReportView): string {
  const style = readText(join(folder, 'style.css'));
  return page({ ...view, style, scriptHash: Buffer.from(sha256(view.script), 'hex').toString('base64') });
}

const page = compilePage();

function compilePage(): (view: object) => string {
  const engine = Handlebars.create();
  // Only for markup made by this room itself (charts, style, script): values of results never pass through it.
  engine.registerHelper('trusted', (markup: unknown) => new Handlebars.SafeString(String(markup)));
  // Inside a script element text is not parsed as HTML: what could end the element is written as a JSON escape.
  engine.registerHelper('json', (value: unknown) => {
    const text = JSON.stringify(value)
      .replaceAll('<', '\\u003c')
      .replaceAll('\u2028', '\\u2028')
      .replaceAll('\u2029', '\\u2029');
    return new Handlebars.SafeString(text);
  });
  const options = { strict: true, knownHelpersOnly: true, knownHelpers: { trusted: true, json: true } };
  for (const file of filesBelow(folder).filter((path) => path.endsWith('.hbs'))) {
    engine.registerPartial(basename(file, '.hbs'), engine.compile(readText(file), options));
  }
  const template = engine.compile('{{> page}}', options);
  return (view) => template(view);
}
