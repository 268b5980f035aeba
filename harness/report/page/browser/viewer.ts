/** @file Enlarges sample grids of the page, and leads from one to its neighbours by arrows and buttons. */
import { directions, neighbourOf, type Direction, type Shown } from './gallery.ts';

/** The parts of elements that are used here; the harness is compiled without the types of a browser. */
interface Element {
  textContent: string | null;
  className: string;
  id: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  addEventListener(event: string, listener: (event: KeyPress) => void): void;
  append(...children: Element[]): void;
  replaceWith(other: Element): void;
}

interface Image extends Element {
  src: string;
  alt: string;
  width: number;
  height: number;
}

interface Dialog extends Element {
  readonly open: boolean;
  showModal(): void;
  close(): void;
}

interface KeyPress {
  readonly key: string;
  preventDefault(): void;
}

declare const document: {
  readonly body: Element;
  querySelectorAll(selector: string): Iterable<Image>;
  createElement(name: 'dialog'): Dialog;
  createElement(name: 'img'): Image;
  createElement(name: 'p' | 'button'): Element;
};
declare const innerWidth: number;
declare const innerHeight: number;

interface Grid extends Shown {
  readonly image: Image;
  readonly caption: string;
}

/** Shares of the window that an enlarged grid may fill. */
const room = { width: 0.9, height: 0.7 } as const;

const keys: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'earlier',
  ArrowRight: 'later',
  ArrowUp: 'previous seed',
  ArrowDown: 'next seed',
};

const grids = [...document.querySelectorAll('.grid img')].map((image): Grid => ({
  image,
  group: image.getAttribute('data-group') ?? '',
  seed: Number(image.getAttribute('data-seed')),
  step: Number(image.getAttribute('data-step')),
  caption: image.getAttribute('data-caption') ?? '',
}));

if (grids.length > 0) enlargeOnClick();

function enlargeOnClick(): void {
  const dialog = document.createElement('dialog');
  const caption = document.createElement('p');
  const enlarged = document.createElement('img');
  const buttons = document.createElement('p');
  dialog.id = 'viewer';
  dialog.setAttribute('aria-labelledby', 'viewer-caption');
  caption.id = 'viewer-caption';
  caption.setAttribute('aria-live', 'polite');
  buttons.className = 'buttons';
  let current = grids[0]!;
  const steps = directions.map((direction) => {
    const button = labelled(direction);
    button.addEventListener('click', () => go(direction));
    return { direction, button };
  });
  const close = labelled('close');
  close.addEventListener('click', () => dialog.close());
  buttons.append(...steps.map(({ button }) => button), close);
  dialog.append(caption, buttons);
  document.body.append(dialog);
  dialog.addEventListener('keydown', (event) => {
    const direction = keys[event.key];
    if (!direction) return;
    event.preventDefault();
    go(direction);
  });
  for (const grid of grids) {
    const button = document.createElement('button');
    button.setAttribute('type', 'button');
    button.setAttribute('aria-label', `Enlarge: ${grid.image.alt}`);
    button.className = 'enlarge';
    grid.image.replaceWith(button);
    button.append(grid.image);
    button.addEventListener('click', () => {
      // Not before: an image without a source is a broken one.
      dialog.append(enlarged);
      show(grid);
      dialog.showModal();
    });
  }

  function go(direction: Direction): void {
    const next = neighbourOf(grids, current, direction);
    if (next) show(next);
  }

  function show(grid: Grid): void {
    current = grid;
    const [width, height] = ['width', 'height'].map((name) => Number(grid.image.getAttribute(name))) as [
      number,
      number,
    ];
    // Whole multiples: every pixel of the grid becomes a square of equal size.
    const scale = Math.floor(Math.min((room.width * innerWidth) / width, (room.height * innerHeight) / height));
    enlarged.src = grid.image.src;
    enlarged.alt = grid.image.alt;
    enlarged.width = width * Math.max(1, scale);
    enlarged.height = height * Math.max(1, scale);
    caption.textContent = grid.caption;
    // A button that is disabled gives its focus away, and arrow keys with it.
    for (const { direction, button } of steps)
      button.setAttribute('aria-disabled', String(!neighbourOf(grids, grid, direction)));
  }
}

function labelled(text: string): Element {
  const button = document.createElement('button');
  button.setAttribute('type', 'button');
  button.textContent = text;
  return button;
}
