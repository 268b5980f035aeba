/** @file Renders the page of a report from its templates and a view. */
import { compilePage } from './template.ts';
import type { ReportView } from './view.ts';

/** The whole page; the same view gives the same bytes. */
export const renderPage: (view: ReportView) => string = compilePage();
