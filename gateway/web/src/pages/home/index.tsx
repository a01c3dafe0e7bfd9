import { ExplorePage } from '../explore';

/** Shows one's own work when signed in, and explore to everyone else. */
export function HomePage() {
  return <ExplorePage />;
}
