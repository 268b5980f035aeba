/** @file Script of a night's page: judges the pairs again with the reader's alpha and margin. */
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
    /** The verdict of the night. */
    readonly tonight: string;
    readonly stages: readonly (readonly Pair[])[];
  }[];
}

/** The part of an element that is used here; the harness is compiled without the types of a browser. */
interface Element {
  textContent: string | null;
  hidden: boolean;
  readonly value: string;
  className: string;
  addEventListener(event: 'input', listener: () => void): void;
  append(...children: Element[]): void;
  replaceChildren(...children: Element[]): void;
}

declare const document: {
  getElementById(id: string): Element | null;
  createElement(name: string): Element;
};

const data = JSON.parse(element('rejudge-data').textContent ?? '') as RejudgeData;

element('rejudge').hidden = false;
element('rejudge-form').addEventListener('input', judge);
judge();

function judge(): void {
  const gate = {
    ...data.gate,
    alphaFirst: Number(element('rejudge-first').value),
    alphaConfirm: Number(element('rejudge-confirm').value),
  };
  const chosen = element('rejudge-margin').value;
  const items = data.rows.map(({ id, margin, tonight, stages }) => {
    const rule = { gate, margin: chosen === '' ? margin : Number(chosen) };
    const judged = judgePaired(stages.map(logRatios), rule);
    const word = judged ? verdictText(judged.outcome) : 'nothing was paired';
    const unconfirmed = judged?.alarms[0] && stages.length < 2 ? '; an alarm that no second stage was run for' : '';
    const item = document.createElement('li');
    item.append(
      span('head', `${id}, tonight: ${tonight}`),
      span('claim', `${word}${word === tonight ? '' : ' (another verdict)'}.`),
      span('detail', judged ? `${changeWithInterval(judged)}${unconfirmed}` : ''),
    );
    return item;
  });
  element('rejudge-output').replaceChildren(...items);
}

function span(name: string, text: string): Element {
  const made = document.createElement('span');
  made.className = name;
  made.textContent = text;
  return made;
}

function element(id: string): Element {
  const found = document.getElementById(id);
  if (!found) throw new Error(`night: no element "${id}"`);
  return found;
}
