import { getRouteApi, Link } from '@tanstack/react-router';
import { SignInForm } from '../../session/SignInForm';
import { accountWords as words } from '../../words/account';
import { useLeaveWhenSignedIn } from './useLeaveWhenSignedIn';
import './sign-in.css';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { next } = route.useSearch();
  useLeaveWhenSignedIn(next);
  return (
    <main id="content" className="page sign-in">
      <h1>{words.signIn}</h1>
      <SignInForm />
      <p className="small">
        {words.noAccount}{' '}
        <Link to="/register" search={{ next }}>
          {words.register}
        </Link>
      </p>
    </main>
  );
}
