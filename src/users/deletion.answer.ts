/** A user will be erased. */
export class DeletionAnswer {
  /** When; ISO 8601 in UTC. */
  eraseAt: string;
}
