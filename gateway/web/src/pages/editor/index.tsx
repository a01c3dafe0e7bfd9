import { ComingPage } from '../../app/ComingPage';

export function EditPromptPage() {
  return <ComingPage title="Edit" />;
}

export function NewPromptPage() {
  return <ComingPage title="New prompt" />;
}
