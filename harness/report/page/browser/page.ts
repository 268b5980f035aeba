/** @file Script of a report's page: enlarges grids, and judges again by the reader's choices. */
import './viewer.ts';
import './rejudge.ts';
