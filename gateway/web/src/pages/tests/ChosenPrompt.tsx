import { useQuery } from '@tanstack/react-query';
import { useViewer } from '../../session/useViewer';
import { testWords } from '../../words/tests';
import { promptQuery } from '../prompt/queries';

/** Names the prompt that a data set is chosen for. */
export function ChosenPrompt({ promptId }: { promptId: string }) {
  const { data } = useQuery(promptQuery(promptId, undefined, useViewer()));
  return (
    <p className="notice" dir="auto">
      {testWords.list.choose(data?.title ?? testWords.setup.prompt)}
    </p>
  );
}
