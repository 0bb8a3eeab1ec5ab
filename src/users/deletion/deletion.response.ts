/** A user will be erased. */
export class DeletionResponse {
  /** When; ISO 8601 in UTC. */
  eraseAt: string;
}
