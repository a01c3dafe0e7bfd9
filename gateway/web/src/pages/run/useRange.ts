import { useEffect, useRef, useState } from 'react';

/** The height of a row in rem, so that it grows with the text; `run.css` has the same. */
export const ROW_HEIGHT = 4.75;

/** Rows above and below the view that are drawn too: a short scroll shows no gap. */
const OVERSCAN = 5;

interface Range {
  first: number;
  /** The one after the last. */
  last: number;
}

/** Returns which of many rows of one height are in view, and follows the scrolling. */
export function useRange(count: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<Range>({ first: 0, last: 20 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = () => {
      const rowHeight = ROW_HEIGHT * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - OVERSCAN);
      const last = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + OVERSCAN);
      setRange((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      observer.disconnect();
    };
  }, [count]);
  return { scroller, range };
}
