import { useState } from 'react';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { editorWords as words } from '../../words/editor';

interface TagFieldProps {
  tags: string[];
  errors: readonly string[] | undefined;
  onChange: (tags: string[]) => void;
}

/** Takes tags: each ends with Enter or a comma, or when the field is left. */
export function TagField({ tags, errors, onChange }: TagFieldProps) {
  const [text, setText] = useState('');
  const add = (typed: string) => {
    const known = new Set(tags.map((tag) => tag.toLocaleLowerCase()));
    const added: string[] = [];
    for (const tag of typed.split(/[,\n]/).map((part) => part.trim().replace(/^#/, '')).filter(Boolean)) {
      if (!known.has(tag.toLocaleLowerCase())) added.push(tag);
      known.add(tag.toLocaleLowerCase());
    }
    if (added.length > 0) onChange([...tags, ...added]);
    setText('');
  };
  return (
    <Field label={words.tags} hint={words.tagsHint} errors={errors}>
      {(control) => (
        <>
          {tags.length > 0 && (
            <ul className="tag-list">
              {tags.map((tag) => (
                <li key={tag} className="tag">
                  <bdi>{tag}</bdi>
                  <button type="button" aria-label={words.removeTag(tag)} onClick={() => onChange(tags.filter((other) => other !== tag))}>
                    <Icon name="close" />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <input
            {...control}
            className="input"
            value={text}
            dir="auto"
            onChange={(event) => {
              const typed = event.currentTarget.value;
              if (typed.includes(',')) add(typed);
              else setText(typed);
            }}
            onBlur={() => add(text)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
                event.preventDefault();
                add(text);
              } else if (event.key === 'Backspace' && text === '') onChange(tags.slice(0, -1));
            }}
          />
        </>
      )}
    </Field>
  );
}
