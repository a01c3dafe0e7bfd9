import { ComingPage } from '../../app/ComingPage';

export function MarketPage() {
  return <ComingPage title="Market" />;
}
