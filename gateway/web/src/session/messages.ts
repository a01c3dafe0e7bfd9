import type { User } from '../api/types';

/** What one tab tells the others of the same origin. */
export type SessionMessage =
  | { type: 'tokens'; accessToken: string; expiresAt: number; user: User }
  | { type: 'signed-out' }
  | { type: 'expired' };

/** Tells whether a message is one of ours, and not of another build under the same origin. */
export function isSessionMessage(value: unknown): value is SessionMessage {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  if (value.type === 'signed-out' || value.type === 'expired') return true;
  return value.type === 'tokens' && 'accessToken' in value && 'expiresAt' in value && 'user' in value;
}
