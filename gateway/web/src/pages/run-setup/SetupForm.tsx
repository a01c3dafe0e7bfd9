import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState } from 'react';
import { call, testApi } from '../../api/client';
import { WriteKeys } from '../../api/idempotency';
import { queryClient } from '../../api/queryClient';
import type { Dataset, EvaluationRun } from '../../api/types';
import { fullCount } from '../../format';
import { SubmitForm } from '../../session/SubmitForm';
import { Field } from '../../ui/Field';
import { TextArea } from '../../ui/TextArea';
import { TextField } from '../../ui/TextField';
import { playgroundWords } from '../../words/playground';
import { testWords } from '../../words/tests';
import type { Target } from '../playground/answers';
import { FIRST_TARGET, ModelFields } from '../playground/ModelFields';
import { AssertionFields } from './AssertionFields';
import { assertionOf, draftOf, problemsOf } from '../../evaluation/assertions';
import { fitOf } from './fit';
import { PromptChoice, useContent, type Subject } from './PromptChoice';
import type { SetupSearch } from './search';

const words = testWords.setup;

const number = (text: string) => (text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text));

/** What is run at first: what the address names, else what was run the last time in its newest version. */
function firstSubject(search: SetupSearch, earlier: EvaluationRun | null): Subject {
  const promptId = search.prompt ?? earlier?.promptId ?? '';
  const text = earlier?.promptContent ?? '';
  const kind = promptId === '' && text !== '' ? 'text' : 'own';
  return { kind, promptId, version: search.version, label: search.label, text };
}

function firstTargets(earlier: EvaluationRun | null): Target[] {
  const targets = earlier?.targets.map(({ target: { modelProvider, modelName } }) => ({ modelProvider, modelName })) ?? [];
  return targets.length === 0 ? [FIRST_TARGET] : targets;
}

interface SetupFormProps {
  dataset: Dataset;
  userId: string;
  search: SetupSearch;
  /** The run whose models and assertions are taken over. */
  earlier: EvaluationRun | null;
}

/** What is run over a data set, on which models, and what the answers must be. */
export function SetupForm({ dataset, userId, search, earlier }: SetupFormProps) {
  const [subject, setSubject] = useState(() => firstSubject(search, earlier));
  const [targets, setTargets] = useState(() => firstTargets(earlier));
  const [drafts, setDrafts] = useState(() => earlier?.assertions?.map(draftOf) ?? []);
  const [system, setSystem] = useState(earlier?.systemPrompt ?? '');
  const [temperature, setTemperature] = useState(String(earlier?.targets[0]?.target.temperature ?? ''));
  const [maxTokens, setMaxTokens] = useState(String(earlier?.targets[0]?.target.maxTokens ?? ''));
  const [isChecked, setChecked] = useState(false);
  const [keys] = useState(() => new WriteKeys());
  const navigate = useNavigate();
  const variables = dataset.variables ?? [];
  const settled = useDeferredValue(useContent(subject, userId));
  const fit = useMemo(
    () => (settled === undefined || settled === '' ? null : fitOf(dataset.variables ?? [], [settled, system], drafts)),
    [dataset.variables, settled, system, drafts],
  );

  const start = async () => {
    setChecked(true);
    const isSubject = subject.kind === 'own' ? subject.promptId !== '' : subject.text.trim() !== '';
    if (!isSubject || drafts.some((draft) => Object.keys(problemsOf(draft, variables)).length > 0)) return;
    const { kind, promptId, version, label, text } = subject;
    const settings = { ...(number(temperature) !== undefined && { temperature: number(temperature) }), ...(number(maxTokens) !== undefined && { maxTokens: number(maxTokens) }) };
    const body = {
      ...(kind === 'text' ? { promptContent: text } : { promptId, ...(version !== undefined && { version }), ...(label !== undefined && { label }) }),
      ...(system.trim() !== '' && { systemPrompt: system }),
      targets: targets.map((target) => ({ ...target, ...settings })),
      ...(drafts.length > 0 && { assertions: drafts.map(assertionOf) }),
    };
    const params = { path: { id: dataset.id }, header: { 'Idempotency-Key': keys.keyOf(body) } };
    const run = await call(testApi.POST('/api/tests/datasets/{id}/runs', { params, body: body as never }));
    keys.finish();
    void queryClient.invalidateQueries({ queryKey: ['dataset', dataset.id] });
    void queryClient.invalidateQueries({ queryKey: ['runs', userId] });
    await navigate({ to: '/tests/runs/$id', params: { id: run.id } });
  };
  const fields = ['promptId', 'promptContent', 'version', 'label', 'systemPrompt', ...drafts.flatMap((_, index) => ['type', 'value', 'threshold', 'weight'].map((field) => `assertions[${index}].${field}`))];
  return (
    <SubmitForm action={words.submit} busy={words.submitting} fields={fields} className="form setup-form" isPrimary onSubmit={start}>
      {(problem) => {
        const errors = problem?.errors ?? {};
        return (
          <>
            {earlier && <p className="notice small">{words.asLastTime}</p>}
            <PromptChoice subject={subject} userId={userId} isChecked={isChecked} errors={errors} onChange={setSubject} />
            {fit && fit.missing.length > 0 && <p className="notice danger small">{words.missing(fit.missing.join(', '))}</p>}
            {fit && fit.unused.length > 0 && <p className="notice small">{words.unused(fit.unused.join(', '))}</p>}
            <ModelFields targets={targets} errors={errors} onChange={setTargets} />
            <AssertionFields drafts={drafts} variables={variables} isChecked={isChecked} errors={errors} onChange={setDrafts} />
            <details>
              <summary className="small">{words.settings}</summary>
              <div className="form">
                <Field label={words.system} errors={errors['systemPrompt']}>
                  {(control) => <TextArea {...control} className="input" rows={3} value={system} onChange={(event) => setSystem(event.currentTarget.value)} />}
                </Field>
                <TextField label={playgroundWords.temperature} hint={playgroundWords.temperatureHint} inputMode="decimal" errors={errors['targets[0].temperature']} value={temperature} onChange={setTemperature} />
                <TextField label={playgroundWords.maxTokens} inputMode="numeric" errors={errors['targets[0].maxTokens']} value={maxTokens} onChange={setMaxTokens} />
              </div>
            </details>
            <p className="quiet small">{words.cells(fullCount(dataset.rowCount), fullCount(targets.length), fullCount(dataset.rowCount * targets.length))}</p>
          </>
        );
      }}
    </SubmitForm>
  );
}
