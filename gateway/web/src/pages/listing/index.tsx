import { ComingPage } from '../../app/ComingPage';

export function ListingPage() {
  return <ComingPage title="Listing" />;
}
