/** @file Script of a night's page: judges the pairs again with the reader's alpha and margin. */
import { element, judgeAgain, carriedData } from '../../../../report/page/browser/page-elements.ts';
import type { Pair } from '../../../night.ts';
import type { Gate } from '../../../row.ts';
import { judgePaired, logRatios } from '../../../statistics/gate.ts';
import { changeWithInterval, verdictText } from '../../words.ts';

/** What the page carries for it, as JSON. */
export interface RejudgeData {
  /** As registered. */
  readonly gate: Gate;
  /** Rows that were paired with an earlier build. */
  readonly rows: readonly {
    readonly id: string;
    readonly margin: number;
    /** Of the calibration of this machine; absent: not known. */
    readonly floor?: number;
    /** The verdict of the night. */
    readonly tonight: string;
    readonly stages: readonly (readonly Pair[])[];
  }[];
}

const data = carriedData() as RejudgeData;

judgeAgain(() => {
  const gate = {
    ...data.gate,
    alphaFirst: Number(element('rejudge-first').value),
    alphaConfirm: Number(element('rejudge-confirm').value),
  };
  const chosen = element('rejudge-margin').value;
  return data.rows.map(({ id, margin, floor = 0, tonight, stages }) => {
    const rule = { gate, margin: chosen === '' ? margin : Number(chosen), floor };
    const judged = judgePaired(stages.map(logRatios), rule);
    const word = judged ? verdictText(judged.outcome) : 'nothing was paired';
    const unconfirmed = judged?.alarms[0] && stages.length < 2 ? '; an alarm that no second stage was run for' : '';
    return {
      head: `${id}, tonight: ${tonight}`,
      claim: `${word}${word === tonight ? '' : ' (another verdict)'}.`,
      detail: judged ? `${changeWithInterval(judged)}${unconfirmed}` : '',
    };
  });
});
