/** A process that believes in another time of day. Must not know what it is for. */

/** Node started with these flags believes in a time that differs by so much, in milliseconds. */
export function skewed(skew_ms: number): readonly string[] {
  const program = `const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...args) { if (args.length === 0) super(Real.now() + ${skew_ms}); else super(...args); }
      static now() { return Real.now() + ${skew_ms}; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
}
