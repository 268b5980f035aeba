/** @file Finds and fills the elements of a page for its script, which judges again by the reader's choices. */

/** The part of an element that is used here; the harness is compiled without the types of a browser. */
export interface PageElement {
  textContent: string | null;
  hidden: boolean;
  readonly value: string;
  readonly checked: boolean;
  className: string;
  addEventListener(event: 'input', listener: () => void): void;
  append(...children: PageElement[]): void;
  replaceChildren(...children: PageElement[]): void;
}

declare const document: {
  getElementById(id: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  createElement(name: string): PageElement;
};

/** One judged thing as the page shows it. */
export interface JudgedLine {
  readonly head: string;
  readonly claim: string;
  readonly detail: string;
}

/** Shows the part of the page that needs a script, and its lines at once and after every choice. */
export function judgeAgain(lines: () => Iterable<JudgedLine>): void {
  const judge = (): void => element('rejudge-output').replaceChildren(...[...lines()].map(listItem));
  element('rejudge').hidden = false;
  element('rejudge-form').addEventListener('input', judge);
  judge();
}

/** What the page carries for its script, as JSON. */
export function carriedData(): unknown {
  return JSON.parse(element('rejudge-data').textContent ?? '');
}

export function element(id: string): PageElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`page: no element "${id}"`);
  return found;
}

export function elements(selector: string): PageElement[] {
  return [...document.querySelectorAll(selector)];
}

function listItem({ head, claim, detail }: JudgedLine): PageElement {
  const item = document.createElement('li');
  item.append(span('head', head), span('claim', claim), span('detail', detail));
  return item;
}

function span(name: string, text: string): PageElement {
  const made = document.createElement('span');
  made.className = name;
  made.textContent = text;
  return made;
}
