import { useMemo, useState } from 'react';
import type { Version } from '../../api/types';
import { diffLines, diffWords, fold, type DiffLine } from '../../text/diff';
import { MarkedWords } from '../../ui/MarkedWords';
import { words } from '../../words/en';

/** The kinds of comparison: line under line as programs show it, or one text with its words struck and added. */
const KINDS = ['lines', 'words'] as const;

/** What differs between two versions; without one before, the whole text is new. */
export function DiffView({ before, after }: { before: Version | undefined; after: Version }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>('lines');
  const old = before?.content ?? '';
  const fresh = after.content ?? '';
  return (
    <section className="comparison" aria-label={words.versions.comparison}>
      <header className="comparison-header">
        <h2>{before ? words.versions.between(before.version, after.version) : words.prompt.version(after.version)}</h2>
        <fieldset className="choices">
          <legend className="visually-hidden">{words.versions.kind}</legend>
          {KINDS.map((name) => (
            <label key={name}>
              <input type="radio" name="diff-kind" checked={kind === name} onChange={() => setKind(name)} />
              {words.versions.kinds[name]}
            </label>
          ))}
        </fieldset>
      </header>
      {before && <ChangedFields before={before} after={after} />}
      {before && old === fresh && <p className="quiet">{words.versions.sameText}</p>}
      {kind === 'lines' ? <LineDiff before={old} after={fresh} /> : <WordDiff before={old} after={fresh} />}
    </section>
  );
}

function ChangedFields({ before, after }: { before: Version; after: Version }) {
  const fields = (version: Version) => ({
    title: version.title,
    description: version.description ?? '',
    category: version.category,
    tags: version.tags.join(', '),
    model: version.model ?? '',
  });
  const old = fields(before);
  const fresh = fields(after);
  const changed = (['title', 'description', 'category', 'tags', 'model'] as const).filter((name) => old[name] !== fresh[name]);
  if (changed.length === 0) return null;
  return (
    <dl className="changed-fields">
      {changed.map((name) => (
        <div key={name}>
          <dt>{words.versions.fields[name]}</dt>
          <dd dir="auto">
            <MarkedWords parts={diffWords(old[name], fresh[name])} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function LineDiff({ before, after }: { before: string; after: string }) {
  const sections = useMemo(() => fold(diffLines(before, after)), [before, after]);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  return (
    <table className="line-diff">
      <colgroup>
        <col className="number" />
        <col className="number" />
        <col />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{words.versions.lineBefore}</th>
          <th scope="col">{words.versions.lineAfter}</th>
          <th scope="col">{words.versions.line}</th>
        </tr>
      </thead>
      {sections.map((section, index) => (
        <tbody key={index}>
          {section.kind === 'lines' || opened.has(index) ? (
            section.lines.map((line, position) => <Line key={position} line={line} />)
          ) : (
            <tr className="skipped">
              <td colSpan={3}>
                <button type="button" className="button plain" onClick={() => setOpened(new Set([...opened, index]))}>
                  {words.versions.skipped(section.lines.length)}
                </button>
              </td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  );
}

const SIGNS = { same: '', removed: '−', added: '+' } as const;

function Line({ line }: { line: DiffLine }) {
  return (
    <tr className={line.kind}>
      <td className="number">{line.before}</td>
      <td className="number">{line.after}</td>
      <td>
        <span className="sign" aria-hidden="true">
          {SIGNS[line.kind]}
        </span>
        {line.kind !== 'same' && <span className="visually-hidden">{words.versions.kindsOfLine[line.kind]}</span>}
        <span className="line-text" dir="auto">
          {line.words ? <MarkedWords parts={line.words} /> : line.text}
        </span>
      </td>
    </tr>
  );
}

function WordDiff({ before, after }: { before: string; after: string }) {
  const parts = useMemo(() => diffWords(before, after), [before, after]);
  return (
    <p className="prompt-text word-diff">
      <MarkedWords parts={parts} />
    </p>
  );
}
