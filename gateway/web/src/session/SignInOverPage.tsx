import { lazy, Suspense } from 'react';
import { useIsSignInAsked } from './signInRequest';

const SignInDialog = lazy(async () => ({ default: (await import('./SignInDialog')).SignInDialog }));

/** Shows the sign-in over the page while somebody asks for it; once, in the layout. */
export function SignInOverPage() {
  const isAsked = useIsSignInAsked();
  if (!isAsked) return null;
  return (
    <Suspense>
      <SignInDialog />
    </Suspense>
  );
}
