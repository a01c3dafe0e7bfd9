import { Link } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState, type FormEvent } from 'react';
import type { ApiProblem } from '../../api/problem';
import type { Prompt } from '../../api/types';
import { useRequireSignIn } from '../../session/useSession';
import { variablesOf, type Variable } from '../../text/placeholders';
import { Field } from '../../ui/Field';
import { FormProblem } from '../../ui/FormProblem';
import { Icon } from '../../ui/Icon';
import { TextArea } from '../../ui/TextArea';
import { useKeptText } from '../../ui/useKeptText';
import { playgroundWords as words } from '../../words/playground';
import type { Target } from './answers';
import { FIRST_TARGET, ModelFields } from './ModelFields';
import type { RunRequest } from './run';

interface PlaygroundFormProps {
  /** The prompt to run, if it is one of the library's. */
  prompt: Prompt | null;
  values: Record<string, string>;
  phase: 'idle' | 'starting' | 'running' | 'stopping' | 'over';
  problem: ApiProblem | null;
  onRun: (request: RunRequest) => void;
  onStop: () => void;
}

const number = (text: string) => (text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text));

/** What is asked, and of whom. */
export function PlaygroundForm({ prompt, values: initialValues, phase, problem, onRun, onStop }: PlaygroundFormProps) {
  const original = prompt?.content ?? '';
  // What is tried out without a prompt of the library is written nowhere else.
  const [content, setContent] = useKeptText(prompt === null ? 'playground' : undefined, original);
  const [system, setSystem] = useState('');
  const [values, setValues] = useState(initialValues);
  const [targets, setTargets] = useState<Target[]>([FIRST_TARGET]);
  const [temperature, setTemperature] = useState('');
  const [maxTokens, setMaxTokens] = useState('');
  const [isChecked, setChecked] = useState(false);
  const requireSignIn = useRequireSignIn();
  const settled = useDeferredValue(`${content}\n${system}`);
  const variables = useMemo(() => variablesOf(settled), [settled]);
  const isRunning = phase === 'starting' || phase === 'running' || phase === 'stopping';
  const isWithheld = prompt !== null && typeof prompt.content !== 'string';

  const run = async () => {
    setChecked(true);
    if (variables.some((variable) => isMissing(variable, values)) || (content.trim() === '' && !isWithheld)) return;
    if (isRunning || !(await requireSignIn())) return;
    const given = variables.flatMap(({ name }) => (values[name] ? [[name, values[name]] as const] : []));
    const isOwn = prompt === null || content !== original;
    onRun({
      promptId: prompt?.id,
      promptContent: isOwn ? content : undefined,
      variables: Object.fromEntries(given),
      systemPrompt: system.trim() === '' ? undefined : system,
      temperature: number(temperature),
      maxTokens: number(maxTokens),
      targets,
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run();
  };
  const errors = problem?.errors ?? {};
  // The form itself is no control: it only hears the keys of its fields.
  /* oxlint-disable jsx-a11y/no-noninteractive-element-interactions */
  return (
    <form
      className="form playground-form"
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void run();
        }
      }}
    >
      {prompt && (
        <p className="small">
          {words.of}{' '}
          <Link to="/p/$id" params={{ id: prompt.id }}>
            <bdi>{prompt.title}</bdi>
          </Link>
          {content !== original && (
            <>
              {' · '}
              <span className="quiet">{words.edited}</span>{' '}
              <button type="button" className="link-button" onClick={() => setContent(original)}>
                {words.undo}
              </button>
            </>
          )}
        </p>
      )}
      {isWithheld ? (
        <p className="notice">{words.withheld}</p>
      ) : (
        <Field
          label={words.prompt}
          hint={words.promptHint}
          errors={isChecked && content.trim() === '' ? [words.needed] : errors['promptContent']}
        >
          {(control) => (
            <TextArea {...control} className="input playground-text" rows={9} dir="auto" value={content} onChange={(event) => setContent(event.currentTarget.value)} />
          )}
        </Field>
      )}
      {variables.length > 0 && (
        <fieldset className="form">
          <legend className="field-label">{words.values}</legend>
          {variables.map((variable) => (
            <VariableField
              key={variable.name}
              variable={variable}
              value={values[variable.name] ?? ''}
              isWrong={isChecked && isMissing(variable, values)}
              onChange={(value) => setValues((known) => ({ ...known, [variable.name]: value }))}
            />
          ))}
        </fieldset>
      )}
      <ModelFields targets={targets} errors={errors} onChange={setTargets} />
      <details>
        <summary className="small">{words.settings}</summary>
        <div className="form">
          <Field label={words.system} errors={errors['systemPrompt']}>
            {(control) => <TextArea {...control} className="input" rows={3} dir="auto" value={system} onChange={(event) => setSystem(event.currentTarget.value)} />}
          </Field>
          <Field label={words.temperature} hint={words.temperatureHint} errors={errors['temperature']}>
            {(control) => <input {...control} className="input" inputMode="decimal" value={temperature} onChange={(event) => setTemperature(event.currentTarget.value)} />}
          </Field>
          <Field label={words.maxTokens} errors={errors['maxTokens']}>
            {(control) => <input {...control} className="input" inputMode="numeric" value={maxTokens} onChange={(event) => setMaxTokens(event.currentTarget.value)} />}
          </Field>
        </div>
      </details>
      <FormProblem problem={problem} fields={['promptContent', 'systemPrompt', 'temperature', 'maxTokens']} />
      <div className="form-row playground-actions">
        {isRunning ? (
          <button type="button" className="button danger" aria-disabled={phase === 'stopping'} onClick={phase === 'stopping' ? undefined : onStop}>
            {phase === 'stopping' ? words.stopping : words.stop}
          </button>
        ) : (
          <button type="submit" className="button primary">
            <Icon name="run" filled />
            {words.run}
          </button>
        )}
        <span className="quiet small playground-keys">{words.runHint}</span>
      </div>
    </form>
  );
}

function isMissing(variable: Variable, values: Record<string, string>): boolean {
  return variable.isRequired && !values[variable.name];
}

interface VariableFieldProps {
  variable: Variable;
  value: string;
  isWrong: boolean;
  onChange: (value: string) => void;
}

function VariableField({ variable, value, isWrong, onChange }: VariableFieldProps) {
  return (
    <Field label={variable.name} errors={isWrong ? [words.needed] : undefined}>
      {(control) => (
        <TextArea
          {...control}
          className="input"
          rows={1}
          dir="auto"
          placeholder={variable.default}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
