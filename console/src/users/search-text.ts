import { useSyncExternalStore } from 'react';

/** What the URL must not hold: an openid, a phone number or a nickname, and the cursor of a search for it. */
export interface SearchText {
  q: string;
  cursor?: string;
}

let current: SearchText = { q: '' };
const listeners = new Set<() => void>();

export function setSearchText(next: SearchText): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Kept in memory while the console is open, so that one comes back from a user to the same results. */
export function useSearchText(): SearchText {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
