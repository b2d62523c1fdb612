/** metav1.Condition, as every Kubernetes API writes it, and the condition types of grants. */
import { z } from 'zod';
import { mapList } from './list.ts';
import { timestamp } from './text.ts';

export const conditionTypes = [
  'Ready',
  'Reconciling',
  'Stalled',
  'Approved',
  'Active',
  'RevocationVerified',
] as const;

export type ConditionType = (typeof conditionTypes)[number];

const condition = z
  .object({
    type: z.string().min(1).max(316).meta({ description: 'What the condition is about.' }),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'True, False or Unknown.' }),
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'The metadata.generation that this is about.', format: 'int64' }),
    lastTransitionTime: timestamp('When status changed last.'),
    reason: z.string().min(1).max(1024).meta({ description: 'A CamelCase word for machines.' }),
    message: z
      .string()
      .max(32768)
      .meta({ description: 'A sentence for people: what is so, and what to do.' }),
  })
  .meta({ description: 'One aspect of the state of this object.' });

export type Condition = z.output<typeof condition>;

export const conditions = mapList(z.array(condition).max(16), ['type']).optional().meta({
  description:
    'Ready, Reconciling, Stalled (as kstatus reads them), Approved, Active and RevocationVerified.',
});
