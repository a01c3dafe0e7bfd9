import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Dialog } from '../ui/Dialog';
import { helpWords as words } from '../words/help';
import type { HelpTopic } from './topics';

const HelpText = lazy(() => import('./HelpText'));

/** Opens the help on a topic over the page: nothing that was typed is left. */
export function HelpButton({ topic }: { topic: HelpTopic }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="link-button small" onClick={() => setOpen(true)}>
        {words.topics[topic].open}
      </button>
      {isOpen && (
        <Dialog title={words.topics[topic].title} onClose={() => setOpen(false)}>
          <Suspense fallback={<div className="skeleton list-skeleton" />}>
            <HelpText topic={topic} above={2} />
          </Suspense>
          <p className="small">
            <Link to="/help/$topic" params={{ topic }} target="_blank">
              {words.ownPage}
            </Link>
          </p>
        </Dialog>
      )}
    </>
  );
}
