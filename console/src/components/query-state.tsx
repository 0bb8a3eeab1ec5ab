import { LoadingState } from './loading-state.js';
import { ProblemAlert } from './problem-alert.js';

interface QueryStateProps {
  query: { error: Error | null; refetch: () => unknown };
}

/** In place of what a query would show: what went wrong, or that it is on its way. */
export function QueryState({ query: { error, refetch } }: QueryStateProps) {
  return error ? <ProblemAlert problem={error} onRetry={() => void refetch()} /> : <LoadingState />;
}
