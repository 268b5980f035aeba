/**
 * @file Names the part of a program to which operations of a trace belong, for profiles.
 *
 * It changes the beginning of their names, and nothing else.
 */
import * as tf from '@tensorflow/tfjs-core';

/** What the names of gradients begin with, before the place of what they are the gradient of. */
export const gradientPlace = 'gradient';

let present = '';

/** Names the operations of `work`; places within places are separated by slashes. @param part letters, digits and ._- */
export function within<T>(part: string, work: () => T): T {
  return at(present === '' ? part : `${present}/${part}`, work);
}

/** Where operations belong now; empty outside of all places. */
export function presentPlace(): string {
  return present;
}

function at<T>(place: string, work: () => T): T {
  const outer = present;
  present = place;
  try {
    return work();
  } finally {
    present = outer;
  }
}

type Gradients = Record<string, () => tf.Tensor>;

/** The tape of TensorFlow.js, which is private to it. */
interface Tape {
  addTapeNode(...args: unknown[]): void;
  readonly state: { readonly activeTape: { gradient?: (dys: tf.Tensor[]) => Gradients }[] };
}

/** The operations of a gradient belong where the operation stood that it is of. @returns ends this */
export function keepPlacesOfGradients(): () => void {
  const engine = tf.engine() as unknown as Tape;
  const addTapeNode = engine.addTapeNode.bind(engine);
  engine.addTapeNode = (...args) => {
    addTapeNode(...args);
    const node = engine.state.activeTape.at(-1);
    const { gradient } = node ?? {};
    if (!node || !gradient || present === '') return;
    const place = `${gradientPlace}/${present}`;
    node.gradient = (dys) => {
      const own = at(place, () => gradient(dys));
      return Object.fromEntries(Object.entries(own).map(([input, of]) => [input, () => at(place, of)]));
    };
  };
  return () => Reflect.deleteProperty(engine, 'addTapeNode');
}
