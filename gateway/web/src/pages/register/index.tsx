import { getRouteApi, Link } from '@tanstack/react-router';
import { RegisterForm } from '../../session/RegisterForm';
import { accountWords as words } from '../../words/account';
import { useLeaveWhenSignedIn } from '../sign-in/useLeaveWhenSignedIn';
import '../sign-in/sign-in.css';

const route = getRouteApi('/register');

export function RegisterPage() {
  const { next } = route.useSearch();
  useLeaveWhenSignedIn(next);
  return (
    <main id="content" className="page sign-in">
      <h1>{words.register}</h1>
      <RegisterForm />
      <p className="small">
        {words.haveAccount}{' '}
        <Link to="/sign-in" search={{ next }}>
          {words.signIn}
        </Link>
      </p>
    </main>
  );
}
