/** Node's own flags for an operator whose clock is wrong. Must not know what it does with it. */

/** Date, a clock that is ahead by the value of `expression`, in milliseconds. */
const dateThatIsAheadBy = (setup: string, expression: string): readonly string[] => {
  const program = `const Real = Date;
    ${setup}
    globalThis.Date = class extends Real {
      constructor(...args) { if (args.length === 0) super(Real.now() + ${expression}); else super(...args); }
      static now() { return Real.now() + ${expression}; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
};

/** Believes in a time that differs by so much. */
export const skewed = (skew_ms: number): readonly string[] => dateThatIsAheadBy('', `(${skew_ms})`);

/** Is right until the process gets the signal SIGUSR2; ahead by so much from then on. */
export const leaping = (leap_ms: number): readonly string[] =>
  dateThatIsAheadBy(`let leap = 0; process.on('SIGUSR2', () => { leap = ${leap_ms}; });`, 'leap');
