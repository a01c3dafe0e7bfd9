import ReactMarkdown, { type Components } from 'react-markdown';
import { playgroundWords as words } from '../../words/playground';

/** What a model writes is hostile: no picture is fetched, and no page that it links to learns where from. */
const components: Components = {
  img: ({ alt }) => <span className="quiet">{words.image(alt ?? '')}</span>,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  // The page has its own headings.
  h1: ({ children }) => <h4>{children}</h4>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  pre: ({ children }) => <pre dir="ltr">{children}</pre>,
};

/** Markdown without raw HTML and pictures. */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown" dir="auto">
      <ReactMarkdown components={components} skipHtml={false}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
