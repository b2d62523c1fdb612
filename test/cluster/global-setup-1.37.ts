/** The control plane of the cluster ring on Kubernetes 1.37, the newest line that is supported. */
import type { TestProject } from 'vitest/node';
import { setUp } from './global-setup.ts';

export const setup = (project: TestProject): Promise<() => Promise<void>> => setUp(project, '1.37');
