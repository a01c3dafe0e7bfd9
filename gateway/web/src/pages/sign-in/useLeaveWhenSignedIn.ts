import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useSession } from '../../session/useSession';

/** Leads to `next`, or home, as soon as somebody is signed in. */
export function useLeaveWhenSignedIn(next: string | undefined): void {
  const router = useRouter();
  const { status } = useSession();
  useEffect(() => {
    if (status === 'signed-in') router.history.replace(next ?? '/');
  }, [status, next, router]);
}
