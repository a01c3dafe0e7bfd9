import { ComingPage } from '../../app/ComingPage';

export function SignInPage() {
  return <ComingPage title="Sign in" />;
}
