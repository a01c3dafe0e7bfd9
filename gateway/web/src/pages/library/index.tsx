import { ComingPage } from '../../app/ComingPage';

export function LibraryPage() {
  return <ComingPage title="My library" />;
}
