/** @file Renders the page of a night: one file that loads nothing. */
import { join } from 'node:path';
import { compilePage } from '../../../report/page/template.ts';
import type { Night } from '../../night.ts';
import type { NightVerdict } from '../../verdict.ts';
import type { Past } from '../past.ts';
import { nightView } from './view.ts';

const fill = compilePage(join(import.meta.dirname, 'templates'));

/** The whole page; the same night gives the same bytes. */
export function nightPage(night: Night, verdict: NightVerdict, past: Past): string {
  return fill(nightView(night, verdict, past));
}
