import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDelayHeap } from '../../src/runtime/delay-heap.ts';

it('gives keys back when they are due, earliest first, as a sorted list would', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const put = fc.record({ key, due_ms: fc.nat(20) });
  const remove = fc.record({ removed: key });
  const take = fc.record({ now_ms: fc.nat(25) });
  fc.assert(
    fc.property(fc.array(fc.oneof(put, take, remove), { maxLength: 60 }), (steps) => {
      const heap = createDelayHeap<string>();
      const model = new Map<string, number>();
      for (const step of steps) {
        if ('key' in step) {
          heap.put(step.key, step.due_ms);
          model.set(step.key, Math.min(step.due_ms, model.get(step.key) ?? Infinity));
        } else if ('removed' in step) {
          heap.remove(step.removed);
          model.delete(step.removed);
        } else {
          const first = heap.takeDue(step.now_ms);
          const earliest_ms = Math.min(...model.values());
          expect(first === undefined).toBe(earliest_ms > step.now_ms);
          if (first === undefined) continue;
          expect(model.get(first)).toBe(earliest_ms);
          model.delete(first);
        }
        expect(heap.size()).toBe(model.size);
        expect(heap.earliest()).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
      }
    }),
  );
});

it('keys that are due together come out in the order in which they were put', () => {
  const heap = createDelayHeap<string>();
  for (const key of ['c', 'a', 'b']) heap.put(key, 5);
  expect([heap.takeDue(5), heap.takeDue(5), heap.takeDue(5)]).toEqual(['c', 'a', 'b']);
});

it('moving a key to an earlier time again and again leaves nothing behind', () => {
  const heap = createDelayHeap<string>();
  for (let due_ms = 1000; due_ms > 0; due_ms -= 1) heap.put('a', due_ms);
  expect(heap.size()).toBe(1);
  expect(heap.takeDue(1)).toBe('a');
  expect(heap.takeDue(Infinity)).toBeUndefined();
});
