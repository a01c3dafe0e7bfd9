import type { ReactNode } from 'react';
import { SignInFirst } from '../session/SignInFirst';
import { useSession } from '../session/useSession';
import { testWords as words } from '../words/tests';
import './evaluation.css';

interface SignedInProps {
  /** The heading of the page for a reader without an account. */
  title: string;
  children: (userId: string) => ReactNode;
}

/** Shows a page of data sets or runs to whom it belongs, and asks everyone else to sign in. */
export function SignedIn({ title, children }: SignedInProps) {
  const { status, user } = useSession();
  if (user) return children(user.id);
  return (
    <main id="content" className="page evaluation">
      <h1>{title}</h1>
      {status === 'signed-out' && <SignInFirst needed={words.needed} />}
    </main>
  );
}
