import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { answer, api } from '../api/client.js';

/** The times that one can choose, in days. */
export const dayChoices = [7, 30, 90, 365] as const;
type Days = (typeof dayChoices)[number];

const usualDays: Days = 30;

/** What the URL of the statistics holds. */
interface StatisticsFilter {
  days: Days;
  appid?: string;
}

/** The login counters of the time in the URL. */
export function useStatistics() {
  const [params, setParams] = useSearchParams();
  const filter: StatisticsFilter = {
    days: dayChoices.find((days) => String(days) === params.get('days')) ?? usualDays,
    appid: params.get('app') || undefined,
  };
  const { days } = filter;
  const query = useQuery({
    queryKey: ['statistics', days],
    queryFn: ({ signal }) => answer(api.GET('/admin/stats', { params: { query: { days } }, signal })),
  });
  function show(next: Partial<StatisticsFilter>): void {
    const { days: nextDays, appid } = { ...filter, ...next };
    setParams({
      ...(nextDays !== usualDays && { days: String(nextDays) }),
      ...(appid !== undefined && { app: appid }),
    });
  }
  return { filter, show, query };
}
