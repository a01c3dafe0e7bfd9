import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, promptApi } from '../../api/client';
import type { Prompt } from '../../api/types';
import { useAction } from '../../session/useAction';
import { useViewer } from '../../session/useViewer';
import { Dialog } from '../../ui/Dialog';
import { Field } from '../../ui/Field';
import { Menu } from '../../ui/Menu';
import { toast } from '../../ui/Toasts';
import { words } from '../../words/en';
import { refreshPrompt } from './queries';

/** The label that the newest version always has. */
export const LATEST = 'latest';

interface VersionActionsProps {
  prompt: Prompt;
  version: number;
  labels: readonly string[];
  isNewest: boolean;
}

/** What can be done with a version: reading it for everyone, restoring and labelling it for the author. */
export function VersionActions({ prompt, version, labels, isNewest }: VersionActionsProps) {
  const [isLabelling, setLabelling] = useState(false);
  const isAuthor = useViewer() === prompt.userId;
  const restore = useAction(
    () => call(promptApi.POST('/prompts/{id}/versions/{version}/restore', { params: { path: { id: prompt.id, version } } })),
    {
      onDone: (restored) => {
        toast(words.versions.restored(version, restored.version));
        void refreshPrompt(prompt.id);
      },
    },
  );
  const removeLabel = useAction(
    async (label: string) => {
      await call(promptApi.DELETE('/prompts/{id}/labels/{label}', { params: { path: { id: prompt.id, label } } }));
      return label;
    },
    {
      onDone: (label) => {
        toast(words.versions.labelRemoved(label, version));
        void refreshPrompt(prompt.id);
      },
    },
  );
  return (
    <>
      <Menu label={words.versions.actions(version)} className="button plain icon-only small-control">
        <Link to="/p/$id" params={{ id: prompt.id }} search={{ version: isNewest ? undefined : version }}>
          {words.versions.read}
        </Link>
        <Link to="/tests" search={{ prompt: prompt.id, version: isNewest ? undefined : version }}>
          {words.prompt.runOverDataset}
        </Link>
        {isAuthor && !isNewest && (
          <button type="button" onClick={() => restore.run(undefined)}>
            {words.versions.restore}
          </button>
        )}
        {isAuthor && (
          <button type="button" onClick={() => setLabelling(true)}>
            {words.versions.label}
          </button>
        )}
        {isAuthor &&
          labels
            .filter((label) => label !== LATEST)
            .map((label) => (
              <button key={label} type="button" onClick={() => removeLabel.run(label)}>
                {words.versions.removeLabel(label)}
              </button>
            ))}
      </Menu>
      {isLabelling && <LabelDialog prompt={prompt} version={version} onClose={() => setLabelling(false)} />}
    </>
  );
}

function LabelDialog({ prompt, version, onClose }: { prompt: Prompt; version: number; onClose: () => void }) {
  const [label, setLabel] = useState('');
  const save = useAction(
    (name: string) =>
      call(promptApi.PUT('/prompts/{id}/labels/{label}', { params: { path: { id: prompt.id, label: name } }, body: { version } })),
    {
      showsError: true,
      onDone: () => {
        void refreshPrompt(prompt.id);
        onClose();
      },
    },
  );
  return (
    <Dialog title={words.versions.labelTitle(version)} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (label.trim() !== '') save.run(label.trim());
        }}
      >
        <Field label={words.versions.labelName} hint={words.versions.labelHint} errors={save.error ? [save.error.message] : []}>
          {(control) => (
            <input
              {...control}
              className="input"
              autoComplete="off"
              spellCheck={false}
              maxLength={50}
              value={label}
              onChange={(event) => setLabel(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" className="button primary" aria-disabled={save.isPending}>
          {words.versions.label}
        </button>
      </form>
    </Dialog>
  );
}
