import type { UserDetail } from '../use-user.js';

/** What each dialog that changes a user gets. */
export interface ActionProps {
  user: UserDetail;
  /** How to call the user in a sentence. */
  name: string;
  onClose: () => void;
}
