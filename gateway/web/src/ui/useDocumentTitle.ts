import { useEffect } from 'react';
import { words } from '../words/en';

/** Names the page in the browser's tab. */
export function useDocumentTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? words.name : `${title} · ${words.name}`;
  }, [title]);
}
