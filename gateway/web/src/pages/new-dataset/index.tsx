import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { WriteKeys } from '../../api/idempotency';
import { queryClient } from '../../api/queryClient';
import { SignedIn } from '../../evaluation/SignedIn';
import { SubmitForm } from '../../session/SubmitForm';
import { TextField } from '../../ui/TextField';
import { toast } from '../../ui/Toasts';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { testWords } from '../../words/tests';
import { DatasetPreview } from './DatasetPreview';
import { checkDataset, nameOfFile, saveDataset, type DatasetSource } from './source';
import { SourceFields } from './SourceFields';
import './new-dataset.css';

const words = testWords.create;
const route = getRouteApi('/tests/new');

/** Makes a data set of a file, or of what is pasted. */
export function NewDatasetPage() {
  useDocumentTitle(words.title);
  return <SignedIn title={words.title}>{(userId) => <NewDataset userId={userId} />}</SignedIn>;
}

/** A source, and the number that tells it from those before it. */
interface Chosen {
  source: DatasetSource;
  revision: number;
}

function NewDataset({ userId }: { userId: string }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [typedName, setTypedName] = useState<string | null>(null);
  const [isChecked, setChecked] = useState(false);
  const [keys] = useState(() => new WriteKeys());
  const { prompt, version } = route.useSearch();
  const navigate = useNavigate();
  const check = useQuery({
    queryKey: ['dataset-check', chosen?.revision],
    // The name is not needed to read the rows; the server wants one.
    queryFn: ({ signal }) => (chosen ? checkDataset({ source: chosen.source, name: words.title, signal }) : null),
    enabled: chosen !== null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const take = (source: DatasetSource | null) => {
    setChosen((before) => source && { source, revision: (before?.revision ?? Date.now()) + 1 });
  };
  const fileName = chosen?.source.fileName;
  // A name that nobody typed is the file's.
  const name = typedName ?? (fileName === undefined ? '' : nameOfFile(fileName));
  const isReadable = check.data?.errors.length === 0;
  const save = async () => {
    setChecked(true);
    if (chosen === null || !isReadable || name.trim() === '') return;
    const request = { source: chosen.source, name: name.trim() };
    const dataset = await saveDataset(request, keys.keyOf([chosen.revision, request.name]));
    keys.finish();
    toast(words.done);
    void queryClient.invalidateQueries({ queryKey: ['datasets', userId] });
    const params = { id: dataset.id };
    if (prompt === undefined) await navigate({ to: '/tests/data/$id', params });
    else await navigate({ to: '/tests/data/$id/run', params, search: { prompt, version } });
  };
  return (
    <main id="content" className="page evaluation new-dataset">
      <h1>{words.title}</h1>
      <SourceFields fileName={fileName} onTake={take} />
      {chosen && <DatasetPreview check={check} />}
      {chosen && isReadable && (
        <SubmitForm action={words.submit} busy={words.submitting} fields={['name']} className="form dataset-name" isPrimary onSubmit={save}>
          {(problem) => (
            <TextField
              label={words.name}
              maxLength={200}
              autoComplete="off"
              dir="auto"
              errors={isChecked && name.trim() === '' ? [words.nameNeeded] : problem?.errors['name']}
              value={name}
              onChange={setTypedName}
            />
          )}
        </SubmitForm>
      )}
    </main>
  );
}
