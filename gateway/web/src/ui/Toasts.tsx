import { useSyncExternalStore } from 'react';

interface Toast {
  id: number;
  text: string;
}

/** Milliseconds for which a toast stays. */
const DURATION = 5_000;

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says for some seconds what just happened. Nothing that the reader must act on belongs here. */
export function toast(text: string): void {
  const id = nextId++;
  set([...toasts.slice(-2), { id, text }]);
  setTimeout(() => set(toasts.filter((item) => item.id !== id)), DURATION);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Shows the toasts; once, in the layout. */
export function Toasts() {
  const items = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status">
      {items.map((item) => (
        <p key={item.id}>{item.text}</p>
      ))}
    </div>
  );
}
