import { ComingPage } from '../../app/ComingPage';

export function RegisterPage() {
  return <ComingPage title="Register" />;
}
