import { useSyncExternalStore } from 'react';

/** A choice of the user that this browser remembers. */
export interface Preference<Value extends string> {
  readonly values: readonly Value[];
  get(): Value;
  set(value: Value): void;
  /** As a hook. */
  use(): Value;
}

/** @param fallback the value until the user chooses one */
export function createPreference<Value extends string>(
  name: string,
  values: readonly Value[],
  fallback: Value,
): Preference<Value> {
  const key = `weapp-auth-console.${name}`;
  const listeners = new Set<() => void>();
  let current = values.find((value) => value === readStored(key)) ?? fallback;
  const get = () => current;
  return {
    values,
    get,
    set(value) {
      current = value;
      store(key, value);
      for (const listener of listeners) listener();
    },
    use: () =>
      useSyncExternalStore((listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      }, get),
  };
}

/** A browser may forbid storage. The choice is then kept until the page is left. */
function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // See readStored.
  }
}
