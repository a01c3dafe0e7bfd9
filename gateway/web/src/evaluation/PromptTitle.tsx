import { useQuery } from '@tanstack/react-query';
import { promptQuery } from '../pages/prompt/queries';
import { useViewer } from '../session/useViewer';
import { testWords } from '../words/tests';

/** The title of a prompt that something else names by its id; of one that is gone, a word for it. */
export function PromptTitle({ promptId }: { promptId: string }) {
  const { data } = useQuery(promptQuery(promptId, undefined, useViewer()));
  return <bdi>{data?.title ?? testWords.setup.prompt}</bdi>;
}
