import { useSyncExternalStore } from 'react';
import { session, type Me, type SessionState } from './session.js';

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.state);
}

/** The admin who is signed in, on a page that only admins see. */
export function useMe(): Me {
  const state = useSession();
  if (state.name !== 'signed-in') throw new Error('useMe is for pages that need a signed-in user.');
  return state.me;
}
