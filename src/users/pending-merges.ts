import type { EntityManager } from 'typeorm';

/**
 * Has those who seem to be one person with users that are going be left to the operator with whoever stays in their
 * place; null where nobody does.
 */
export async function passOnPendingMerges(
  manager: EntityManager,
  userIds: readonly string[],
  survivorId: string | null,
): Promise<void> {
  await manager.query(
    `UPDATE users SET merge_pending_with = $2::uuid WHERE merge_pending_with = ANY ($1::uuid[])`,
    [userIds, survivorId],
  );
}
