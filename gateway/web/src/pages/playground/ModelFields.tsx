import { useQuery } from '@tanstack/react-query';
import { call, testApi } from '../../api/client';
import { Icon } from '../../ui/Icon';
import { playgroundWords as words } from '../../words/playground';
import type { Target } from './answers';

export const MAX_TARGETS = 10;

/** Asks which models there are. */
export function useModels() {
  return useQuery({
    queryKey: ['providers'],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/providers', { signal })),
  });
}

/** The model to begin with. */
export const FIRST_TARGET: Target = { modelProvider: 'MOCK', modelName: 'mock' };

const valueOf = (target: Target) => `${target.modelProvider}/${target.modelName}`;

interface ModelFieldsProps {
  targets: Target[];
  errors: Record<string, string[]>;
  onChange: (targets: Target[]) => void;
}

/** Chooses the models to ask: one, or up to ten to compare. */
export function ModelFields({ targets, errors, onChange }: ModelFieldsProps) {
  const { data } = useModels();
  const models = data?.models ?? [{ provider: FIRST_TARGET.modelProvider, name: FIRST_TARGET.modelName, available: true }];
  const find = (value: string): Target | undefined => {
    const model = models.find((item) => `${item.provider}/${item.name}` === value);
    return model && { modelProvider: model.provider, modelName: model.name };
  };
  const add = () => {
    const used = new Set(targets.map(valueOf));
    const next = models.find((model) => model.available && !used.has(`${model.provider}/${model.name}`));
    onChange([...targets, next ? { modelProvider: next.provider, modelName: next.name } : FIRST_TARGET]);
  };
  const providers = [...new Set(models.map((model) => model.provider))];
  return (
    <fieldset className="models">
      <legend className="field-label">{words.models}</legend>
      {targets.map((target, index) => (
        // The same model may be asked twice: a row is its place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="model-row">
          <select
            className="input"
            aria-label={words.model(index + 1)}
            value={valueOf(target)}
            onChange={(event) => {
              const chosen = find(event.currentTarget.value);
              if (chosen) onChange(targets.with(index, chosen));
            }}
          >
            {providers.map((provider) => (
              <optgroup key={provider} label={provider}>
                {models
                  .filter((model) => model.provider === provider)
                  .map((model) => (
                    <option key={model.name} value={`${provider}/${model.name}`} disabled={!model.available}>
                      {model.available ? model.name : `${model.name} (${words.unavailable})`}
                    </option>
                  ))}
              </optgroup>
            ))}
          </select>
          {targets.length > 1 && (
            <button
              type="button"
              className="button plain icon-only"
              aria-label={words.removeModel(target.modelName)}
              onClick={() => onChange(targets.filter((_, other) => other !== index))}
            >
              <Icon name="close" />
            </button>
          )}
          {errors[`targets[${index}].modelName`] && <p className="field-errors">{errors[`targets[${index}].modelName`]?.join(' ')}</p>}
        </div>
      ))}
      {targets.length < MAX_TARGETS && (
        // Until the list is there, the next model would be the first one again.
        <button type="button" className="button plain" disabled={data === undefined} onClick={add}>
          <Icon name="plus" />
          {words.addModel}
        </button>
      )}
    </fieldset>
  );
}
