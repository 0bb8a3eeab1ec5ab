import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client.js';

/** The mini-programs and web clients of the deployment. They change only with a restart. */
export const appsQuery = queryOptions({
  queryKey: ['apps'],
  queryFn: ({ signal }) => answer(api.GET('/admin/apps', { signal })),
  staleTime: Infinity,
});

/** The mini-programs; none before they are known. */
export function useApps(): { apps: Schemas['AppItemResponse'][]; nameOf: (appid: string) => string } {
  const { data } = useQuery(appsQuery);
  const apps = data?.apps ?? [];
  // A mini-program that was removed from the settings still has users.
  return { apps, nameOf: (appid) => apps.find((app) => app.appid === appid)?.name ?? appid };
}
