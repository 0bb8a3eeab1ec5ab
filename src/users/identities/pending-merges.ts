import type { EntityManager } from 'typeorm';

/**
 * Updates the users for whom an admin has to decide about a merge with one of these users, which are merged or erased
 * now. The decision is then about the user that remains, or is not needed any more.
 *
 * @param primaryId the user that remains; null if none does
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
