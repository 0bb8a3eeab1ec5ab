import { QueryClient } from '@tanstack/react-query';
import { ProblemError } from './problem.error.js';

const maxRetries = 2;

/** What was asked of the service, and its answers. What is shown is what the service said: no change is shown before its answer. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Reading leaves entries in the audit log, so nothing is read again unasked.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      retry: (count, error) => count < maxRetries && error instanceof ProblemError && error.isTemporary,
      retryDelay: 1_000,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
