import { call, userApi } from '../../api/client';
import type { User } from '../../api/types';

/** What an administrator does to the account of somebody else. */
export type Act = 'suspend' | 'activate' | 'promote' | 'demote';

/** Returns what can be done to an account as it is. */
export function actsOn({ active, roles }: User): Act[] {
  return [active ? 'suspend' : 'activate', roles.includes('ADMIN') ? 'demote' : 'promote'];
}

/** Does it, and returns the account as it is then. */
export function actOn({ id }: User, act: Act): Promise<User> {
  const params = { path: { id } };
  if (act === 'suspend') return call(userApi.POST('/users/{id}/suspend', { params }));
  if (act === 'activate') return call(userApi.POST('/users/{id}/activate', { params }));
  return call(userApi.PUT('/users/{id}/roles', { params, body: { roles: act === 'promote' ? ['USER', 'ADMIN'] : ['USER'] } }));
}
