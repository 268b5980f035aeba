/** @file Closes resources in the reverse order of their opening, also after an error. */

/** Resources that are opened one after another and closed together; a `DisposableStack`, which this version of Node.js lacks. */
export class Closing implements Disposable {
  private readonly pending: (() => void)[] = [];

  /** Keeps a resource until all are closed. */
  add<T>(resource: T, close: (resource: T) => void): T {
    this.pending.push(() => close(resource));
    return resource;
  }

  /** Closes every resource once. @throws the first error of a `close`, after the others have been called */
  [Symbol.dispose](): void {
    const errors: unknown[] = [];
    for (let close = this.pending.pop(); close; close = this.pending.pop()) {
      try {
        close();
      } catch (thrown) {
        errors.push(thrown);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
