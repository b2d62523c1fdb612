/**
 * The marks that every binding of Curfew's carries. They stand alone, without imports: the reaper goes by them, and takes nothing
 * else of ours with it but the grammar of durations.
 */
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedByValue = 'curfew';
export const grantUidLabel = 'curfew.dev/grant-uid';
export const expiresAtAnnotation = 'curfew.dev/expires-at';

/** Begins the name of every binding of ours; the guard keeps it for the operator. */
export const bindingNamePrefix = 'curfew:';

/** Selects every binding that Curfew made. */
export const managedSelector = `${managedByLabel}=${managedByValue}`;
