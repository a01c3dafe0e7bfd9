import { ComingPage } from '../../app/ComingPage';

export function SettingsPage() {
  return <ComingPage title="Settings" />;
}
