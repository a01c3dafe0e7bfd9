import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { call, promptApi } from '../../api/client';
import { Field } from '../../ui/Field';
import { TextArea } from '../../ui/TextArea';
import { testWords } from '../../words/tests';
import { promptQuery, versionQuery, versionsQuery } from '../prompt/queries';

const words = testWords.setup;

/** What is run: a prompt in one of its versions, or a text. */
export interface Subject {
  kind: 'own' | 'text';
  promptId: string;
  /** The newest where neither is named. */
  version: number | undefined;
  label: string | undefined;
  text: string;
}

/** Returns the text that a subject stands for, as far as it is known. */
export function useContent({ kind, promptId, version, label, text }: Subject, userId: string): string | undefined {
  const isPrompt = kind === 'own' && promptId !== '';
  const newest = useQuery({ ...promptQuery(promptId, undefined, userId), enabled: isPrompt });
  const versions = useInfiniteQuery({ ...versionsQuery(promptId, userId), enabled: isPrompt });
  const labelled = versions.data?.pages.flatMap((page) => page.content).find((item) => label !== undefined && item.labels.includes(label));
  const number = version ?? labelled?.version;
  const chosen = useQuery({ ...versionQuery(promptId, number, userId), enabled: isPrompt && number !== undefined });
  if (kind === 'text') return text;
  if (!isPrompt) return undefined;
  return (version === undefined && label === undefined ? newest.data?.content : chosen.data?.content) ?? undefined;
}

interface PromptChoiceProps {
  subject: Subject;
  userId: string;
  isChecked: boolean;
  errors: Record<string, string[]>;
  onChange: (subject: Subject) => void;
}

/** Chooses what is run. */
export function PromptChoice({ subject, userId, isChecked, errors, onChange }: PromptChoiceProps) {
  return (
    <fieldset className="form">
      <legend className="field-label">{words.kind}</legend>
      <div className="switch subject-kinds">
        {(['own', 'text'] as const).map((kind) => (
          <button key={kind} type="button" aria-pressed={subject.kind === kind} onClick={() => onChange({ ...subject, kind })}>
            {words.kinds[kind]}
          </button>
        ))}
      </div>
      {subject.kind === 'own' ? (
        <div className="subject-fields">
          <PromptField subject={subject} userId={userId} errors={isChecked && subject.promptId === '' ? [words.nothingChosen] : errors['promptId']} onChange={onChange} />
          {subject.promptId !== '' && <VersionField subject={subject} userId={userId} errors={errors['version'] ?? errors['label']} onChange={onChange} />}
        </div>
      ) : (
        <Field label={words.text} hint={words.textHint} errors={isChecked && subject.text.trim() === '' ? [words.textNeeded] : errors['promptContent']}>
          {(control) => (
            <TextArea {...control} className="input setup-text" rows={6} value={subject.text} onChange={(event) => onChange({ ...subject, text: event.currentTarget.value })} />
          )}
        </Field>
      )}
    </fieldset>
  );
}

interface PartProps {
  subject: Subject;
  userId: string;
  errors: string[] | undefined;
  onChange: (subject: Subject) => void;
}

function PromptField({ subject, userId, errors, onChange }: PartProps) {
  const own = useQuery({
    queryKey: ['prompts', 'mine', userId, 'to-test'],
    queryFn: ({ signal }) => call(promptApi.GET('/prompts/my-prompts', { params: { query: { size: 100, sortBy: 'updatedAt' } }, signal })),
  });
  const prompts = own.data?.content ?? [];
  const isListed = subject.promptId === '' || prompts.some((prompt) => prompt.id === subject.promptId);
  // A prompt of somebody else, or an old one, comes from the address.
  const other = useQuery({ ...promptQuery(subject.promptId, undefined, userId), enabled: !isListed });
  return (
    <Field label={words.prompt} errors={errors}>
      {(control) => (
        <select
          {...control}
          className="input"
          value={subject.promptId}
          onChange={(event) => onChange({ ...subject, promptId: event.currentTarget.value, version: undefined, label: undefined })}
        >
          <option value="">{words.choose}</option>
          {!isListed && <option value={subject.promptId}>{other.data?.title ?? subject.promptId}</option>}
          {prompts.map((prompt) => (
            <option key={prompt.id} value={prompt.id}>
              {prompt.title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function VersionField({ subject, userId, errors, onChange }: PartProps) {
  const { data } = useInfiniteQuery(versionsQuery(subject.promptId, userId));
  const versions = data?.pages.flatMap((page) => page.content) ?? [];
  const labels = versions.flatMap((version) => version.labels).filter((label) => label !== 'latest');
  const newest = versions[0]?.version;
  const value = subject.label === undefined ? (subject.version === undefined ? '' : `v${subject.version}`) : `l${subject.label}`;
  const choose = (chosen: string) =>
    onChange({ ...subject, version: chosen.startsWith('v') ? Number(chosen.slice(1)) : undefined, label: chosen.startsWith('l') ? chosen.slice(1) : undefined });
  return (
    <Field label={words.version} errors={errors}>
      {(control) => (
        <select {...control} className="input" value={value} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{newest === undefined ? words.version : words.latest(newest)}</option>
          {subject.version !== undefined && !versions.some((item) => item.version === subject.version) && <option value={value}>{words.numbered(subject.version)}</option>}
          {subject.label !== undefined && !labels.includes(subject.label) && <option value={value}>{words.labelled(subject.label)}</option>}
          {labels.map((label) => (
            <option key={label} value={`l${label}`}>
              {words.labelled(label)}
            </option>
          ))}
          {versions.map(({ version }) => (
            <option key={version} value={`v${version}`}>
              {words.numbered(version)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
