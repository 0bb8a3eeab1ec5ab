/** What the application can hear of. */
export const eventTypes = [
  'user.created',
  'user.updated',
  'user.merged',
  'user.disabled',
  'user.enabled',
  'user.deletion_requested',
  'user.deleted',
  'identity.linked',
  'identity.unlinked',
] as const;
export type EventType = (typeof eventTypes)[number];
