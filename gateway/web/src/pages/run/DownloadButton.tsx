import { useEffect, useRef, useState } from 'react';
import type { Dataset, EvaluationRun } from '../../api/types';
import { percent } from '../../format';
import { toast } from '../../ui/Toasts';
import { testWords } from '../../words/tests';
import { csvOfRun, saveFile } from './csv';

const words = testWords.run;

/** Makes the results a file; a second press gives up. */
export function DownloadButton({ run, dataset }: { run: EvaluationRun; dataset: Dataset | null | undefined }) {
  const [share, setShare] = useState<number | null>(null);
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);
  const download = async () => {
    if (current.current !== null) return current.current.abort();
    const controller = new AbortController();
    current.current = controller;
    setShare(0);
    try {
      const file = await csvOfRun(run, { signal: controller.signal, variables: dataset?.variables ?? undefined, onProgress: setShare });
      const name = dataset ? testWords.csv.file(dataset.name) : testWords.csv.unnamed;
      saveFile(file, `${name.replaceAll(/[^\p{L}\p{N} ._-]/gu, '_')}.csv`);
    } catch {
      if (!controller.signal.aborted) toast(words.csvFailed);
    } finally {
      current.current = null;
      setShare(null);
    }
  };
  return (
    <button type="button" className="button" onClick={() => void download()}>
      {share === null ? words.csv : words.csvBusy(percent(share))}
    </button>
  );
}
