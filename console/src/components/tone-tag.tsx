import type { ReactNode } from 'react';

export type Tone = 'success' | 'warning' | 'error' | 'neutral';

/** A short word on a tint that says how good it is. */
export function ToneTag({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="tone-tag" data-tone={tone}>
      {children}
    </span>
  );
}
