import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call, promptApi } from '../../api/client';
import { WriteKeys } from '../../api/idempotency';
import type { Prompt } from '../../api/types';
import { SubmitForm } from '../../session/SubmitForm';
import { Dialog } from '../../ui/Dialog';
import { TextField } from '../../ui/TextField';
import { toast } from '../../ui/Toasts';
import { words as allWords } from '../../words/en';
import { refreshPrompt } from './queries';

const words = allWords.prompt;

/** From what is hidden most to what is hidden least: nothing becomes public that nobody chose. */
const VISIBILITIES = ['PRIVATE', 'UNLISTED', 'PUBLIC'] as const;

/** Asks what the copy is called and who sees it, makes it, and leads to it. */
export function ForkDialog({ prompt, onClose }: { prompt: Prompt; onClose: () => void }) {
  const [title, setTitle] = useState(prompt.title);
  const [visibility, setVisibility] = useState<(typeof VISIBILITIES)[number]>('PRIVATE');
  const [keys] = useState(() => new WriteKeys());
  const navigate = useNavigate();
  const fork = async () => {
    const body = { version: prompt.version, title: title.trim(), visibility };
    const params = { path: { id: prompt.id }, header: { 'Idempotency-Key': keys.keyOf(body) } };
    const copy = await call(promptApi.POST('/prompts/{id}/fork', { params, body }));
    keys.finish();
    toast(words.forked);
    void refreshPrompt(prompt.id);
    await navigate({ to: '/p/$id', params: { id: copy.id } });
  };
  return (
    <Dialog title={words.forkTitle(prompt.title)} onClose={onClose}>
      <p className="quiet small">{words.forkExplanation}</p>
      <SubmitForm action={words.forkSubmit} busy={words.forking} fields={['title']} isPrimary onSubmit={fork}>
        {(problem) => (
          <>
            <TextField label={words.forkName} errors={problem?.errors['title']} dir="auto" required minLength={3} maxLength={200} value={title} onChange={setTitle} />
            <fieldset className="choices fork-visibilities">
              <legend className="field-label">{words.forkVisibility}</legend>
              {VISIBILITIES.map((name) => (
                <label key={name}>
                  <input type="radio" name="fork-visibility" checked={visibility === name} onChange={() => setVisibility(name)} />
                  {words.forkVisibilities[name]}
                </label>
              ))}
            </fieldset>
          </>
        )}
      </SubmitForm>
    </Dialog>
  );
}
