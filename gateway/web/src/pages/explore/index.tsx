import { ComingPage } from '../../app/ComingPage';

export function ExplorePage() {
  return <ComingPage title="Explore" />;
}
