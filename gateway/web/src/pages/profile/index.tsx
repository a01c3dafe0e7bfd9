import { ComingPage } from '../../app/ComingPage';

export function ProfilePage() {
  return <ComingPage title="Profile" />;
}
