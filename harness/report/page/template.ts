/**
 * @file Compiles the templates of a page; every outside value is escaped.
 *
 * Templates are read once and compiled strictly.
 */
import { basename, join } from 'node:path';
import Handlebars from 'handlebars';
import { sha256 } from '../../core/hash.ts';
import { filesBelow } from '../../system/files/files.ts';
import { readText } from '../../system/files/input-file.ts';

const ownTemplates = join(import.meta.dirname, 'templates');
/** Parts that every page may use: the head with its content policy, charts, notes. */
const sharedParts = join(ownTemplates, 'parts');

/** Everything that a page shows; its templates know the rest. */
interface PageView {
  readonly script: string;
}

/**
 * Fills the template `page` of a folder, with the parts and the style that all pages share before its own. The content policy forbids every request and every script
 * but the page's own, so that the file is what it is without a network.
 */
export function compilePage(folder = ownTemplates): (view: PageView) => string {
  const engine = Handlebars.create();
  // Only for markup made by these rooms themselves (charts, style, script): values of results never pass through it.
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
  for (const file of [...filesBelow(sharedParts), ...filesBelow(folder)].filter((path) => path.endsWith('.hbs'))) {
    engine.registerPartial(basename(file, '.hbs'), engine.compile(readText(file), options));
  }
  const template = engine.compile('{{> page}}', options);
  const styles = [...new Set([ownTemplates, folder])].map((one) => join(one, 'style.css'));
  const style = styles.map((path) => readText(path)).join('');
  return (view) => template({ ...view, style, scriptHash: Buffer.from(sha256(view.script), 'hex').toString('base64') });
}
