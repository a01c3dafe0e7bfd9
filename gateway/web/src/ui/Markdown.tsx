import ReactMarkdown, { type Components } from 'react-markdown';
import { playgroundWords as words } from '../words/playground';
import './markdown.css';

/** The level of the first heading: what surrounds the text has those above it. */
type Top = 2 | 3 | 4;

const TAGS = { 2: ['h2', 'h3', 'h4'], 3: ['h3', 'h4', 'h5'], 4: ['h4', 'h4', 'h5'] } as const;

/** What a model writes is hostile: no picture is fetched, and no page that it links to learns where from. */
function componentsBelow(top: Top): Components {
  const [First, Second, Third] = TAGS[top];
  return {
    img: ({ alt }) => <span className="quiet">{words.image(alt ?? '')}</span>,
    a: ({ href, children }) => (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ),
    h1: ({ children }) => <First>{children}</First>,
    h2: ({ children }) => <Second>{children}</Second>,
    h3: ({ children }) => <Third>{children}</Third>,
    pre: ({ children }) => <pre dir="ltr">{children}</pre>,
  };
}

const COMPONENTS = { 2: componentsBelow(2), 3: componentsBelow(3), 4: componentsBelow(4) };

/** Markdown without raw HTML and pictures. */
export default function Markdown({ text, top = 4 }: { text: string; top?: Top }) {
  return (
    <div className="markdown" dir="auto">
      <ReactMarkdown components={COMPONENTS[top]} skipHtml={false}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
