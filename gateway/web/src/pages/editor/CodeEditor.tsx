import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { EditorState, type Range } from '@codemirror/state';
import { Decoration, EditorView, keymap, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { tokenize } from '../../text/placeholders';
import type { TextEditorProps } from './TextEditor';

/** Milliseconds after a key at which the placeholders of a long text are marked again. */
const MARK_DELAY = 150;
/** Characters up to which they are marked with each key. */
const SHORT = 10_000;

const placeholderMark = Decoration.mark({ class: 'cm-placeholder-mark' });
const escapeMark = Decoration.mark({ class: 'cm-escape-mark' });

function marks(view: EditorView): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  for (const token of tokenize(view.state.sliceDoc())) {
    if (token.kind === 'placeholder') ranges.push(placeholderMark.range(token.at, token.at + token.length));
    if (token.kind === 'escape') ranges.push(escapeMark.range(token.at - 1, token.at + 2));
  }
  return Decoration.set(ranges, true);
}

/** Marks placeholders: at once in a short text, and after a pause in a long one. */
const placeholderMarks = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    timer: number | undefined;
    constructor(readonly view: EditorView) {
      this.decorations = marks(view);
    }
    update(update: ViewUpdate) {
      if (!update.docChanged) return;
      if (update.state.doc.length <= SHORT) {
        this.decorations = marks(update.view);
        return;
      }
      this.decorations = this.decorations.map(update.changes);
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => {
        this.decorations = marks(this.view);
        this.view.dispatch({});
      }, MARK_DELAY);
    }
    destroy() {
      clearTimeout(this.timer);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** The nonce under which the CSP lets CodeMirror add its style sheet. */
function nonce(): string {
  return document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/** The editor with marks. `value` is only what it begins with; `onChange` has each text after. */
export default function CodeEditor({ value, onChange, labelledBy, describedBy, isInvalid, selection }: TextEditorProps & { selection: [number, number] | null }) {
  const root = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const initial = useRef({ value, onChange, labelledBy, selection });
  useEffect(() => {
    initial.current.onChange = onChange;
  }, [onChange]);
  useEffect(() => {
    const parent = root.current;
    if (!parent) return;
    const { value: doc, selection: range } = initial.current;
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc,
        ...(range && { selection: { anchor: range[0], head: range[1] } }),
        extensions: [
          EditorView.cspNonce.of(nonce()),
          // Otherwise other ends of lines would be rewritten by the first key.
          EditorState.lineSeparator.of('\n'),
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.perLineTextDirection.of(true),
          EditorView.contentAttributes.of({ 'aria-labelledby': initial.current.labelledBy, spellcheck: 'true', autocapitalize: 'sentences' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) initial.current.onChange(update.state.sliceDoc());
          }),
          placeholderMarks,
        ],
      }),
    });
    view.current = editor;
    if (range) editor.focus();
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const content = view.current?.contentDOM;
    if (!content) return;
    if (describedBy === undefined) content.removeAttribute('aria-describedby');
    else content.setAttribute('aria-describedby', describedBy);
    content.toggleAttribute('aria-invalid', isInvalid);
    if (isInvalid) content.setAttribute('aria-invalid', 'true');
  }, [describedBy, isInvalid]);
  return <div ref={root} className="text-editor" data-invalid={isInvalid || undefined} />;
}
