import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client.js';
import { queries } from '../api/queries.js';

export type UserDetail = Schemas['UserDetailResponse'];

const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['user', id],
    queryFn: ({ signal }) => answer(api.GET('/admin/users/{id}', { params: { path: { id } }, signal })),
  });

/** One user. The id of a merged user leads to the user that it was merged into. */
export const useUser = (id: string) => useQuery(userQuery(id));

/** Reads a user again, after a change that the service answered without the user. */
export const readUser = (id: string): Promise<UserDetail> =>
  queries.fetchQuery({ ...userQuery(id), staleTime: 0 });

/** Shows what the service answered to a change, and forgets the lists that it may have changed. */
export function keepUser(user: UserDetail): void {
  queries.setQueryData(userQuery(user.id).queryKey, user);
  void queries.invalidateQueries({ queryKey: ['users'] });
}
