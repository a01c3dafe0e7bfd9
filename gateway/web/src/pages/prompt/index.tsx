import { ComingPage } from '../../app/ComingPage';

export function PromptPage() {
  return <ComingPage title="Prompt" />;
}
