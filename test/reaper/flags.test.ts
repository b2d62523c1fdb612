import { describe, expect, it } from 'vitest';
import { parseFlags } from '../../src/reaper/flags.ts';

const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };

describe('the flags', () => {
  it('are those of the pod, once, where nothing is said', () => {
    expect(parseFlags([], pod)).toEqual({
      interval_ms: undefined,
      all: false,
      dryRun: false,
      textfile: undefined,
      server: 'https://10.0.0.1:6443',
      tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    });
  });

  it('know addresses of IPv6', () => {
    expect(parseFlags([], { KUBERNETES_SERVICE_HOST: 'fd00::1' }).server).toBe('https://[fd00::1]:443');
  });

  it.each([
    [[], {}, /expected --server/],
    [['--server=http://10.0.0.1'], {}, /https/],
    [['--interval=0s'], pod, /a second or more/],
    [['--interval=soon'], pod, /expected a duration/],
    [['--textfile=/metrics/curfew.txt'], pod, /\.prom/],
    [['--all', '--interval=1m'], pod, /--all to stand without/],
    [['--all', '--textfile=/metrics/curfew.prom'], pod, /--all to stand without/],
    [['--force'], pod, /--force/],
    [['now'], pod, /now/],
  ])('%j are refused with a word on what was expected', (args, environment, message) => {
    expect(() => parseFlags(args, environment)).toThrow(message);
  });
});
