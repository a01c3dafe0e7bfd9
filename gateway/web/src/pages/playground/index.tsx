import { ComingPage } from '../../app/ComingPage';

export function PlaygroundPage() {
  return <ComingPage title="Playground" />;
}
