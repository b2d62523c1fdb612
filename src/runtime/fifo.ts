/** First in, first out in constant time: `Array.shift` and taking the first of a `Set` both slow down with length. */
export interface Fifo<T> {
  readonly push: (item: T) => void;
  readonly shift: () => T | undefined;
  readonly length: () => number;
}

/** The taken part at the front is cut off when it is longer than this and than what is left. */
const compactAt = 1024;

export function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  let head = 0;
  return {
    push: (item) => void items.push(item),
    shift: () => {
      if (head === items.length) return undefined;
      const item = items[head];
      items[head] = undefined;
      head += 1;
      if (head > compactAt && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    length: () => items.length - head,
  };
}
