import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../api/client.js';

const refreshMs = 10_000;

/** The state of the node that answers, again and again while the page can be seen. */
export function useHealth() {
  const [refreshes, setRefreshes] = useState(true);
  const query = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => answer(api.GET('/admin/health', { signal })),
    staleTime: 0,
    // It is asked again anyway.
    retry: false,
    // Not while the tab is hidden; at once when it is shown again.
    refetchInterval: refreshes && refreshMs,
    refetchOnWindowFocus: refreshes,
  });
  return { query, refreshes, setRefreshes };
}
