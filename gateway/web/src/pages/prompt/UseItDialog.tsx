import { useMemo, useState } from 'react';
import type { Prompt } from '../../api/types';
import { copyText } from '../../text/clipboard';
import { variablesOf } from '../../text/placeholders';
import { snippetsOf } from '../../text/snippets';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/Icon';
import { toast } from '../../ui/Toasts';
import { words } from '../../words/en';

interface UseItDialogProps {
  prompt: Prompt;
  values: Record<string, string>;
  onClose: () => void;
}

/** Commands and code that fetch the prompt with the values filled in. */
export function UseItDialog({ prompt, values, onClose }: UseItDialogProps) {
  const [name, setName] = useState('curl');
  const snippets = useMemo(() => {
    const variables = variablesOf(prompt.content ?? '');
    const given = variables
      .filter((variable) => variable.isRequired || Object.hasOwn(values, variable.name))
      .map((variable) => [variable.name, Object.hasOwn(values, variable.name) ? (values[variable.name] ?? '') : (variable.default ?? '')]);
    return snippetsOf(location.origin, prompt.id, prompt.version, Object.fromEntries(given));
  }, [prompt, values]);
  const code = snippets.find((snippet) => snippet.name === name)?.code ?? '';
  return (
    <Dialog title={words.prompt.snippetsTitle} onClose={onClose}>
      <p className="quiet small">{prompt.visibility === 'PUBLIC' && !prompt.isPremium ? words.prompt.snippetsHint : words.prompt.snippetsPrivate}</p>
      <fieldset className="choices">
        <legend className="visually-hidden">{words.prompt.language}</legend>
        {snippets.map((snippet) => (
          <label key={snippet.name}>
            <input type="radio" name="snippet" checked={snippet.name === name} onChange={() => setName(snippet.name)} />
            {words.prompt.snippets[snippet.name]}
          </label>
        ))}
      </fieldset>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the keyboard scrolls it */}
      <pre className="code-box" dir="ltr" tabIndex={0}>
        {code}
      </pre>
      <button type="button" className="button" onClick={() => void copyText(code).then((isCopied) => toast(isCopied ? words.prompt.copied : words.prompt.notCopied))}>
        <Icon name="copy" />
        {words.prompt.copy}
      </button>
    </Dialog>
  );
}
