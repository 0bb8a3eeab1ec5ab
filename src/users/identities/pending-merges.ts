import type { EntityManager } from 'typeorm';

/**
 * Of users who go: whoever waits for the operator to merge them with one of these waits for the one that stays in their
 * place instead, or for nobody where there is none.
 */
export async function reassignPendingMerges(
  manager: EntityManager,
  userIds: readonly string[],
  primaryId: string | null,
): Promise<void> {
  await manager.query(
    `UPDATE users SET merge_pending_with = $2::uuid WHERE merge_pending_with = ANY ($1::uuid[])`,
    [userIds, primaryId],
  );
}
